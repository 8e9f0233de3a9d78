#!/usr/bin/env bash
# Prints the measured figures: every script of bench/ in turn, or those named.
# Times are measured here and never asserted in a test; each script prints its reference beside its figure.
set -euo pipefail
cd "$(dirname "$0")/.."

export SECRET_KEY="${SECRET_KEY:-only-for-this-run-$RANDOM$RANDOM}" PYTHONPATH="$PWD"
export PATH="$PWD/.venv/bin:$PATH"

names=("$@")
if [ ${#names[@]} -eq 0 ]; then
    for script in bench/[a-z]*.py; do
        [ -e "$script" ] || {
            echo "There is nothing to measure yet: bench/ holds no script." >&2
            exit 1
        }
        name=${script#bench/}
        names+=("${name%.py}")
    done
fi

failed=0
for name in "${names[@]}"; do
    echo "== $name"
    python -m "bench.$name" || failed=1
done
exit "$failed"
