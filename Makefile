# Each target sets up what it needs (virtual environment, tools) and is instant when there is nothing to do.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
WATCHKEEPER := $(VENV)/bin/watchkeeper
READY := $(VENV)/.ready
ARGS ?=

.PHONY: help up down status logs render check verify drill tools test lint bench clean

help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(READY) ## start the stack, or bring the running one up to date
	@$(WATCHKEEPER) up $(ARGS)

down: $(READY) ## stop the stack (ARGS=--volumes removes its data too)
	@$(WATCHKEEPER) down $(ARGS)

status: $(READY) ## targets, rules and alerts of the running stack
	@$(WATCHKEEPER) status $(ARGS)

logs: $(READY) ## what the stack's processes wrote
	@$(WATCHKEEPER) logs $(ARGS)

render: $(READY) ## render the spec into the files of the stack
	@$(WATCHKEEPER) render $(ARGS)

check: $(READY) ## exit 1 and a diff when files differ from the spec
	@$(WATCHKEEPER) check $(ARGS)

verify: $(READY) ## prove the rendered files with the real tools
	@$(WATCHKEEPER) tools > /dev/null && $(WATCHKEEPER) verify $(ARGS)

drill: $(READY) ## break the demo, wait for the page, heal it (ARGS="--alert ServiceDown")
	@$(WATCHKEEPER) drill $(ARGS)

tools: $(READY) ## show where each tool is, build what is missing
	@$(WATCHKEEPER) tools $(ARGS)

test: $(READY) ## every test that this machine can run; says what it skips and why
	@$(WATCHKEEPER) tools > /dev/null
	@$(VENV)/bin/python -m pytest $(ARGS)

lint: $(READY) ## ruff and mypy
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy

bench: $(READY) ## time the commands
	@$(VENV)/bin/python scripts/bench.py $(ARGS)

clean: ## remove the virtual environment and caches of this folder
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): pyproject.toml backend_instrumentation/pyproject.toml scripts/setup.sh
	@PYTHON="$(PYTHON)" scripts/setup.sh $(VENV)
