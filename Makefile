# The only entrance: each target sets up what it needs by itself, in .venv.
# A fresh machine needs Python 3.11 or newer with its venv module, git and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?=
TESTS ?=
WORKERS ?= auto
FUZZ ?=
CRASH ?=
MUTATE ?=
BENCH ?=
YEARS ?=
P1DAY ?=
FUZZING := .cache/fuzz

.DEFAULT_GOAL := help
.PHONY: help demo test legal check lint types contracts current conformance fuzz crash years p1-day fix bench coverage accuracy docs mutate golden lock build clean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make demo          set up and start a meter on real data (Ctrl-C ends it; DEMO="--rate 60" passes options)
demo: $(VENV)/.run
	@$(BIN)/softmeter demo $(DEMO)

## make test          set up and run the tests (TESTS="tests/wire -k name" runs some, WORKERS=0 in one process)
test: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal $(TESTS)

## make check         what CI runs: format, lint, types, import contracts, generated files current, tests
check: lint types contracts current test

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy src tests fuzz crash

contracts: $(VENV)/.dev
	$(BIN)/lint-imports --no-cache

current: $(VENV)/.dev
	$(BIN)/python tools/make_docs.py --check
	$(BIN)/python tools/conformance_cases.py --check
	$(BIN)/python tools/manual_coverage.py --check
	$(BIN)/python tools/legal.py --check

## make legal         give the legally relevant part a new version, if it has changed
legal: $(VENV)/.dev
	$(BIN)/python tools/legal.py

## make fix           format and mend what can be mended
fix: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

## make conformance   the public test cases, each with its purpose and verdict
conformance: $(VENV)/.dev
	$(BIN)/python tools/conformance_cases.py

## make mutate        break the code in ten ways under which the manual's tests must fail (MUTATE="--mutate 20 --seed 1")
mutate: $(VENV)/.dev
	$(BIN)/python tools/manual_coverage.py $(or $(MUTATE),--mutate 10)

## make fuzz          hostile input for readers and live associations (FUZZ="--seconds 60 --seed 1 --target apdu")
fuzz: $(FUZZING)/.made
	$(FUZZING)/bin/python fuzz/run.py --engine both $(FUZZ)

## make crash         power cuts at every write, damaged files, killed processes (CRASH="--seconds 60 --seed 1")
crash: $(VENV)/.dev
	$(BIN)/python crash/cut.py $(CRASH)

## make years         live through fifteen years and look at every row: two minutes and more (YEARS="--years 3")
years: $(VENV)/.dev
	$(BIN)/python tests/scenarios/years.py $(YEARS)

## make p1-day        read a simulated day of every P1 variant as Home Assistant does (P1DAY="--variant be --hours 2")
p1-day: $(VENV)/.dev
	$(BIN)/python tests/interop/p1_day.py $(P1DAY)

## make bench         measure speed and size beside peers and floors, as ratios (BENCH="--quick")
bench: $(VENV)/.dev
	$(BIN)/python bench/run.py $(BENCH)

## make coverage      branch coverage of the core
coverage: $(VENV)/.dev
	$(BIN)/python -m pytest --cov --cov-report=term-missing:skip-covered -m "not browser and not interop" $(TESTS)

## make accuracy      run the type test on some front ends and write docs/accuracy/
accuracy: $(VENV)/.dev
	$(BIN)/python tools/accuracy_reports.py

## make docs          write the generated pages of docs/
docs: $(VENV)/.dev
	$(BIN)/python tools/make_docs.py

## make golden        write the golden files anew; then read the diff
golden: $(VENV)/.dev
	GOLDEN=1 $(BIN)/python -m pytest -q tests/apps/decode/test_golden.py tests/meter/test_p1_variants.py

## make lock          pin every version anew in constraints.txt
lock:
	rm -rf .cache/lock && $(PYTHON) -m venv .cache/lock
	.cache/lock/bin/python -m pip install --quiet -e '.[speed,dev,fuzz]'
	{ echo "# Every version of every dependency, for Python 3.11; written by make lock."; \
	  .cache/lock/bin/python -m pip freeze --exclude-editable; } > constraints.txt
	rm -rf .cache/lock

## make build         the wheel, in dist/
build: $(VENV)/.dev
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

## make clean         remove what these targets made
clean:
	rm -rf $(VENV) .cache dist

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v >= (3, 11) else \
	  "softmeter needs Python 3.11 or newer, and this is %d.%d; choose another: make PYTHON=python3.11 ..." % v)'
	$(PYTHON) -m venv $(VENV)

# The coverage-guided engine is only here: it comes for few systems, and nothing else needs it.
$(FUZZING)/.made: pyproject.toml constraints.txt
	@echo "setting up $(FUZZING) ..."
	@$(PYTHON) -m venv $(FUZZING)
	@$(FUZZING)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[fuzz]'
	@touch $@

$(VENV)/.run: pyproject.toml constraints.txt | $(BIN)/python
	@echo "setting up $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[speed]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "setting up $(VENV) for development ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[speed,dev]'
	@touch $@ $(VENV)/.run
