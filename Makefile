# `make demo` and `make test` are the two commands of the README. Each needs Python 3.11-3.13 and make, and sets
# up everything else in .venv; a second call finds it there. pip's own settings (PIP_INDEX_URL, PIP_FIND_LINKS,
# a proxy) are honoured.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test coverage check lint types imports format wheel plugins plugin recipes clean

# make test VENV=.venv-without-torch EXTRAS=dev runs the tests in an environment without torch.
VENV := .venv
EXTRAS := train,dev
# A stamp for each: an environment set up with fewer extras gets what it lacks.
DEV := $(VENV)/.dev-$(EXTRAS)
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)

# The first Python that fits and can make an environment, unless the caller names one: make test PYTHON=...
FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11 python; do \
	"$$each" -c "$(FITS)" >/dev/null 2>&1 && echo "$$each" && break; done)

define NEED_PYTHON
@if [ -z "$(PYTHON)" ]; then \
		echo "No Python 3.11, 3.12 or 3.13 with its venv module was found." >&2; \
		echo "Install one (on Debian and Ubuntu: the packages python3 and python3-venv) or name it:" >&2; \
		echo "    make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; \
		exit 1; \
	fi
endef

INSTALL = $(BIN)/python -m pip install --quiet --no-input --disable-pip-version-check --constraint constraints.txt

help: ## Show this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/make \1\t\2/p' Makefile

demo: $(VENV)/.base ## Read the sample pictures: text to the terminal, annotated pictures to demo/out
	@$(BIN)/python demo/read_pictures.py

test: $(DEV) ## Run every test
	@$(BIN)/python -m pytest $(ARGS)

COVERED := core documents outputs runtime

coverage: $(DEV) ## Run the tests that need no torch; fail if less than 90 % of the reading code is covered
	@$(BIN)/python -m pytest --ignore tests/training $(COVERED:%=--cov=geulnun.%) --cov-report=term --cov-fail-under=90

check: lint types imports ## Run ruff, mypy and the import contracts

lint: $(DEV) ## Run ruff: rules and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(DEV) ## Run mypy
	@$(BIN)/mypy

imports: $(DEV) ## Run the import contracts
	@$(BIN)/lint-imports

format: $(DEV) ## Format, sort imports, apply ruff's fixes
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

wheel: $(DEV) ## Build dist/geulnun-*.whl
	@$(BIN)/python -m hatchling build -t wheel

PLUGINS := ocrmypdf-geulnun markitdown-geulnun docling-geulnun

# The wheels in dist take the place of PyPI for geulnun and its plug-ins; all else comes from there.
PLUGIN_BIN = .venv-plugins/$(PLUGIN)/$(notdir $(BIN))
PLUGIN_INSTALL = $(PLUGIN_BIN)/python -m pip install --quiet --no-input --disable-pip-version-check --find-links dist
BUILD_BIN := .venv-plugins/build/$(notdir $(BIN))

plugins: ## Install each plug-in beside its host in a fresh environment, as a user would, and run its tests
	$(NEED_PYTHON)
	@rm -rf .venv-plugins/build && $(PYTHON) -m venv .venv-plugins/build
	@$(BUILD_BIN)/python -m pip install --quiet --no-input --disable-pip-version-check hatchling hatch-fancy-pypi-readme
	@$(BUILD_BIN)/python -m hatchling build -t wheel
	@for each in $(PLUGINS); do $(MAKE) --no-print-directory plugin PLUGIN=$$each || exit 1; done

plugin:
	@echo "Installing $(PLUGIN) beside its host ..."
	@rm -rf .venv-plugins/$(PLUGIN)
	@cd plugins/$(PLUGIN) && "$(abspath $(BUILD_BIN))/python" -m hatchling build -t wheel -d ../../dist
	@$(PYTHON) -m venv .venv-plugins/$(PLUGIN)
	@$(PLUGIN_INSTALL) $(PLUGIN)
	@$(PLUGIN_INSTALL) '$(PLUGIN)[test]'
	@cd plugins/$(PLUGIN) && "$(abspath $(PLUGIN_BIN))/python" -m mypy
	@$(PLUGIN_BIN)/python -m pytest plugins/$(PLUGIN)/tests $(ARGS)

RECIPES_BIN := .venv-plugins/recipes/$(notdir $(BIN))

recipes: ## Run the recipes of docs/recipes.md beside LangChain and Label Studio, in a fresh environment
	$(NEED_PYTHON)
	@rm -rf .venv-plugins/recipes && $(PYTHON) -m venv .venv-plugins/recipes
	@$(RECIPES_BIN)/python -m pip install --quiet --no-input --disable-pip-version-check label-studio-sdk langchain-core
	@$(RECIPES_BIN)/python -m pip install --quiet --no-input --disable-pip-version-check . hypothesis pytest pyyaml
	@$(RECIPES_BIN)/python -m pytest tests/contract/test_recipes.py $(ARGS)

clean: ## Remove the environment, builds and caches
	@rm -rf $(VENV) .venv-without-torch .venv-plugins build dist demo/out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage

$(VENV)/pyvenv.cfg:
	$(NEED_PYTHON)
	@echo "Setting up $(VENV) with $(PYTHON) ..."
	@$(PYTHON) -m venv $(VENV)

# Reading: the base install, as a user gets it.
$(VENV)/.base: pyproject.toml constraints.txt | $(VENV)/pyvenv.cfg
	@echo "Installing geulnun ..."
	@$(INSTALL) --editable .
	@touch $@

# Developing: the base install, the tools and, unless EXTRAS leaves it out, training (torch).
$(DEV): pyproject.toml constraints.txt | $(VENV)/pyvenv.cfg
	@echo "Installing geulnun[$(EXTRAS)] (train brings torch, which is large) ..."
	@$(INSTALL) --editable '.[$(EXTRAS)]'
	@touch $(VENV)/.base $@
