# Every command installs what it needs into .venv first. `make run` and `make test` are the two to know.
PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
RUN    ?= $(shell date +run-%Y%m%d-%H%M%S)
SEED   ?= 1

.PHONY: run test test-slow test-browser lab serve notebooks record clients fuzz kills lint base-model clean

run: $(VENV)/.local            ## the whole course on the local server, from dataset to scores
	$(PY) tools/course.py run --name "$(RUN)"

test: $(VENV)/.dev             ## the test suite, notebooks and one real run included
	$(PY) -m pytest

test-slow: $(VENV)/.dev        ## the tests that take longer: full disks, stopped runs, generated requests
	$(PY) -m pytest -m slow

test-browser: $(VENV)/.dev $(VENV)/.lab  ## notebook 04 in a real JupyterLab in Chromium, while a job trains
	$(PY) -m pytest -n 0 -p no:nbval -o addopts="" -rs --durations=3 tests/system/browser

lab: $(VENV)/.lab              ## JupyterLab on the notebooks
	$(PY) -m jupyterlab notebooks/00_start.ipynb

serve: $(VENV)/.local          ## the local server alone, on port 8399
	$(PY) -m local_server

notebooks: $(VENV)/.local      ## run all notebooks on recorded answers and store their outputs
	$(PY) tools/course.py store

record: $(VENV)/.local         ## a real run on the local server becomes the recording and the sample run
	$(PY) tools/course.py record

clients: $(VENV)/.dev          ## drive the local server with other versions of OpenAI's SDKs (needs a network)
	$(PY) tests/system/clients/run.py

fuzz: $(VENV)/.dev             ## thousands of generated requests to a real server; SEED=2 gives others
	FUZZ_EXAMPLES=100 FUZZ_SEED=$(SEED) $(PY) -m pytest -n 0 -p no:nbval -o addopts="" -s tests/local_server/http/test_openapi.py

kills: $(VENV)/.dev            ## kill -9 at random moments of a job; KILL_ROUNDS=200 takes longer, KILL_SEED=2 others
	KILL_ROUNDS=$${KILL_ROUNDS:-30} $(PY) -m pytest -n 0 -p no:nbval -o addopts="" -s tests/system/test_kills.py

lint: $(VENV)/.dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

base-model: $(VENV)/.local     ## rebuild data/base_model (about 20 minutes on two cores)
	$(PY) tools/limericks.py
	$(PY) tools/base_model.py

clean:
	rm -rf $(VENV) .venv-clients tests/system/clients/node_modules

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; found $$($(PYTHON) --version). Try: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "The virtual environment could not be made. On Debian and Ubuntu, install python3-venv first."; exit 1; }

# pip's constraints are the lock: the same versions today and in ten years.
INSTALL = $(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

$(VENV)/.local: $(PY) requirements.txt requirements-local.txt constraints.txt pyproject.toml
	$(PY) tools/install_torch.py
	$(INSTALL) --requirement requirements-local.txt
	touch $@

$(VENV)/.dev: $(VENV)/.local requirements-dev.txt
	$(INSTALL) --requirement requirements-dev.txt
	touch $@

$(VENV)/.lab: $(VENV)/.local
	$(INSTALL) "jupyterlab>=4.2,<5"
	touch $@
