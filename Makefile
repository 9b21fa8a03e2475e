# Every target makes .venv first if it must; a second call starts in seconds.
PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
export JUPYTER_PREFER_ENV_PATH = 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Workers, kernels and commands read what another has compiled, also where Python is told not to.
unexport PYTHONDONTWRITEBYTECODE
# Node comes with the Python packages of `dev`, into .venv like them.
WITH_NODE := PATH="$(CURDIR)/$(BIN):$$PATH"

.DEFAULT_GOAL := help
.PHONY: help lab test book pdf slides links mutate grade bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-6s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Learners work in a folder that git does not see, so that `git pull` brings a new version.
lab: $(VENV)/.course ## open the course in JupyterLab; options go in ARGS="--no-browser --port 8899"
	@$(BIN)/course start work
	@$(BIN)/course lab work -- $(ARGS)

test: $(VENV)/.tools ## run every test; options for pytest go in ARGS="-k graph"
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(WITH_NODE) npm run --silent lint
	$(WITH_NODE) npm test --silent
	$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

book: $(VENV)/.tools ## build the site to book/_build/html
	$(BIN)/python -m sphinx -b html -W --keep-going book book/_build/html $(ARGS)

pdf: book ## print the built site to book/_build/book.pdf; needs a Chromium
	$(BIN)/python book/paper.py book/_build/html book/_build/book.pdf

slides: $(VENV)/.tools ## make decks of slides in book/_build/slides; ARGS=02 for one chapter
	$(BIN)/course build --slides book/_build/slides $(ARGS)
	@echo 'To show them: $(BIN)/python -m http.server --bind 127.0.0.1 --directory book/_build/slides'

links: $(VENV)/.tools ## look up every outside address that the book names; needs a network
	$(BIN)/python -m sphinx -b linkcheck -q -d book/_build/html/.doctrees book book/_build/links $(ARGS)

mutate: $(VENV)/.tools ## try the checks on wrong answers and on all valid input; ARGS=02 for one chapter
	$(BIN)/course mutate $(ARGS)
	$(BIN)/python -m pytest -q -n auto --hypothesis-profile=deep tests/test_valid.py tests/test_checks.py

grade: $(VENV)/.tools ## try all answers of the tests through the sandbox that grading uses
	$(BIN)/python -m pytest -q -m thorough tests/test_grading_answers.py $(ARGS)

bench: $(VENV)/.tools ## time the course against its peers; ARGS=flow for some of it, ARGS=--write for the book
	$(BIN)/python -m benchmarks $(ARGS)

clean: ## remove .venv and everything that was built
	rm -rf $(VENV) node_modules book/_build book/api book/chapters

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo 'The course needs Python 3.11, 3.12 or 3.13: make lab PYTHON=python3.12'; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo 'No venv could be made. On Debian: apt install python3-venv'; exit 1; }

# The stamps record what was installed, so that a change of the pins installs again.
$(VENV)/.course: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/.tools: pyproject.toml constraints.txt package-lock.json .npmrc | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[book,dev,grade,peers]'
	$(WITH_NODE) npm ci --silent
	@touch $@ $(VENV)/.course
