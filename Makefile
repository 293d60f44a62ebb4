# Two commands bring you in: `make demo` and `make test`. `make help` lists the rest.
# Everything lives in .venv, build/ and the two directories of jujubox (see `jujubox status`).

SYSTEM_PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)
BIN := .venv/bin

.PHONY: help setup demo demo-down test pythons check unit pack docs lock format

help: ## what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: ## look what is missing, install it, make .venv
	@$(SYSTEM_PYTHON) -m workbench.prepare machine

.venv/ready: requirements/dev.txt pyproject.toml
	@$(SYSTEM_PYTHON) -m workbench.prepare environment

demo: setup ## three units and a client application on this machine
	@$(BIN)/python -m workbench.demo

demo-down: .venv/ready ## remove every trace of the demo
	@$(BIN)/python -m workbench.down

test: ## everything: the quick part, then real machines
	@$(SYSTEM_PYTHON) -m workbench.prepare tests
	@$(BIN)/python -m workbench.tests

pythons: ## the client's tests on Python 3.10 to 3.14, each with the PostgreSQL of a release that has it
	@$(SYSTEM_PYTHON) -m workbench.prepare tests
	@$(BIN)/python -m workbench.pythons

check: .venv/ready ## the quick part: style, types, import fences, unit tests
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/unit

unit: .venv/ready ## the unit tests alone
	@$(BIN)/python -m pytest -q tests/unit

pack: .venv/ready ## build/postgresql_*.charm
	@$(BIN)/jujubox pack . -o build

format: .venv/ready ## put style right
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

docs: .venv/ready ## write the pages that repeat config.yaml, actions.yaml and docstrings
	@$(BIN)/python -m workbench.reference
	@$(BIN)/python -m workbench.client_reference

lock: .venv/ready ## write requirements.txt and requirements/dev.txt anew
	@$(BIN)/python -m workbench.lock
