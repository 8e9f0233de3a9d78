#!/usr/bin/env bash
# Compiles requirements/*.in into the pinned *.txt that hold every file's digest and no address.
# Pins that still fit stay; `make pins UPGRADE=yes` takes the newest of everything.
set -euo pipefail
cd "$(dirname "$0")/../requirements"

compile=(uv pip compile --quiet --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --no-annotate)
[ "${UPGRADE:-no}" = no ] || compile+=(--upgrade)
"${compile[@]}" base.in -o base.txt
"${compile[@]}" test.in --constraint base.txt -o test.txt
"${compile[@]}" redis.in --constraint base.txt -o redis.txt
