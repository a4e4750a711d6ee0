# The two commands a newcomer needs are `make run` and `make test`; the rest are their parts.
PYTHON ?= python3
BIN := .venv/bin
WEB := api/web
WORKSPACE ?= workspace
HOST ?= 127.0.0.1
PORT ?= 8000
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
NPM := npm --prefix $(WEB) --no-update-notifier
.DEFAULT_GOAL := help
.PHONY: help run test environment page workspace checks format lint types imports generated python web browser \
        system postgis fuzz lighthouse benchmarks lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: environment page workspace ## Serve the district's map on this machine (illustrative data the first time)
	@$(BIN)/yzgeo serve --workspace $(WORKSPACE) --host $(HOST) --port $(PORT)

test: system environment page checks python browser ## Every check and every test

# --- what `run` needs ------------------------------------------------------------------------------------------
environment: .venv/.ready
.venv/.ready: requirements.lock requirements-uv.lock pyproject.toml
	@.ci/system run
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements.lock
	@mkdir -p $(WEB)/dist
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@# Compiled once for all: the tests start hundreds of processes, some where Python may not write.
	@$(BIN)/python -m compileall -q yzgeo api
	@touch $@

page: $(WEB)/dist/index.html
WEB_SOURCES := $(shell find $(WEB)/src $(WEB)/public -type f 2>/dev/null) $(wildcard $(WEB)/*.ts $(WEB)/*.html)
$(WEB)/node_modules/.ready: $(WEB)/package-lock.json
	@$(NPM) ci --loglevel=error
	@touch $@
$(WEB)/dist/index.html: $(WEB)/node_modules/.ready $(WEB_SOURCES)
	@$(NPM) run --silent build
	@touch $@

workspace: environment
	@test -e $(WORKSPACE)/yzgeo.gpkg || test -d $(WORKSPACE)/rasters || $(BIN)/yzgeo init $(WORKSPACE) --demo

# --- what `test` does ------------------------------------------------------------------------------------------
system: ## Install what the tests need from Debian, or say which command is missing
	@.ci/system test

checks: format lint types imports generated web ## Everything that reads code without running the product

format:
	$(BIN)/ruff format --check yzgeo api tests docs

lint:
	$(BIN)/ruff check yzgeo api tests docs
	$(BIN)/python -m numpydoc.hooks.validate_docstrings --config . $$(git ls-files 'yzgeo/*.py')

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports

generated:
	$(BIN)/python docs/generate.py --check
	$(BIN)/python -m api.openapi --check

web: page
	$(NPM) run --silent check
	$(NPM) run --silent test

python: environment page
	$(BIN)/pytest -n $(JOBS) --dist loadgroup tests
	$(BIN)/pytest --doctest-modules yzgeo

browser: page environment
	$(NPM) run --silent e2e

# --- now and then ----------------------------------------------------------------------------------------------
postgis: environment ## Start a PostGIS of this project's own (in .postgis) and say its address
	@.ci/system test
	@.ci/postgis start .postgis

fuzz: environment page ## Schemathesis with many more questions than `test` has time for, on every route and method
	@SCHEMATHESIS_EXAMPLES=$${SCHEMATHESIS_EXAMPLES:-100} $(BIN)/pytest tests/clients/test_schemathesis.py

lighthouse: page environment ## Mark the phone page with Lighthouse: as an app, and for accessibility
	@npm --prefix $(WEB)/tests/lighthouse --no-update-notifier ci --ignore-scripts --loglevel=error
	@node $(WEB)/tests/lighthouse/run.mjs

benchmarks: environment ## Paired benchmarks: ratios against peers, run by hand, out of the gate
	@for script in tests/benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python $$script; done

lock: environment ## Write the lock files again after a change of pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
	    --extra dev pyproject.toml -o requirements.lock

clean: ## Remove what can be built again; the workspace stays
	rm -rf .venv $(WEB)/node_modules $(WEB)/tests/lighthouse/node_modules $(WEB)/dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
