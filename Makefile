# Each target sets up what it needs (virtual environment, tools) and is instant when there is nothing to do.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
WATCHKEEPER := $(VENV)/bin/watchkeeper
READY := $(VENV)/.ready
ARGS ?=
# One more than two cores: some tests only wait for alerts and containers. Single files are tested in one process.
WORKERS ?= 3

# Make ends with 2 whatever a recipe ended with. These commands mean something else by 1 (findings) than by 2 (unusable
# input), and question mode is the one way in which make itself ends with 1. Lines that begin with + run in it all the same.
ANSWERING := check verify status drill
# A dry run (make -n) runs nothing, these lines neither.
ALWAYS := $(if $(findstring n,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),,+)
ifneq ($(filter $(ANSWERING),$(MAKECMDGOALS)),)
ifeq ($(words $(MAKECMDGOALS)),1)
MAKEFLAGS += --question
endif
endif
export WATCHKEEPER_CALLED_BY := make

.PHONY: help up down status logs render check verify drill tools test truth lint bench bench-middleware mutants clean $(ANSWERING:%=run-%) run-tools

help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(READY) ## start the stack, or bring the running one up to date
	@$(WATCHKEEPER) up $(ARGS)

down: $(READY) ## stop the stack (ARGS=--volumes removes its data too)
	@$(WATCHKEEPER) down $(ARGS)

status: run-status ## targets, rules and alerts of the running stack
	$(call answer,status)

logs: $(READY) ## what the stack's processes wrote
	@$(WATCHKEEPER) logs $(ARGS)

render: $(READY) ## render the spec into the files of the stack
	@$(WATCHKEEPER) render $(ARGS)

check: run-check ## exit 1 and a diff when files differ from the spec
	$(call answer,check)

verify: run-verify ## prove the rendered files with the real tools
	$(call answer,verify)

drill: run-drill ## break the demo, wait for the page, heal it (ARGS="--alert ServiceDown")
	$(call answer,drill)

tools: $(READY) ## show where each tool is, build what is missing
	@$(WATCHKEEPER) tools $(ARGS)

test: $(READY) ## every test that this machine can run; says what it skips and why
	@scripts/test_tools.sh $(WATCHKEEPER)
	@$(VENV)/bin/python -m pytest $(if $(findstring .py,$(ARGS)),,-n $(WORKERS)) $(ARGS)

truth: $(READY) ## hold the SLO rules against a count of every request of 500 random schedules
	@scripts/test_tools.sh $(WATCHKEEPER)
	@WATCHKEEPER_LONG=1 $(VENV)/bin/python -m pytest tests/truth -n auto --dist worksteal $(ARGS)

lint: $(READY) ## ruff and mypy
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy

bench: $(READY) ## time the commands and what the rules cost (ARGS=--rules-only)
	@$(VENV)/bin/python scripts/bench.py $(ARGS)

bench-middleware: ## what a request costs with the instrumentation, beside its peers (ARGS="--memory 1000000")
	@PYTHON="$(PYTHON)" scripts/bench_middleware.sh $(ARGS)

mutants: run-tools ## change the rules one small thing at a time: do the proofs notice? (all: ARGS="--sample 9999")
	@$(VENV)/bin/python -m scripts.mutants --sample 400 $(ARGS)

clean: ## remove the virtual environment and caches of this folder
	@rm -rf $(VENV) .venv-bugsink .pytest_cache .mypy_cache .ruff_cache .hypothesis

define answer
$(if $(filter 1,$(shell cat $(VENV)/.answer-$(1))),@false,$(ALWAYS)@exit $(shell cat $(VENV)/.answer-$(1)))
endef

$(ANSWERING:%=run-%): run-%: $(READY)
	$(ALWAYS)@$(WATCHKEEPER) $* $(ARGS); echo $$? > $(VENV)/.answer-$*

run-verify: run-tools

run-tools: $(READY)
	$(ALWAYS)@$(WATCHKEEPER) tools > /dev/null

$(READY): pyproject.toml backend_instrumentation/pyproject.toml scripts/setup.sh
	$(ALWAYS)@PYTHON="$(PYTHON)" scripts/setup.sh $(VENV)
