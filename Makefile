SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
# Packages of Debian come while pip is at work, and are unpacked while types are checked.
MAKEFLAGS += --jobs=3
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/.tools/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Tests start hundreds of programs: each would compile all of them anew.
unexport PYTHONDONTWRITEBYTECODE

# A program that was removed from the system since, or an interrupted set-up.
gone = $(shell for name in $(1); do [ -x .tools/bin/$$name ] || echo again; done)

no_network = { echo "The dependencies could not be fetched: this once, setting up needs the network." >&2; exit 1; }

.PHONY: again help setup develop tools test collected conformance pictures faults fuzz mutation lint style types audit lock run demo bench figures soak faces dashboards manifests wheel docs reference clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/ready ## Make the virtual environment .venv from the locked dependencies
	@:

# What it takes to run, and no more: who tries the demonstration waits for it.
.venv/ready: requirements/build.txt requirements/run.txt pyproject.toml
	@echo "setup: .venv"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	@$(PYTHON) -m venv .venv || { echo "Making a virtual environment needs the package python3-venv." >&2; exit 1; }
	@$(BIN)/pip install --quiet --require-hashes -r requirements/build.txt && \
	    $(BIN)/pip install --quiet --require-hashes --no-build-isolation -r requirements/run.txt || $(no_network)
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

develop: .venv/developed ## Add what tests, checks and documentation need
	@:

.venv/developed: .venv/ready requirements/dev.txt
	@echo "setup: what tests and checks need"
	@$(BIN)/pip install --quiet --require-hashes --no-build-isolation --no-compile -r requirements/dev.txt || $(no_network)
	@touch $@

tools: .tools/ready ## Find or unpack Prometheus, Alertmanager and the prober into .tools/bin
	@:

.tools/ready: scripts/monitoring-tools scripts/unpack.sh $(call gone,prometheus promtool alertmanager amtool prometheus-blackbox-exporter)
	@echo "setup: Prometheus and Alertmanager"
	@scripts/monitoring-tools
	@touch $@

# For tests of a journal that several switchers share.
.tools/postgresql: scripts/postgresql scripts/unpack.sh $(call gone,initdb postgres)
	@echo "setup: PostgreSQL"
	@scripts/postgresql
	@touch $@

# For tests and measurements of the status page.
.tools/chromium: scripts/chromium scripts/unpack.sh $(call gone,chromium)
	@echo "setup: Chromium"
	@scripts/chromium
	@touch $@

test: develop tools .tools/postgresql .tools/chromium .tools/fuzz lint collected ## Set everything up, check and test all of it, WORKERS=4 tests at a time
	@pytest -q --numprocesses $(or $(WORKERS),4) --dist worksteal

# Each test is made once, beside the checks, and not by all workers at the same time.
collected: develop
	@told=$$(pytest --quiet --collect-only) || { echo "$$told"; exit 1; }

conformance: develop tools .tools/postgresql ## Hold the devnet against recordings, and all end-to-end tests on it or on UNDERSTUDY_WITNESS_NODE
	@pytest -q tests/devnet tests/chains tests/end_to_end --all-timings --numprocesses $(or $(WORKERS),2) --dist worksteal $(ARGS)

pictures: develop .tools/chromium ## Take the documentation's pictures of the status page anew
	@pytest -q tests/page --pictures -k failover

faults: develop tools .tools/postgresql ## Run every fault scenario at all its moments, and the long ones (SEED=N draws the same again)
	@pytest -q tests/faults --all-timings --numprocesses $(or $(WORKERS),4) --dist worksteal $(ARGS)

.tools/fuzz: .venv/developed requirements/fuzz.txt
	@echo "setup: atheris, which feeds the parsers"
	@mkdir -p $(@D)
	@$(BIN)/pip install --quiet --require-hashes --no-build-isolation -r requirements/fuzz.txt && touch $@ || \
	    echo "atheris could not be installed (not every Python has it): until it is, tests feed the parsers" \
	    "with seeds, past findings and what hypothesis draws." >&2

