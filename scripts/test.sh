#!/usr/bin/env bash
# Runs every check after `setup.sh test`, goes on after a failure, and ends non-zero if anything failed.
# Parts by name: lint types migrations sqlite postgres browser (all by default).
set -uo pipefail
cd "$(dirname "$0")/.."

packages=()
for folder in appraisal_site office units bonuses scoring awards bench scripts tests; do
    [ -d "$folder" ] && packages+=("$folder")
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Nothing of the caller's own installation may leak in, and nothing of ours out.
unset DATABASE_URL DEBUG ALLOWED_HOSTS CSRF_TRUSTED_ORIGINS TASKS PORT
export SECRET_KEY="only-for-this-run-$RANDOM$RANDOM$RANDOM" MEDIA_ROOT="$scratch/media"
export PATH="$PWD/.venv/bin:$PATH"
[ -w "${HOME:-/nonexistent}" ] || export HOME="$scratch" # Chromium and LibreOffice keep a profile

# A hanging test must end as a failure, not as silence.
pytest_within() { timeout --foreground --kill-after=30s "$1" python -m pytest "${@:2}"; }
workers=${TEST_PROCESSES:-2}

lint() {
    local checked=0
    ruff check . || checked=1
    ruff format --check . && return "$checked"
}
types() { mypy manage.py "${packages[@]}"; }
migrations() { python manage.py makemigrations --check --dry-run; }
sqlite() { pytest_within 30m -n "$workers" -m "not browser" </dev/null; }
postgres() {
    scripts/with_postgres.sh timeout --foreground --kill-after=30s 30m python -m pytest -n "$workers" \
        -m "not browser" --only-database </dev/null
}
browser() { pytest_within 20m -m browser </dev/null; }

parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(lint types migrations sqlite postgres browser)
report=()
failed=0
for part in "${parts[@]}"; do
    case $part in
    lint | types | migrations | sqlite | postgres | browser) ;;
    *)
        echo "There is no part “$part”; parts are: lint types migrations sqlite postgres browser" >&2
        exit 2
        ;;
    esac
    echo "== $part"
    began=$SECONDS
    if "$part"; then outcome=passed; else
        outcome=FAILED
        failed=1
    fi
    report+=("$(printf '%-10s %s in %d s' "$part" "$outcome" $((SECONDS - began)))")
done

echo "== all parts"
printf '%s\n' "${report[@]}"
exit "$failed"
