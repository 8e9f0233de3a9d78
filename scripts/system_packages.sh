#!/usr/bin/env bash
# Installs the Debian packages that running (base) or checking (test) needs, or names them in one line.
# Never stops the set-up: the product runs without them and says what is off; test.sh fails what it cannot check.
set -euo pipefail
cd "$(dirname "$0")/.."

# PDFs: Pango and its subsetter, Chinese type faces (Noto, and UKai for 楷体).
wanted=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk fonts-arphic-ukai)
if [ "${1:-base}" = test ]; then
    # A browser, PDF pages as text and pictures, the second database, a spreadsheet to recalculate, msgcat and friends.
    wanted+=(chromium poppler-utils postgresql libreoffice-calc-nogui gettext)
fi

if ! command -v dpkg-query >/dev/null; then
    echo "This is not Debian; please provide what these Debian packages hold: ${wanted[*]}"
    exit 0
fi

command -v python3 >/dev/null || wanted+=(python3)
# Without uv, Python's own venv is used, which Debian ships apart.
if ! command -v uv >/dev/null && ! python3 -c 'import ensurepip' 2>/dev/null; then
    wanted+=(python3-venv)
fi

missing_packages() {
    local package
    for package in "${wanted[@]}"; do
        dpkg-query --show --showformat='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^.i' || echo "$package"
    done
}

mapfile -t missing < <(missing_packages)
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo -n)
fi
may_install() {
    [ "${APT:-yes}" != no ] && command -v apt-get >/dev/null && { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }
}

if may_install; then
    echo "Installing Debian packages: ${missing[*]}"
    apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes -o DPkg::Lock::Timeout=300)
    mkdir -p var/log
    # A list that cannot be renewed (no network, own mirror) may still be good enough to install from.
    {
        "${apt[@]}" update || true
        "${apt[@]}" install --no-upgrade --no-install-recommends "${missing[@]}"
    } </dev/null >var/log/apt.log 2>&1 || tail -n 5 var/log/apt.log >&2
    mapfile -t missing < <(missing_packages)
    [ ${#missing[@]} -gt 0 ] || exit 0
fi
echo "Missing Debian packages, please install them: apt-get install --no-install-recommends ${missing[*]}" >&2
