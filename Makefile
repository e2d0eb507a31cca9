# Needs Python >= 3.11 and make, and for the tests Chromium, which `make test` brings itself where it may.
# Written for any make (3.81 too) and any POSIX shell.

VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev

.PHONY: help demo test chromium bench pictures clean

help:
	@echo "make demo   build a book from a generated portfolio and show what became of it"
	@echo "make test   linters, types, layers and all tests"
	@echo "make bench  measure, as ratios in one run; one part alone: make bench PART=replay"
	@echo "            (fines, wake-up, large-account, demo, reports, console, replay)"
	@echo "make pictures"
	@echo "            take the pictures of the README again, in Chromium"
	@echo "make clean  remove the virtual environment and all caches"

demo: $(INSTALLED)
	@$(BIN)/arrears demo

test: $(INSTALLED_DEV) chromium
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

# The console is tested in a real browser: the one that is named, Debian's, or Debian's brought here.
CHROMIUM_HELP := The console is tested in Chromium, and none is here: install the package chromium (on Debian and \
	Ubuntu: apt install chromium), or set ARREARS_CHROMIUM to where one is.

chromium:
	@if [ -x "$${ARREARS_CHROMIUM:-/usr/bin/chromium}" ]; then exit 0; fi; \
	if [ -z "$$ARREARS_CHROMIUM" ] && command -v apt-get >/dev/null 2>&1; then \
	    root=; \
	    if [ "$$(id -u)" != 0 ]; then root="sudo -n"; fi; \
	    echo "Installing chromium, in which the console is tested"; \
	    DEBIAN_FRONTEND=noninteractive; export DEBIAN_FRONTEND; \
	    { $$root apt-get -qq update && $$root apt-get -qq install -y --no-install-recommends chromium; } >/dev/null 2>&1; \
	fi; \
	if [ ! -x "$${ARREARS_CHROMIUM:-/usr/bin/chromium}" ]; then echo "$(CHROMIUM_HELP)" >&2; exit 1; fi

bench: $(INSTALLED_DEV)
	@$(BIN)/python -m benchmarks $(PART)

pictures: $(INSTALLED_DEV) chromium
	@$(BIN)/python -m pytest -n 0 -q tests/pictures.py

# pip is the last thing that lands in a new environment: where it is, the environment is whole.
# A name such as python3.13 can stand on the path and not work, so each is tried, not only looked up.
$(BIN)/pip:
	@found=; usable=; \
	for python in python3.13 python3.12 python3.11 python3; do \
	    if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	        usable=$$python; \
	        if $$python -c 'import ensurepip, venv' >/dev/null 2>&1; then found=$$python; break; fi; \
	    fi; \
	done; \
	if [ -n "$$found" ]; then \
	    echo "Creating $(VENV) with $$found"; \
	    $$found -m venv --clear $(VENV); \
	elif [ -n "$$usable" ]; then \
	    echo "$$usable has no venv module: install it first (on Debian and Ubuntu: apt install python3-venv)." >&2; \
	    exit 1; \
	else \
	    echo "arrears needs Python 3.11 or newer, and none was found: install one from python.org or your packages." >&2; \
	    exit 1; \
	fi

$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing arrears"
	@$(PIP_INSTALL) -e .
	@touch $@

$(INSTALLED_DEV): pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing arrears and what its tests need"
	@$(PIP_INSTALL) -e '.[dev]'
	@touch $(INSTALLED) $@

clean:
	rm -rf $(VENV) build ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
