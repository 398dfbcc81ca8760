# Everything a developer types. `make` alone lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.made-from-lock-files
BENCH_STAMP := .venv-bench/.made-from-lock-file
WORKERS ?= 3
ARGS ?=
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock"

export LC_ALL ?= C.UTF-8

.PHONY: help
help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: venv
venv: $(STAMP) ## make .venv with every pinned library and tool

$(STAMP): requirements.txt requirements-dev.txt
	@set -e; \
	found=; for python in python3.11 python3.12 python3.13 python3; do \
	    $$python -c 'import ensurepip, sqlite3, ssl, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	        >/dev/null 2>&1 && found=$$python && break; \
	done; \
	if [ ! -x $(BIN)/python ]; then \
	    if [ -z "$$found" ]; then \
	        echo "Loudhailer needs Python 3.11, 3.12 or 3.13 with venv, ssl and sqlite3 (Debian: apt-get install python3 python3-venv)." >&2; \
	        exit 1; \
	    fi; \
	    echo "making $(VENV) with $$($$found --version)"; \
	    $$found -m venv $(VENV); \
	fi; \
	echo "installing the pinned libraries, checking their hashes"; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt; \
	touch $(STAMP)

.PHONY: run
run: $(STAMP) ## start everything with made-up people and phones, in one process
	./loudhailer up --demo

.PHONY: test
test: $(STAMP) ## run all tests on SQLite, PostgreSQL and Valkey (ARGS="-k stop", WORKERS=0)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

.PHONY: check
check: $(STAMP) ## look for mistakes without running anything: style, types, imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-logo

.PHONY: format
format: $(STAMP) ## put the code into its common form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: locales
locales: $(STAMP) ## bring the catalogs of texts up to the code, say what they lack (LOCALE=ar begins one)
	$(BIN)/python -m locales.update $(LOCALE)
	$(BIN)/python -m locales.check

.PHONY: screenshots
screenshots: $(STAMP) ## walk the README and the guide in Chromium, keep their pictures in docs/pictures (needs Noto fonts)
	LOUDHAILER_PICTURES=$(CURDIR)/docs/pictures $(BIN)/python -m pytest -q tests/journeys/test_in_a_browser.py tests/journeys/test_the_guide.py tests/web/test_pages_in_a_browser.py

.PHONY: servers
servers: $(STAMP) ## start a PostgreSQL and a Valkey for trying things out, until Ctrl-C
	@$(BIN)/python -m tests.servers

$(BENCH_STAMP): requirements-bench.txt $(STAMP)
	@echo "making .venv-bench with what the measurements compare Loudhailer with"
	@[ -x .venv-bench/bin/python ] || $(BIN)/python -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.txt
	@touch $(BENCH_STAMP)

.PHONY: bench
bench: $(STAMP) $(BENCH_STAMP) ## measure at full size, write bench/report.json (ARGS="pipeline --people 20000")
	$(BIN)/python -m bench $(ARGS)

.PHONY: bench-quick
bench-quick: $(STAMP) $(BENCH_STAMP) ## the same at a tenth of the size or less, in four to five minutes
	$(BIN)/python -m bench --quick $(ARGS)

.PHONY: chaos
chaos: $(STAMP) ## break everything around a broadcast and count who is lost (ARGS="worker-kills --people 500", --list)
	$(BIN)/python -m tests.chaos $(ARGS)

.PHONY: lock
lock: ## pin what requirements*.in name with hashes, for every platform
	@set -e; \
	uv=$$(command -v uv || true); \
	if [ -z "$$uv" ]; then \
	    [ -x .venv-tools/bin/uv ] || { python3 -m venv .venv-tools && .venv-tools/bin/pip install --quiet --disable-pip-version-check uv; }; \
	    uv=.venv-tools/bin/uv; \
	fi; \
	$$uv pip compile $(LOCK) --output-file requirements.txt requirements.in; \
	$$uv pip compile $(LOCK) --output-file requirements-dev.txt requirements-dev.in; \
	$$uv pip compile $(LOCK) --output-file requirements-bench.txt requirements-bench.in

.PHONY: clean
clean: ## remove what tools leave behind; keeps .venv and data/
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .venv-tools .venv-bench
	find . -path "./.venv*" -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
