# Everything from a fresh clone, with Python >= 3.11 and make (and a C compiler where a wheel is missing); no root.
PYTHON ?= python3
BIN := .venv/bin
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet

.PHONY: run test soak check audit bench bench-full format lock clean

run: .venv/ready
	@exec $(BIN)/kanava demo $(if $(DATA),--data "$(DATA)") $(if $(PRODUCTS),--products "$(PRODUCTS)")

# Two at a time, a file in one piece: most of them wait for processes, and some take both cores for a moment.
test: .venv/ready-dev
	@$(call in_memory,$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS))

# The same tests with their long counts; what they measure is printed.
soak: .venv/ready-dev
	@$(call in_memory,KANAVA_TEST_SOAK=1 KANAVA_TEST_REPEATS=100 KANAVA_TEST_STEPS=50000 $(BIN)/pytest -s $(ARGS))

# Runs with temporary files in memory, if there are 2 GB for them: journals and caches wait for the disk at each commit.
# What processes compile is kept for the next one, even where the environment says otherwise.
MEMORY := /dev/shm
define in_memory
	if [ "$$(df -Pk $(MEMORY) 2>/dev/null | awk 'NR == 2 { print ($$4 > 2000000) }')" = 1 ]; then \
		TMPDIR=$$(mktemp -d -p $(MEMORY) kanava.XXXXXX) && export TMPDIR && chmod 711 "$$TMPDIR"; \
		trap 'rm -rf "$$TMPDIR"' EXIT; trap 'exit 130' INT; trap 'exit 143' TERM; \
	fi; PYTHONDONTWRITEBYTECODE= $(1)
endef

check: .venv/ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/kanava sdl --check

# What needs Node (20 or newer, with npm) or a browser.
NPM_CI := npm ci --ignore-scripts --no-audit --no-fund --silent
export CHROMIUM ?= /usr/bin/chromium

audit: .venv/ready-dev
	@command -v npm >/dev/null || { echo "make audit needs Node 20 or newer, with npm" >&2; exit 1; }
	@test -x "$(CHROMIUM)" || test "$$(id -u)" = 0 || { echo "make audit needs Chromium: none at $(CHROMIUM)" >&2; exit 1; }
	@test -x "$(CHROMIUM)" || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; }
	@cd app/static/graphiql && $(NPM_CI) && npm run --silent check
	@cd tests/audit/schema && $(NPM_CI) && npm run --silent audit
	@cd tests/audit/clients && $(NPM_CI) && npm run --silent audit
	@cd tests/audit/oidc && $(NPM_CI) && npm run --silent audit
	@cd tests/audit && $(NPM_CI) && npm run --silent graphiql && npm run --silent status

# Beside its peers, which need Node (20 or newer, with npm); the load is wrk's. Python is the system's own where that is
# new enough: distributions build it with its optimisations, which one that was built by hand mostly lacks.
SYSTEM_PYTHON := /usr/bin/python3
BENCH_PYTHON ?= $(shell $(SYSTEM_PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(SYSTEM_PYTHON) || echo $(PYTHON))

.venv/bench/ready: requirements.lock pyproject.toml .venv/ready
	@$(BENCH_PYTHON) -m venv --without-pip .venv/bench
	@$(BIN)/pip --python .venv/bench/bin/python install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

bench bench-full: .venv/bench/ready
	@command -v npm >/dev/null || { echo "make $@ needs Node 20 or newer, with npm" >&2; exit 1; }
	@command -v wrk >/dev/null || test "$$(id -u)" = 0 || { echo "make $@ needs wrk" >&2; exit 1; }
	@command -v wrk >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq wrk >/dev/null; }
	@.venv/bench/bin/python -m bench $(if $(filter bench-full,$@),--full) $(ARGS)

format: .venv/ready-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/ready-dev
	$(BIN)/uv pip compile pyproject.toml --group build $(LOCK) -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group build --group dev -c requirements.lock $(LOCK) -o requirements-dev.lock

clean:
	rm -rf .venv var .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name node_modules -type d -prune -exec rm -rf {} +
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Kanava needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv .venv

.venv/ready: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing what Kanava needs (once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/ready-dev: requirements-dev.lock .venv/ready
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
