# Every target bootstraps itself: python3 >= 3.11 (venv, headers), a C compiler and make are enough.

BIN := .venv/bin
STAMP := .venv/.synced
LABS := $(sort $(dir $(wildcard src/heapwise/lab/cases/*/*.py)))

.PHONY: help setup demo test test-long check format docs assets bench lab

help:  ## this list
	@grep -E '^[a-z-]+%?:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

setup: $(STAMP)  ## a virtual environment with everything in it

$(STAMP): pyproject.toml uv.lock scripts/bootstrap.sh
	@scripts/bootstrap.sh
	@touch $@

demo: setup  ## the whole loop on the headline bug, in under a minute
	@$(BIN)/heapwise demo --force

check-native: setup  ## the C code under the address and undefined-behaviour sanitizers
	@scripts/check_native.sh
	@agent/scripts/check-native.sh

# Most tests wait for services more than they compute, so three at a time; those that judge time
# run alone, and once more where a neighbour on the machine may have had it meanwhile.
test: setup  ## the tests, with reduced counts
	@$(BIN)/pytest -m "not load" -n 3 --dist loadfile
	@$(BIN)/pytest -m load --reruns 1

test-long: setup  ## the tests, with the full counts
	@HEAPWISE_FULL=1 $(BIN)/pytest -m "not load" -n 2 --dist loadfile
	@HEAPWISE_FULL=1 $(BIN)/pytest -m load

check: setup  ## style, types, layers, spelling
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@for lab in $(LABS); do MYPYPATH=$$lab $(BIN)/mypy --no-namespace-packages $$lab*.py || exit 1; done
	@$(BIN)/lint-imports
	@$(BIN)/codespell

format: setup  ## put the code into shape
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: setup  ## the manual, in docs/_build/html
	@$(BIN)/python scripts/reference.py
	@$(BIN)/sphinx-build -W -q -b html docs docs/_build/html
	@echo docs/_build/html/index.html

assets:  ## rebuild the report's JavaScript; needs Node, the result is committed
	@cd web && npm ci --ignore-scripts --no-audit --no-fund && npm run build

bench: $(addprefix bench-,$(notdir $(patsubst %/,%,$(wildcard benchmarks/*/))))  ## every benchmark

bench-%: setup  ## one benchmark: a table, and benchmarks/NAME/latest.json
	@$(BIN)/python benchmarks/$*/bench.py

lab: setup  ## one lab: make lab NAME=chi-compress
	@$(BIN)/heapwise lab run $(NAME) --force
