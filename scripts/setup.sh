#!/usr/bin/env bash
# The common first part of every target: from a bare checkout to something that can run.
# Leaves the database and the demo year to prepare.py, the checks to test.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:-base} # base: to run the product; test: to check it as well
mkdir -p var

scripts/system_packages.sh "$kind"
scripts/python_packages.sh "$kind"
scripts/messages.sh compile
