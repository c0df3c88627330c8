# What a person types here; continuous integration types the same. `make` alone prints the list.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help lab test lint format notebooks bench binder clean

VENV := .venv
PY := $(VENV)/bin/python
FIRST := notebooks/01_talk_to_a_bot.ipynb
# Jupyter refuses to run as root unless told; containers have no other user.
ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

help:  ## print this list
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

lab: $(VENV)/.lab  ## set up .venv and open JupyterLab on the first notebook (ARGS=--no-browser: only print its address)
	@exec $(PY) -m jupyterlab $(ROOT) --LabApp.default_url=/lab/tree/$(FIRST) $(ARGS)

test: lint  ## check everything: style, types, then every test (ARGS="-k router" for some of them)
	@$(PY) -m pytest $(ARGS)

lint: $(VENV)/.dev  ## check style, formatting and types
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

format: $(VENV)/.dev  ## mend what style can mend by itself
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

notebooks: $(VENV)/.dev  ## run the notebooks again and store what they print
	@$(PY) -m tests.notebooks.execute $(ARGS)

bench: $(VENV)/.dev  ## print the benchmark tables
	@$(PY) -m tests.bench $(ARGS)

binder:  ## run Binder's steps in a clean environment
	@scripts/binder

clean:  ## remove .venv and everything else that can be made again
	rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/browser/artifacts
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.lab $(VENV)/.dev: pyproject.toml scripts/setup
	@scripts/setup $(VENV) $(@F:.%=%)
