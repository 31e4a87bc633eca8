# Two commands matter: `make run` does the main job, `make test` passes every check. Both set up what they need.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: run test ui lock clean
.DEFAULT_GOAL := run

run: $(READY)
	@$(BIN)/slds run

ui: $(READY)
	@$(BIN)/slds ui

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=15

# pip alone sets the project up; the lock file holds exact versions with hashes.
$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "OpenSLDS needs Python 3.11: $(PYTHON) was not found. Set PYTHON=/path/to/python3.11."; exit 2; }
	@echo "Setting up $(VENV) (once; a few minutes) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
	@touch $(READY)

# For maintainers: needs uv. Run after editing requirements.in.
lock:
	uv pip compile --python-version 3.11 --no-strip-extras --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url requirements.in -o requirements.lock

clean:
	rm -rf $(VENV) .slds
