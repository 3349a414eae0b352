# Praxis. `make help` lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?=

.DEFAULT_GOAL := help
.PHONY: help run test cover check format bench speed oracle kills corpus messages screens lock wheel clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

run: $(VENV)/.run ## start Praxis on http://127.0.0.1:8000, with demo content on the first run
	@$(if $(PORT),PRAXIS_PORT=$(PORT)) $(BIN)/praxis run --demo

test: $(VENV)/.dev ## run all tests (those that need a server that is not here say so)
	$(BIN)/python -m pytest -n auto --durations=25 $(ARGS)

cover: $(VENV)/.dev ## the same, and which lines no test came to (half as fast)
	$(BIN)/python -m pytest -n auto --cov --cov-report=term $(ARGS)

check: $(VENV)/.dev ## linters, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## put the code in shape
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

corpus: $(VENV)/.run ## load the real texts beside the checkout (DIR=folder of them) into this site
	@$(BIN)/python -m bench.corpus $(or $(DIR),../shared/corpus) var/corpus.jsonl && $(BIN)/praxis import --publish var/corpus.jsonl

bench: $(VENV)/.dev ## search, side by side with other engines (SIZE=documents, 10000 unless told), then whole pages (RECORDS)
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --require-hashes -r requirements/bench.txt || echo "without Tantivy"
	$(BIN)/python -m bench.search $(or $(SIZE),10000)
	$(BIN)/python -m bench.http $(or $(RECORDS),2000)

speed: $(VENV)/.dev ## print what import, indexing and search of whole records cost here
	$(BIN)/python -m bench.speed

oracle: $(VENV)/.dev ## hold the fast engine to the slow, obvious one on EXAMPLES (2000 unless told) made-up corpora
	PRAXIS_EXAMPLES=$(or $(EXAMPLES),2000) $(BIN)/python -m pytest tests/search/test_whoosh.py -k "oracle or whooshs_own" $(ARGS)

kills: $(VENV)/.dev ## kill a working site (TIMES, 1000 unless told) and look for everything it had acknowledged
	$(BIN)/python -m bench.kills $(or $(TIMES),1000)

messages: $(VENV)/.dev ## take the interface's texts into knowledge/translations/*/LC_MESSAGES/messages.po, and compile them
	mkdir -p var
	$(BIN)/pybabel -q extract -F babel.cfg -k _ -k N_ -k ngettext:1,2 --no-location -o var/messages.pot .
	$(BIN)/pybabel -q update -i var/messages.pot -d knowledge/translations --no-fuzzy-matching --ignore-obsolete --no-wrap
	sed -i -E '/^"(Report-Msgid|POT-|PO-|Last-Tr|Language-Team|Generated)/d' knowledge/translations/*/LC_MESSAGES/messages.po  # dates and dummies
	$(BIN)/pybabel -q compile -d knowledge/translations --statistics

screens: $(VENV)/.dev ## take the pictures in docs/screens anew (needs Chromium); tests/browser/screens.py says of what
	rm -f docs/screens/*.webp
	PRAXIS_SCREENS=1 $(BIN)/python -m pytest tests/browser/test_screens.py

lock: ## write the locks anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q pyproject.toml requirements/build.in -o requirements/run.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q pyproject.toml requirements/build.in --group dev --extra postgres --extra opensearch --extra s3 -o requirements/dev.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q pyproject.toml requirements/build.in --extra postgres --extra opensearch --extra s3 -o requirements/servers.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q --group bench -o requirements/bench.txt

wheel: $(VENV)/.dev ## build a wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation

clean: ## remove the environment and build products; var/ (your data) stays
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# A stamp is only made when everything before it worked, so an interrupted install is simply done again.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Praxis needs Python 3.11 or newer; set PYTHON=python3.12, say."; exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what Praxis needs (once) ..."
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -q --no-deps --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the tests need (once) ..."
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.run
