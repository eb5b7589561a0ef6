# Two commands do everything on a fresh Debian or Ubuntu with Python 3.11+:
#   make demo    sets up and runs the main job (ENGINE=production: on PostgreSQL and RabbitMQ)
#   make test    sets up and passes the tests
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench run clean

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/ready

help:            ## list the targets
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: $(READY)  ## make the virtual environment

$(READY): pyproject.toml constraints.txt tools/setup
	PYTHON=$(PYTHON) tools/setup $(VENV)
	@touch $(READY)

demo: $(READY)   ## run the main job in a scratch folder; KEEP=1 leaves it running, ENGINE=production takes servers
	$(BIN)/tongban demo $(if $(KEEP),--keep) $(if $(ENGINE),--engine $(ENGINE))

test: $(READY)   ## pass the tests, the fast ones first
	tools/need openssl
	$(BIN)/python -m tests.processes.postgres
	$(BIN)/python -m tests.processes.rabbitmq
	$(BIN)/python -m tests.processes.softhsm
	$(BIN)/python -m pytest -n auto tests/unit tests/property tests/ports tests/architecture
	$(BIN)/python -m pytest -n 2 --dist loadfile tests/faults tests/end_to_end

lint: $(READY)   ## ruff, mypy --strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)  ## measure, beside baselines of the same minute; writes build/bench.json
	$(BIN)/python -m benchmarks

run: $(READY)    ## run the gateway of the folder HOME_DIR (made by "tongban init")
	$(BIN)/tongban run $(or $(HOME_DIR),.)

clean:           ## remove everything that was made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
