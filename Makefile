.DEFAULT_GOAL := help
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
export WANGGE_DATA ?= var

help:  ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  %-16s %s\n", $$1, $$2}'

$(VENV)/.run: requirements.lock pyproject.toml
	@PYTHON="$(PYTHON)" deploy/install.sh requirements.lock $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml
	@PYTHON="$(PYTHON)" deploy/install.sh requirements-dev.lock $@ && touch $(VENV)/.run

setup: $(VENV)/.dev  ## make the virtual environment with everything for development

run: $(VENV)/.run  ## start the platform on this machine: one process, http://127.0.0.1:8080
	@exec $(BIN)/wangge run

up: $(VENV)/.run  ## start the production profile on this machine: RabbitMQ, PostgreSQL, a process a service
	@exec $(BIN)/wangge up

down: $(VENV)/.run  ## stop the production profile; the data stay
	@exec $(BIN)/wangge down

status: $(VENV)/.run  ## show what of the production profile runs
	@exec $(BIN)/wangge status

check: lint types layers contracts-check manifests scan  ## what must hold before every push

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

layers: $(VENV)/.dev
	$(BIN)/lint-imports

scan: $(VENV)/.dev  ## look for weak code, for known weaknesses of what we stand on, and for secrets in the repository
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive services shared deploy
	$(BIN)/python -m deploy.scans.secrets
	$(BIN)/python -m deploy.scans.advisories

fix: $(VENV)/.dev  ## mend what can be mended by machine
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# One a processor; those that share much run on one.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder

test: $(VENV)/.dev servers  ## run every test, in both profiles; as root on Debian it installs the servers they need
	$(PYTEST) tests

unit: $(VENV)/.dev  ## run the tests that need nothing running
	$(BIN)/python -m pytest tests/unit tests/contract

component: $(VENV)/.dev servers  ## run the tests of one service at a time
	$(PYTEST) tests/component

journey: $(VENV)/.dev servers  ## run the whole way through the running platform
	$(PYTEST) tests/journey

servers: $(VENV)/.dev
	@$(BIN)/python -m deploy.production.packages

contracts: $(VENV)/.dev  ## write the published schemas, AsyncAPI, OpenAPI and services/README.md
	$(BIN)/python -m deploy.contracts

contracts-check: $(VENV)/.dev
	$(BIN)/python -m deploy.contracts --check

manifests: $(VENV)/.dev  ## render and check k8s/, deploy/compose.yaml and the Dockerfile
	$(BIN)/python -m deploy.manifests
	$(BIN)/hadolint deploy/Dockerfile

migrate: $(VENV)/.run  ## bring the databases to the present form
	$(BIN)/wangge migrate

migration: $(VENV)/.dev  ## write a migration: SERVICE=patrol NAME=what_changes
	$(BIN)/alembic -c deploy/alembic.ini -n $(SERVICE) revision --autogenerate -m "$(NAME)"

bench-locate: $(VENV)/.dev  ## measure point to cell against STRtree, geopandas and PostGIS
	$(BIN)/python -m deploy.bench.locate

bench-clocks: $(VENV)/.dev  ## measure deadlines a second against chinesecalendar and a count day by day
	$(BIN)/python -m deploy.bench.clocks

bench-bus: $(VENV)/.dev  ## measure reports, events and relay beside an echo, a bare loop and single confirms
	$(BIN)/python -m deploy.bench.bus

chaos: $(VENV)/.dev  ## kill everything at random while 20,000 incidents are posted, and count every row
	$(BIN)/python -m deploy.chaos

# So many for each of four tests, in both profiles; a run is repeated with the seed that it prints.
fuzz: EXAMPLES ?= 10000
fuzz: SEED ?= $(shell date +%s)
fuzz: $(VENV)/.dev servers  ## send any request, any message and any call there can be: EXAMPLES=10000 SEED=1
	WANGGE_FUZZ_SEED=$(SEED) $(BIN)/python -m pytest -s --timeout 7200 --examples $(EXAMPLES) \
	  tests/component/fuzzing tests/journey/test_requests_of_any_kind.py

bench-security: $(VENV)/.dev  ## measure what sign-in check, rights and masks cost, beside the same without them
	$(BIN)/python -m deploy.bench.security

bench-growth: $(VENV)/.dev  ## measure lists, boards, dossiers and search at 10,000 to 1,000,000 incidents
	$(BIN)/python -m deploy.bench.growth

bench-warning: $(VENV)/.dev  ## measure hot cells, bursts and changes over a year beside esda and scikit-learn
	$(BIN)/python -m deploy.bench.warning

replay-la311: LA311_CSV ?= ../shared/data/la311_2017.csv
replay-la311: $(VENV)/.dev  ## replay all requests of LA311_CSV= with their real times, and hold the indicators against pandas
	LA311_CSV="$(abspath $(LA311_CSV))" $(BIN)/python -m pytest -n 0 --profile embedded --timeout 7200 tests/component/command/test_los_angeles.py

lock:  ## write the lock files anew, a week behind the newest releases
	deploy/lock.sh

clean:  ## remove the virtual environment and the caches; the data stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache *.egg-info

.PHONY: help setup run up down status check lint types layers scan fix test unit component journey servers contracts contracts-check manifests migrate migration bench-clocks bench-locate bench-growth bench-bus bench-security bench-warning replay-la311 chaos fuzz lock clean
