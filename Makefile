# Two commands: `make lab` opens the quickstart in JupyterLab, `make test` runs every test that needs no browser.
# The rest is what .ci/run calls. Needs python3 (3.11 to 3.13) and git; `front` and `browser` need node, `browser` needs chromium.

PYTHONS := python3 python3.13 python3.12 python3.11
FITS    := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON  ?= $(shell for python in $(PYTHONS); do $$python -c '$(FITS)' 2>/dev/null && echo $$python && break; done)
VENV    := .venv
RUN     := $(VENV)/bin/python -m
INSTALL := $(RUN) pip install --quiet --disable-pip-version-check
FETCH   := $(RUN) lgstream.local fetch
ARGS    ?=

# JupyterLab refuses to start as root unless it is told to.
ROOT    := $(if $(filter 0,$(shell id -u)),--allow-root)

.DELETE_ON_ERROR:
.PHONY: help lab test format lint types front notebooks outputs browser postgres bench plots load clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

# An installation has the extension of JupyterLab as it was then; this shows the one of this folder.
lab: $(VENV)/.notebook ## open the quickstart in JupyterLab; ARGS="--no-browser --port=8890" goes to JupyterLab
	@$(FETCH)
	@mkdir -p $(VENV)/labextensions && ln -sfn '$(CURDIR)/lgstream/widgets/static' $(VENV)/labextensions/lgstream
	$(RUN) jupyterlab $(ROOT) --LabApp.default_url=/lab/tree/notebooks/01-quickstart.ipynb \
	  --LabApp.extra_labextensions_path='$(CURDIR)/$(VENV)/labextensions' $(ARGS)

test: $(VENV)/.dev ## run every test that needs no browser; ARGS="-k joke" goes to pytest
	@$(FETCH)
	$(RUN) pytest -n auto $(ARGS)

format: $(VENV)/.dev ## format the Python code, and mend what ruff can mend
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

lint: $(VENV)/.dev ## check style, format, imports between modules, dependencies and spelling
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(VENV)/bin/lint-imports --no-logo
	$(RUN) deptry lgstream
	$(RUN) deptry tests tools benchmarks --exclude snippets --ignore DEP002,DEP004
	$(VENV)/bin/codespell .

types: $(VENV)/.dev ## mypy: strict on the package, tools and benchmarks; the tests, too
	$(RUN) mypy

front: ## the front end's types and tests, and that the committed bundle is the one its sources build
	cd widgets && npm ci && npm run check && npm test && npm run build
	git diff --exit-code --stat -- lgstream/widgets/static

notebooks: $(VENV)/.dev ## run every notebook from top to bottom, and leave the files alone
	@$(FETCH)
	$(RUN) pytest -p nbmake --nbmake --nbmake-timeout=300 notebooks $(ARGS)

outputs: $(VENV)/.dev ## run every notebook, and keep in the file what it shows
	@$(FETCH)
	$(RUN) nbconvert --to notebook --inplace --execute --ExecutePreprocessor.record_timing=False \
	  --ExecutePreprocessor.store_widget_state=False notebooks/*.ipynb
	$(RUN) nbconvert --to notebook --inplace --coalesce-streams notebooks/*.ipynb

browser: $(VENV)/.dev widgets/node_modules ## drive a real JupyterLab in Chromium; pictures go to tests/browser/shots
	@$(FETCH)
	$(RUN) pytest -m browser -n 2 tests/browser $(ARGS)

postgres: $(VENV)/.dev ## threads kept in PostgreSQL, on a server that the tests start; needs its programs (apt: postgresql)
	$(RUN) pytest -m postgres tests/postgres $(ARGS)

bench: $(VENV)/.dev ## what a superstep, a task and a token cost beside langgraph; ARGS="loop" picks cases, ARGS="--against DIR" compares checkouts
	$(RUN) benchmarks $(ARGS)

plots: $(VENV)/.dev ## what they cost by size, from one node to 10,000; pictures go to benchmarks/out
	$(RUN) benchmarks.plots

load: $(VENV)/.dev ## what a view in JupyterLab holds: tokens, tasks, views at once; ARGS as with bench; needs chromium
	$(RUN) benchmarks.load $(ARGS)

clean: ## remove what the others made in this folder
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .coverage .hypothesis build dist widgets/node_modules tests/browser/shots
	find lgstream tests -name __pycache__ -type d -prune -exec rm -rf {} +

widgets/node_modules: widgets/package-lock.json
	cd widgets && npm ci
	@touch $@

# A stamp a set of packages; they are looked at again when pyproject.toml changes.
$(VENV)/.notebook: pyproject.toml $(VENV)/.python
	@echo "Installing lgstream and JupyterLab into $(VENV): a minute or two, once."
	$(INSTALL) --editable '.[notebook,local]'
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.python
	@echo "Installing lgstream and the tools of its tests into $(VENV): a minute or two, once."
	$(INSTALL) --editable '.[dev]'
	@touch $@ $(VENV)/.notebook

$(VENV)/.python:
	@'$(PYTHON)' -c '$(FITS)' 2>/dev/null || { echo "lgstream needs Python 3.11, 3.12 or 3.13, which '$(or $(PYTHON),$(PYTHONS))'" \
	  "is not. Where you have one: make $(MAKECMDGOALS) PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments: it lacks ensurepip." \
	  "On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@