fuzz: develop .tools/fuzz ## Do what nobody thought of: to each parser for MINUTES=1, to APIs and journals (SEED=N the same)
	@python -m tests.fuzz --minutes $(or $(MINUTES),1) $(if $(SEED),--seed $(SEED)) $(ARGS)
	@seed=$(or $(SEED),$$RANDOM); echo "fuzz: sequences and requests from seed $$seed"; pytest -q tests/fuzz \
	    --hypothesis-profile fuzz --hypothesis-seed $$seed --numprocesses $(or $(WORKERS),4) --dist worksteal

.tools/mutation: .venv/developed requirements/mutation.txt
	@$(BIN)/pip install --quiet --require-hashes --no-build-isolation -r requirements/mutation.txt
	@mkdir -p $(@D) && touch $@

mutation: develop .tools/mutation ## Break the rules one by one, and tell which breaks no test noticed (ARGS="--anew 'switcher.guards*'")
	@python -m tests.mutation $(ARGS)

lint: style types ## Style, types, layers, and what attackers look for
	@:

style: develop
	@echo "lint: ruff, import-linter, bandit"
	@ruff check --quiet .
	@ruff format --check --quiet .
	@told=$$(lint-imports --no-logo --no-cache) || { echo "$$told"; exit 1; }
	@bandit --quiet --configfile pyproject.toml --recursive .

types: develop
	@echo "lint: mypy"
	@mypy --no-error-summary

audit: develop ## Ask which weaknesses are known of what is locked; needs the network, else tells its age
	@python -m scripts.audit $(ARGS)

demo: setup tools ## Watch a host die and its understudy take over (ARGS=--keep leaves all of it up)
	@understudy demo $(ARGS)

run: setup tools ## Run the whole stack: on a devnet, or with CONFIG=understudy.yaml on your own nodes
	@understudy run $(if $(CONFIG),--config $(CONFIG))

bench: develop tools .tools/postgresql .tools/chromium ## Run all measurements into bench/results.json, or one with NAME=live
	@python -m bench $(NAME) $(ARGS)

figures: develop ## Write the figures in the documentation anew from bench/results.json
	@python -m bench.pages

soak: develop tools .tools/postgresql ## Run the whole stack for HOURS=1 with random faults, and close the books (SEED=N: the same faults)
	@understudy bench soak --minutes $$(awk 'BEGIN { print 60 * $(or $(HOURS),1) }') \
	    $(if $(SEED),--seed $(SEED)) $(if $(PLAN),--plan $(PLAN)) $(ARGS)

faces: develop tools .tools/chromium ## Have 50 look on for MINUTES=10: what that costs
	@understudy bench faces $(if $(MINUTES),--minutes $(MINUTES)) $(ARGS)

dashboards: develop ## Write Grafana's dashboards anew (RUNBOOKS=https://… where the runbooks are)
	@python -m grafana $(if $(RUNBOOKS),--runbooks $(RUNBOOKS)) $(ARGS)

wheel: setup ## Build what can be installed elsewhere into dist/, with the versions that are locked
	@hatchling build -t wheel
	@sed -n 's/^\([A-Za-z0-9].*==[^ ]*\).*/\1/p' requirements/run.txt >dist/locked.txt

manifests: develop ## Write the manifests for Kubernetes that follow from alertmanager/ anew
	@python -m deploy

docs: develop ## Write the documentation as a site into site/
	@NO_MKDOCS_2_WARNING=1 mkdocs build --strict  # not --quiet, which counts no warning
	@echo "docs: site/index.html"

reference: setup ## Write the pages in docs/reference anew from the code
	@python -m manual.reference

lock: ## Pin the dependencies anew (OPTIONS=--upgrade for newer ones)
	@scripts/lock $(OPTIONS)

clean: ## Remove what was made here
	rm -rf .venv .tools .run build dist site .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
