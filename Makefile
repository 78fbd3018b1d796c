# make reports | test | test-full | lint | lab | bench | lock ; OUT=folder for reports elsewhere, IN=es in Spanish.
PYTHON ?= python3
OUT ?= reports
IN ?=
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# uv trusts what the machine trusts, as pip does (a firm's proxy has a certificate of its own).
TRUST := $(if $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/ssl/cert.pem /etc/pki/tls/certs/ca-bundle.crt),--system-certs)
UV := $(BIN)/uv $(TRUST)
TEST_ARGS ?=

.PHONY: reports test test-full lint format lab bench lock dictionary catalogues clean install
.DEFAULT_GOAL := reports

reports: $(INSTALLED)
	@$(BIN)/retorno run --all $(if $(IN),--language $(IN)) --out "$(OUT)"

test: $(INSTALLED)
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 $(TEST_ARGS)

test-full: $(INSTALLED)
	$(BIN)/python -m pytest -m "not benchmark" --numprocesses auto --maxprocesses 4 $(TEST_ARGS)

bench: $(INSTALLED)
	$(BIN)/python -m pytest -m benchmark -s $(TEST_ARGS)

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lab: $(INSTALLED)
	$(BIN)/jupyter lab --notebook-dir=notebooks

install: $(INSTALLED)

# The lock decides; uv only installs it fast. The package itself goes in place, with nothing else fetched.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "retorno needs Python 3.11 or newer; '$(PYTHON)' is older or missing. Name another: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv is missing. On Debian or Ubuntu: apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=$(VENV) $(UV) pip sync --quiet --require-hashes requirements.lock
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

lock:
	@test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet uv==$(UV_VERSION); }
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile pyproject.toml --group dev --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --quiet --upgrade --output-file requirements.lock

catalogues: $(INSTALLED)
	$(BIN)/python -m retorno.workbook.catalogues

dictionary: $(INSTALLED)
	$(BIN)/python -m retorno.tables.dictionary

clean:
	rm -rf $(VENV)
