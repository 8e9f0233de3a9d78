#!/usr/bin/env bash
# Makes .venv and fills it with the pinned packages of requirements/base.txt or test.txt, by uv or by pip.
# Leaves Debian's packages to system_packages.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:-base}

# A stamp inside .venv says which pins it holds; it vanishes with the folder. test.txt contains base.txt.
digest_of() { sha256sum "requirements/$1.txt" | cut -d' ' -f1; }
holds() { [ -e ".venv/holds-$1-$(digest_of "$1")" ]; }
# The programs in .venv/bin carry the folder's full path: a moved or copied checkout needs new ones.
works() { [ "$(cat .venv/made-in 2>/dev/null)" = "$PWD" ] && .venv/bin/python -c '' 2>/dev/null; }
if works && { holds "$kind" || { [ "$kind" = base ] && holds test; }; }; then
    exit 0
fi

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3.11 python3 python3.12 python3.13}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11 or newer is needed and was not found (PYTHON=/path/to/python3.11 names one)." >&2
    return 1
}

if ! works; then
    python=$(find_python)
    if command -v uv >/dev/null && uv venv --quiet --clear --python "$(command -v "$python")" .venv; then
        :
    elif "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -m venv --clear .venv
    else
        echo "Python cannot make .venv: please install the Debian package python3-venv." >&2
        exit 1
    fi
    echo "$PWD" >.venv/made-in
fi

echo "Installing Python packages (requirements/$kind.txt)"
install_by_uv() {
    command -v uv >/dev/null &&
        uv pip install --quiet --python .venv/bin/python --require-hashes -r "requirements/$kind.txt"
}
install_by_pip() {
    .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "requirements/$kind.txt"
}
install_by_uv || install_by_pip

rm -f .venv/holds-*
touch ".venv/holds-$kind-$(digest_of "$kind")"
