#!/usr/bin/env bash
# Compiles the translations (compile), or collects new source strings into the .po files (collect).
# Compiling needs Babel only; collecting needs GNU gettext.
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-compile} in
compile)
    shopt -s nullglob
    for catalogue in locale/*/LC_MESSAGES/*.po; do
        compiled=${catalogue%.po}.mo
        [ "$compiled" -nt "$catalogue" ] || .venv/bin/pybabel --quiet compile -i "$catalogue" -o "$compiled"
    done
    ;;
collect)
    DEBUG=1 .venv/bin/python manage.py makemessages --locale zh_Hans --no-location --no-wrap \
        --ignore=var --ignore=.venv --ignore=staticfiles
    ;;
*)
    echo "usage: scripts/messages.sh compile|collect" >&2
    exit 2
    ;;
esac
