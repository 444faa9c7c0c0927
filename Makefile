# Each target sets up what it needs (virtual environment, tools) and is instant when there is nothing to do.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
WATCHKEEPER := $(VENV)/bin/watchkeeper
READY := $(VENV)/.ready
ARGS ?=
# Twice two cores, since many tests only wait. A single test file runs in one process.
WORKERS ?= 6

# Make exits with 2 whatever code a recipe ended with. For these commands 1 means findings and 2 unusable input, and
# only question mode lets make itself exit with 1. Lines that begin with + run even in question mode.
ANSWERING := check verify status drill preflight
# A dry run (make -n) runs nothing, including these lines.
ALWAYS := $(if $(findstring n,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),,+)
ifneq ($(filter $(ANSWERING),$(MAKECMDGOALS)),)
ifeq ($(words $(MAKECMDGOALS)),1)
MAKEFLAGS += --question
endif
endif
export WATCHKEEPER_CALLED_BY := make
# Images for containers often set this; every process would then compile all modules again, which is half a command's time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help up down status preflight backup restore logs render check verify drill tools test truth lint chaos docs pictures bench bench-middleware bench-logs mutants clean $(ANSWERING:%=run-%) run-tools

help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(READY) ## start the stack, or update the running one
	@$(WATCHKEEPER) up $(ARGS)

down: $(READY) ## stop the stack (ARGS=--volumes also deletes its data)
	@$(WATCHKEEPER) down $(ARGS)

status: run-status ## show error budgets, alerts and targets, live on a terminal (ARGS=--once for text)
	$(call answer,status)

preflight: run-preflight ## show what this machine lacks for the stack; exit 1 when a check fails
	$(call answer,preflight)

backup: $(READY) ## write the stack's data to one file (ARGS="--out FILE")
	@$(WATCHKEEPER) backup $(ARGS)

restore: $(READY) ## put a backup in the place of the stopped stack's data (ARGS=FILE)
	@$(WATCHKEEPER) restore $(ARGS)

logs: $(READY) ## show the logs of the stack's programs
	@$(WATCHKEEPER) logs $(ARGS)

render: $(READY) ## render the spec into the files of the stack
	@$(WATCHKEEPER) render $(ARGS)

check: run-check ## show how files differ from the spec; exit 1 when they do
	$(call answer,check)

verify: run-verify ## check the rendered files with the real tools and prove every alert
	$(call answer,verify)

drill: run-drill ## inject a fault, wait for the page, remove the fault (ARGS="--alert ServiceDown")
	$(call answer,drill)

tools: $(READY) ## show where each tool is, and build the missing ones
	@$(WATCHKEEPER) tools $(ARGS)

test: $(READY) ## run every test that this machine can run; report skipped ones and why
	@scripts/test_tools.sh $(WATCHKEEPER)
	@scripts/test.sh $(VENV) $(WORKERS) $(ARGS)

truth: $(READY) ## compare the SLO rules with exact counts of every request in 500 random schedules
	@scripts/test_tools.sh $(WATCHKEEPER)
	@WATCHKEEPER_LONG=1 $(VENV)/bin/python -m pytest tests/truth -n auto --dist worksteal $(ARGS)

lint: $(READY) ## run ruff and mypy
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy

chaos: $(READY) ## kill, fill and cut parts of a running stack; see that its promises hold (ARGS="--count 10")
	@$(VENV)/bin/python -m pytest tests/integration/chaos $(ARGS)

docs: $(READY) ## build the documentation as a site with search; exit 1 when a link is dead (ARGS=FOLDER)
	@$(VENV)/bin/python scripts/docs_site.py $(ARGS)

pictures: $(READY) ## make the pictures of the documentation again, in ten minutes (ARGS="front-page report")
	@$(VENV)/bin/python -m scripts.pictures $(ARGS)

bench: $(READY) ## measure the commands and the cost of the rules (ARGS=--rules-only)
	@$(VENV)/bin/python scripts/bench.py $(ARGS)

bench-middleware: ## measure the instrumentation's cost per request, with its peers (ARGS="--memory 1000000")
	@PYTHON="$(PYTHON)" scripts/bench_middleware.sh $(ARGS)

bench-logs: $(READY) ## measure the log monitors: a record, memory, a query, the start
	@$(VENV)/bin/python scripts/bench_logs.py $(ARGS)

mutants: run-tools ## change rules and routes one small thing at a time: does verify fail? (all: ARGS="--sample 9999"; routes only: ARGS="--routing --sample 9999")
	@$(VENV)/bin/python -m scripts.mutants --sample 400 $(ARGS)
	@$(VENV)/bin/python -m scripts.mutants --spec windows --rules --sample 100 $(ARGS)
	@$(VENV)/bin/python -m scripts.mutants --spec labels --rules --sample 100 $(ARGS)

foreign: $(READY) ## run Starlette's and FastAPI's own tests with every application instrumented (ARGS="--suite fastapi")
	@$(VENV)/bin/python -m scripts.foreign $(ARGS)

clean: ## remove the virtual environment and caches of this folder
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

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
