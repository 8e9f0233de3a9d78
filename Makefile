# The front door: every target is one script, so that it can also be read and run by hand.
# What each does stands in README.md.
.PHONY: screens help setup run test bench messages strings pins audit

help:
	@echo "make run       serve the filled demo year on http://127.0.0.1:8000 (PORT=8001 chooses another port)"
	@echo "make test      linters, types, tests on SQLite and PostgreSQL, browser tests (PARTS=\"lint types\" picks some)"
	@echo "make setup     the common first part: Debian's packages, .venv, Python packages, catalogues"
	@echo "make bench     print the measured figures"
	@echo "make messages  compile the translations;  make strings collects new ones"
	@echo "make pins      compile requirements/*.in;  make audit looks for known weaknesses in them"

setup:
	@scripts/setup.sh base

run:
	@scripts/setup.sh base
	@exec .venv/bin/python scripts/serve.py

test:
	@scripts/setup.sh test
	@exec scripts/test.sh $(PARTS)

bench:
	@scripts/setup.sh test
	@exec scripts/bench.sh $(ONLY)

screens:
	@scripts/setup.sh test
	@.venv/bin/python scripts/screens.py $(ONLY)

messages:
	@scripts/messages.sh compile

strings:
	@scripts/messages.sh collect

pins:
	@scripts/pins.sh

audit:
	@scripts/setup.sh test
	@.venv/bin/pip-audit --require-hashes --disable-pip -r requirements/base.txt
