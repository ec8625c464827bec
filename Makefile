# Eight verbs. Each sets up what it needs in .venv by itself; nothing else has to be installed first
# but Python (3.11 to 3.14) and Terraform (or OpenTofu) on the PATH.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TESTED := $(VENV)/.ready-test

# a command starts twice as fast when its modules were compiled before, so they are kept
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test test-postgres check bench run screens clean lock

demo: $(READY)
	@$(BIN)/python -m dihedral demo $(if $(YES),--yes)

test: $(TESTED)
	$(BIN)/pytest $(ARGS)

# the same on an ordinary PostgreSQL of this machine (15 or newer), which it starts and throws away
test-postgres: $(TESTED)
	$(BIN)/python -m tests.ordinary $(ARGS)

check: $(TESTED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

bench: $(TESTED)
	$(BIN)/python -m bench

run: $(READY)
	$(BIN)/dihedral up

# pictures of every page, for the documentation; needs Chromium
screens: $(TESTED)
	$(BIN)/python -m tests.web.screens $(ARGS)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests bench -name __pycache__ -type d -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# what only tests, checks and benchmarks need, and the extras, on top; the demo does without
$(TESTED): requirements-test.lock $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@

# for maintainers: pins again what pyproject.toml asks for; needs `uv`. The second file has all of the first
PINNED := uv pip compile pyproject.toml --extra speed --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-header --no-annotate --quiet
lock:
	$(PINNED) --group build -o requirements.lock
	$(PINNED) --group dev --extra bedrock --extra google --extra local -c requirements.lock -o requirements-test.lock
