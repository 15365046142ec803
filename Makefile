# What people do with a checkout of vacnet. `make` alone lists it.
#
# Every target that needs the environment makes it first (tools/bootstrap): nothing to install by hand
# but git, make and Python 3.11 or newer with venv.

SHELL := /bin/sh
PYTHON_BIN := .venv/bin/python

# make demo FACTORIES=5 SEED=7 TILES=96 MODEL=docker
MODEL ?= process
FACTORIES ?= 3
SEED ?= 1
TILES ?=
# make testbed TESTBED="partition 1,2 / 3,4,5"; without Docker here: TESTBED="up 5 --way spaces"
TESTBED ?= up 5
# make test TESTS=tests/unit/space
TESTS ?= tests
# make fuzz FUZZ="--inputs 10000000 --seconds 600 --seed 7"
FUZZ ?=
# Properties that hypothesis tries longer with make fuzz: round trips, and that merging has no order.
LAWS := tests/unit/space/test_spans.py tests/unit/space/test_window_merge.py tests/unit/space/test_row_coding.py

.DEFAULT_GOAL := help
.PHONY: help demo testbed test test-all fuzz check bench lock clean environment

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

demo: ## three factories on this machine do real work before your eyes; MODEL=docker: in containers
	@tools/bootstrap run
	@$(PYTHON_BIN) -m tools.demo --model $(MODEL) --factories $(FACTORIES) --seed $(SEED) $(if $(TILES),--tiles $(TILES))

testbed: ## five hypervisors on this machine, each with its own engine; TESTBED=status, space, kill 2, down ...
	@tools/bootstrap run
	@$(PYTHON_BIN) -m tools.testbed $(TESTBED)

test: ## the tests; ENGINES=install brings the engines that are missing
	@tools/bootstrap dev
	@$(PYTHON_BIN) -m tools.engines run -- $(PYTHON_BIN) -m pytest -n 2 --dist loadgroup -m "not slow" $(TESTS)

test-all: ## the same with the slow ones
	@tools/bootstrap dev
	@$(PYTHON_BIN) -m tools.engines run -- $(PYTHON_BIN) -m pytest -n 2 --dist loadgroup $(TESTS)

fuzz: ## feed a factory what nobody should send: 200,000 inputs, or FUZZ="--inputs N --seconds S --seed X"
	@tools/bootstrap dev
	@$(PYTHON_BIN) -m coverage run --branch --data-file=.coverage.fuzz --include='vacnet/space/*' -m tests.fuzz --inputs 30000 --seed 1
	@$(PYTHON_BIN) -m coverage report --data-file=.coverage.fuzz
	@$(PYTHON_BIN) -m pytest -q --hypothesis-profile=fuzz --timeout=1200 tests/fuzz $(LAWS)
	@$(PYTHON_BIN) -m tests.fuzz $(FUZZ)

check: ## style, types, layers and sizes
	@tools/bootstrap dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports
	$(PYTHON_BIN) -m pytest -q -p no:cacheprovider tests/test_tidy.py
	.venv/bin/mypy

bench: ## measure, as a table and as JSON
	@tools/bootstrap dev
	@$(PYTHON_BIN) -m tools.bench

lock: ## resolve requirements/*.txt anew (needs uv: .venv/bin/pip install uv)
	@tools/lock

clean: ## remove what was made here, the environment too
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage demo-out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
