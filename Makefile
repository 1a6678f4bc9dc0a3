# Start with `make lab`, which opens the quickstart in JupyterLab, or `make test`, which runs every test that needs no browser.
# Requires Python 3.11 to 3.13 and git; `front` and `browser` also need node, and `browser` needs Chromium.

PYTHONS := python3 python3.13 python3.12 python3.11
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON  ?= $(shell for python in $(PYTHONS); do $$python -c '$(SUPPORTED)' 2>/dev/null && echo $$python && break; done)
VENV    := .venv
RUN     := $(VENV)/bin/python -m
INSTALL := $(RUN) pip install --quiet --disable-pip-version-check
FETCH   := $(RUN) lgstream.local fetch
ARGS    ?=

# The tests of lgstream itself. Others compare it with packages that need newer versions.
OLDEST       := .venv-oldest
OLDEST_TESTS := $(addprefix tests/,engine/checkpoints graph langchain notebook reference widgets) \
  $(addprefix --ignore=tests/langchain/,test_ag_ui.py test_instrumentations.py)

# JupyterLab does not start as root without this option.
ROOT    := $(if $(filter 0,$(shell id -u)),--allow-root)

.DELETE_ON_ERROR:
.PHONY: help lab test oldest format lint types coverage front notebooks outputs browser postgres bench plots load soak clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

# The installed JupyterLab extension is a copy made by pip; this links the one of this folder instead.
lab: $(VENV)/.notebook ## open the quickstart in JupyterLab; ARGS="--no-browser --port=8890" goes to JupyterLab
	@$(FETCH)
	@mkdir -p $(VENV)/labextensions && ln -sfn '$(CURDIR)/lgstream/widgets/static' $(VENV)/labextensions/lgstream
	$(RUN) jupyterlab $(ROOT) --LabApp.default_url=/lab/tree/notebooks/01-quickstart.ipynb \
	  --LabApp.extra_labextensions_path='$(CURDIR)/$(VENV)/labextensions' $(ARGS)

test: $(VENV)/.dev ## run every test that needs no browser; ARGS="-k joke" goes to pytest
	@$(FETCH)
	$(RUN) pytest -n auto $(ARGS)

# With langgraph before 1.2.22, the result of a task is now and then None in langgraph's own astream_events.
oldest: $(VENV)/.dev ## test with the oldest packages that pyproject.toml allows; PYTHON=python3.13 selects the Python
	$(PYTHON) -m venv --clear --without-pip $(OLDEST)
	$(RUN) uv pip install --quiet --python $(OLDEST) --resolution lowest-direct --editable '.[notebook,local,langgraph,test]'
	$(OLDEST)/bin/python -m pytest -n auto $(OLDEST_TESTS) \
	  --deselect tests/langchain/test_astream_events.py::test_entrypoint_with_tasks $(ARGS)

format: $(VENV)/.dev ## format the Python code and apply ruff's automatic fixes
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

lint: $(VENV)/.dev ## check style, format, imports between modules, dependencies and spelling
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(VENV)/bin/lint-imports --no-logo
	$(RUN) deptry lgstream
	$(RUN) deptry tests tools benchmarks --exclude snippets --ignore DEP002,DEP004
	$(VENV)/bin/codespell .

types: $(VENV)/.dev ## mypy, strict on the package, tools and benchmarks, less so on the tests
	$(RUN) mypy

# Measuring makes the tests twice as slow (on Python before 3.14), so these are not all: the unit tests of each package.
# tests/test_leaks.py counts objects, and coverage keeps some for each thread.
coverage: $(VENV)/.dev ## report which lines and branches the unit tests run, for each package
	$(RUN) pytest -n auto --cov --cov-report= -m 'not browser and not postgres and not model' \
	  $(foreach folder,benchmarks browser differential guides postgres reference,--ignore=tests/$(folder)) \
	  --ignore=tests/test_leaks.py $(ARGS)
	$(RUN) tools.coverage_by_package

front: ## type-check and test the front end; check that the committed bundle is up to date
	cd widgets && npm ci && npm run check && npm test && npm run build
	git diff --exit-code --stat -- lgstream/widgets/static

notebooks: $(VENV)/.dev ## run every notebook from top to bottom without changing the files
	@$(FETCH)
	$(RUN) pytest -p nbmake --nbmake --nbmake-timeout=300 notebooks $(ARGS)

outputs: $(VENV)/.dev ## run every notebook and save its outputs in the file
	@$(FETCH)
	$(RUN) nbconvert --to notebook --inplace --execute --ExecutePreprocessor.record_timing=False \
	  --ExecutePreprocessor.store_widget_state=False notebooks/*.ipynb
	$(RUN) nbconvert --to notebook --inplace --coalesce-streams notebooks/*.ipynb

browser: $(VENV)/.dev widgets/node_modules ## test the notebook view in JupyterLab and Chromium; screenshots go to tests/browser/shots
	@$(FETCH)
	$(RUN) pytest -m browser -n 2 tests/browser $(ARGS)

postgres: $(VENV)/.dev ## test threads in PostgreSQL, on a server that the tests start; needs the server's programs (apt: postgresql)
	$(RUN) pytest -m postgres tests/postgres $(ARGS)

bench: $(VENV)/.dev ## compare costs with langgraph; ARGS="loop" selects cases, ARGS="--against DIR" compares with another checkout
	$(RUN) benchmarks $(ARGS)

plots: $(VENV)/.dev ## plot costs by size, from one node to 10,000; pictures go to benchmarks/out
	$(RUN) benchmarks.plots

load: $(VENV)/.dev ## measure live views in JupyterLab under load; ARGS selects cases as with bench; needs Chromium
	$(RUN) benchmarks.load $(ARGS)

soak: $(VENV)/.dev ## run a chatty agent for ten minutes and fail if memory grows; ARGS="--minutes 1" takes less
	$(RUN) benchmarks.soak $(ARGS)

clean: ## remove what the other targets created in this folder
	rm -rf $(VENV) $(OLDEST) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .coverage .hypothesis build dist widgets/node_modules tests/browser/shots
	find lgstream tests -name __pycache__ -type d -prune -exec rm -rf {} +

widgets/node_modules: widgets/package-lock.json
	cd widgets && npm ci
	@touch $@

# One stamp for each set of packages; they are installed again when pyproject.toml changes.
$(VENV)/.notebook: pyproject.toml $(VENV)/.python
	@echo "Installing lgstream and JupyterLab into $(VENV): a minute or two, once."
	$(INSTALL) --editable '.[notebook,local]'
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.python
	@echo "Installing lgstream and the tools of its tests into $(VENV): a minute or two, once."
	$(INSTALL) --editable '.[dev]'
	@touch $@ $(VENV)/.notebook

$(VENV)/.python:
	@'$(PYTHON)' -c '$(SUPPORTED)' 2>/dev/null || { echo "lgstream needs Python 3.11, 3.12 or 3.13, which '$(or $(PYTHON),$(PYTHONS))'" \
	  "is not. If you have one elsewhere: make $(MAKECMDGOALS) PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot create virtual environments: ensurepip is missing." \
	  "On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@
