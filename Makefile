# What can be done here: make help

PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
	$(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))
VENV := .venv
BIN := $(VENV)/bin
BASE := $(VENV)/.installed
DEV := $(VENV)/.installed-dev

.PHONY: help demo test browser lock soak check lint types imports fuzz backtest validation bench bench-run bench-scaling bench-sweep
.PHONY: bench-listing bench-http bench-latency
.DEFAULT_GOAL := help

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16

demo: $(BASE)  ## start a twin and drive it over HTTP, every step checked
	@$(BIN)/twin demo

test: $(DEV)  ## check, then all tests
	@$(MAKE) --no-print-directory --jobs=2 check browser
	$(BIN)/python -m pytest -n 2 --dist worksteal

browser: $(DEV)
	@.ci/browser

soak: $(DEV)  ## long campaigns: 7 days with faults, 200,000 steps of all commands, 200 rounds of kill -9
	$(BIN)/python -m benchmarks.soak --days 7 --out soak
	HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -qs tests/laws/test_conservation.py -k maintained
	TWIN_CRASH_ROUNDS=200 $(BIN)/python -m pytest tests/api/test_crash.py

check: types lint imports  ## linter, types, import rules

lint: $(DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check --quiet || { echo "run $(BIN)/ruff format"; exit 1; }

types: $(DEV)
	$(BIN)/mypy

imports: $(DEV)
	$(BIN)/lint-imports

fuzz: $(DEV)  ## schemathesis, 500 examples an operation and phase, as each role; some ten minutes of a core each
	$(BIN)/python -m tests.contract.fuzz --examples 500

bench: $(BASE)  ## how fast it is
	$(BIN)/python -m benchmarks

bench-run: $(BASE)  ## the reference day through twin run, beside plain SimPy, with its profile
	$(BIN)/python -m benchmarks.reference_run

bench-scaling: $(BASE)  ## 10 to 100 bots on one level, and a site of 100,000 positions
	$(BIN)/python -m benchmarks.scaling

validation: $(BASE)  ## theory against twin, at length: writes docs/validation.md
	$(BIN)/python -m benchmarks.validation

bench-sweep: $(DEV)  ## whether a sweep of 12 variants uses all cores, and comes to the same bytes
	$(BIN)/python -m benchmarks.sweep --dask

policies: $(BASE)  ## every policy against the default: writes the tables of docs/policies.md; takes hours
	$(BIN)/python -m benchmarks.policies --keep policies.jsonl

bench-listing: $(BASE)  ## how long pages take over 100,000 boxes while the twin runs
	$(BIN)/python -m benchmarks.listing

bench-http: $(BASE)  ## requests a second beside a bare FastAPI app
	$(BIN)/python -m benchmarks.http

bench-latency: $(BASE)  ## how long calls take while the simulation runs flat out
	$(BIN)/python -m benchmarks.latency

backtest: $(BASE)  ## run the shipped scenarios in full and compare with their recorded results
	$(BIN)/python -m twin.studies.backtest check

$(VENV)/bin/python:
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Python 3.11 or newer is needed. Name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "No virtual environment could be made. \
	On Debian and Ubuntu: apt install python3-venv"; exit 1; }

# What is installed is what the locks say, to the hash: the same today and in a year.
$(BASE): pyproject.toml requirements.lock | $(VENV)/bin/python
	$(call install,requirements.lock)
	@touch $@

$(DEV): pyproject.toml requirements-dev.lock | $(VENV)/bin/python
	$(call install,requirements-dev.lock)
	@touch $(BASE) $@

define install
	@echo "Installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endef

LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock" pyproject.toml .ci/build.in

lock:  ## write the locks anew, with what is newest now
	@$(PYTHON) -m venv $(VENV)/lock && $(VENV)/lock/bin/pip install --quiet uv
	PATH="$(VENV)/lock/bin:$$PATH" $(LOCK) --upgrade --all-extras -o requirements-dev.lock
	grep -o '^[^ ]*==[^ ]*\( ;.*[^ \\]\)\?' requirements-dev.lock > $(VENV)/lock/all
	PATH="$(VENV)/lock/bin:$$PATH" $(LOCK) --upgrade -c $(VENV)/lock/all -o requirements.lock
