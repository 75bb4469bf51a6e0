# Every target works on a fresh machine: it makes .venv first. Python 3.11 or newer; Docker is used if a daemon answers.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
PYTEST_FLAGS ?=

.PHONY: demo test lint coverage bench image clean help
.DEFAULT_GOAL := help

help:  ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/uv:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed (Debian: apt-get install python3-venv)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet 'uv>=0.9,<1'

# One stamp per set of extras, so `make demo` does not install the test tools.
$(VENV)/.with-%: pyproject.toml | $(BIN)/uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --editable '.[$*]'
	@touch $@

demo: $(VENV)/.with-demo  ## run the Abalone pipeline end to end on this machine
	SAGEMAKER_SUPPRESS_V2_WARNING=1 $(BIN)/sagemaker-emulator run -- $(BIN)/python examples/abalone/pipeline.py $(DEMO_FLAGS)

test: $(VENV)/.with-test  ## all tests; those that need Docker are skipped where no daemon answers
	$(BIN)/python -m pytest $(PYTEST_FLAGS)

lint: $(VENV)/.with-test $(VENV)/.with-lint  ## ruff, ruff format, mypy strict, the layer test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_layers.py

coverage: $(VENV)/.with-test  ## write docs/coverage.md and the counts in README anew
	UPDATE_COVERAGE=1 $(BIN)/python -m pytest -q tests/test_coverage_page.py

bench: $(VENV)/.with-test  ## benchmarks, each paired with a peer in the same run
	$(BIN)/python benchmarks/steps.py
	$(BIN)/python benchmarks/control_plane.py
	$(BIN)/python benchmarks/s3.py

image:  ## the server as a Docker image, to run as a sidecar
	docker build --tag sagemaker-emulator $(IMAGE_FLAGS) .

clean:  ## remove what the targets above made here
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache
