# Everything a developer and CI run. `make` lists the targets.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3
PORT ?= 8080
WORKERS ?= 2

venv := .venv/bin
uv := $(venv)/uv
# Runs a command behind one line of progress; its output is shown only when it fails.
step := .ci/step
# Ours, and never the user's: a virtual environment left active elsewhere must not be written to.
unexport VIRTUAL_ENV PYTHONPATH
export SAM_CLI_TELEMETRY := 0

.PHONY: help setup demo test check format bench sim fuzz proof-dispatch proof-faults proof-reviews build deploy-check check-template layer-local lock secrets-baseline clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: .venv/.ready node_modules/.ready ## install everything that demo, test and check need

# The stand-ins start with new deals and tokens each time, so the demo's database does too.
demo: setup ## the whole application with the sandbox on this machine (PORT=8080)
	@rm -rf .data/demo
	@exec $(venv)/switchboard up --playbooks playbooks --data .data/demo --port $(PORT) --sandbox

test: setup ## run the test suite (WORKERS=2, ARGS='-k claim')
	@$(venv)/python -m pytest -n $(WORKERS) $(ARGS)

check: .venv/.ready ## style, types, import direction, secrets: what CI checks
	@$(step) "format" $(venv)/ruff format --check .
	@$(step) "lint" $(venv)/ruff check .
	@$(step) "types" $(venv)/mypy
	@$(step) "imports" $(venv)/lint-imports
	@$(step) "secrets" .ci/no-secrets
	@$(step) "traces" .ci/no-traces

format: .venv/.ready ## format the code and mend what ruff can mend
	@$(venv)/ruff check --fix-only --quiet .
	@$(venv)/ruff format .

bench: setup layer-local ## ratios against floors measured in the same run
	@$(venv)/python -m tests.bench $(ARGS)

sim: setup ## simulate the whole application under faults (SEEDS=1000, ARGS='--seed 7 --trace')
	@SEEDS=$(SEEDS) $(venv)/python -m tests.simulation $(ARGS)

fuzz: setup ## spoilt bodies through all doors and parsers (ARGS='--bodies 1000000 --seed 7')
	@$(venv)/python -m tests.fuzz $(ARGS)

proof-dispatch: setup ## prove the dispatch under storms, outages and kills
	@$(venv)/python -m tests.proofs.dispatch $(ARGS)

proof-reviews: setup ## prove the reviews: the story, crawlers, presses at once, kills, bad input
	@$(venv)/python -m tests.proofs.reviews $(ARGS)

proof-faults: setup ## prove the self-hosted profile under kills, a slow database and a full disk
	@$(venv)/python -m tests.proofs.faults $(ARGS)

build: .venv/.ready .venv-sam/.ready ## validate template.yaml, build the functions and the layer for Lambda
	@$(step) "sam validate" .venv-sam/bin/sam validate --lint
	@$(step) --show '^(layer:|no python)' "sam build" .venv-sam/bin/sam build

deploy-check: setup build layer-local .venv-ministack/.ready ## deploy to an emulator of the AWS APIs and use it (about 2 min)
	@$(venv)/python -m tests.deploy $(ARGS)

check-template: .venv/.ready .venv-sam/.ready .venv-checkov/.ready ## what audits ask of template.yaml (about 20 s, needs no network)
	@$(step) "cfn-lint" .venv-sam/bin/cfn-lint --config-file .ci/cfn-lint.yaml
	@$(step) "checkov" .venv-checkov/bin/checkov --config-file .ci/checkov.yaml

# The layer and the functions as they are shipped, but for this machine's interpreter: what make bench starts.
layer-local: .venv/.ready
	@$(step) "layer for this machine" .ci/layer-local

lock: .venv/.ready ## resolve requirements/*.in anew into hashed locks
	@for name in uv core host dev sam checkov ministack npm; do $(step) "lock $$name" .ci/lock $$name; done

secrets-baseline: .venv/.ready ## accept the present findings of the secrets scan
	@.ci/no-secrets --accept

clean: ## remove everything that is built or installed, and the demo's data
	@rm -rf .venv .venv-* .make node_modules .aws-sam .data .mypy_cache .pytest_cache .ruff_cache \
	  .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Environments. A stamp is newer than the lock it was made from, so repeated runs install nothing.

# Made once: its interpreter is older than any lock, and clearing it would break what runs from it.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@$(step) "virtual environment" $(PYTHON) -m venv --clear .venv

.venv/bin/uv: requirements/uv.txt | .venv/bin/python
	@$(step) "uv" $(venv)/python -m pip install --quiet --require-hashes -r requirements/uv.txt
	@touch $@

.venv/.locked: requirements/dev.txt .venv/bin/uv
	@$(step) "Python packages" $(uv) pip sync --quiet --python .venv --require-hashes requirements/dev.txt
	@touch $@

.venv/.ready: pyproject.toml .venv/.locked
	@$(step) "switchboard" $(uv) pip install --quiet --python .venv --no-deps --no-build-isolation -e .
	@touch $@

# One recipe for the environments that are kept apart, because they pin what ours pins otherwise.
.venv-%/.ready: requirements/%.txt .venv/bin/uv
	@$(step) "$* environment" $(uv) venv --quiet --allow-existing --python .venv/bin/python .venv-$*
	@$(step) "$* packages" $(uv) pip sync --quiet --python .venv-$* --require-hashes requirements/$*.txt
	@touch $@

# The machine's npm, or, where there is none, the one in the Node.js wheel.
ifeq ($(shell command -v npm 2>/dev/null),)
node_modules/.ready: .venv-npm/.ready
npm := PATH="$(CURDIR)/.venv-npm/bin:$$PATH" .venv-npm/bin/npm
else
npm := npm
endif

# The package is optional, for machines that it has no binary for; npm then also passes over a failed
# download without a word, hence the look at the result.
node_modules/.ready: package.json package-lock.json .npmrc
	@$(step) "database server" bash -c '$(npm) ci --loglevel=error'
	@if [[ "$$(uname -sm)" == "Linux x86_64" && ! -x node_modules/@extenddb/linux-x64/extenddb ]]; then \
	  echo "npm could not download the database server: see '$(npm) ci --loglevel=http'" >&2; exit 1; fi
	@touch $@

.SECONDARY:
