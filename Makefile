# Every command but `help` and `clean` installs into .venv first. `make run` and `make test` are the two to know.
PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
RUN    ?= $(shell date +run-%Y%m%d-%H%M%S)
SEED   ?= 1

# A run starts some forty processes, and each would compile the course's modules again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test test-slow test-browser lab doctor step reset serve notebooks record clients foreign colab fuzz kills lint lock real-model course-zip bundle bundle-test base-model clean

help:                          ## print these lines
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s%s\n", $$1, $$2 }' Makefile

run: $(VENV)/.installed        ## notebooks 00 to 05 on the local server; ALL=1 runs all, MODEL=NAME trains another model
	$(PY) tools/course.py run --name "$(RUN)" $(if $(MODEL),--model "$(MODEL)") $(if $(ALL),--all)

test: $(VENV)/.installed       ## the test suite, notebooks and one real run included
	$(PY) -m pytest

test-slow: $(VENV)/.installed-ray ## the tests that take longer: full disks, stopped runs, generated requests
	$(PY) -m pytest -m slow

test-browser: $(VENV)/.installed ## notebook 04 in a real JupyterLab in Chromium, while a job trains
	$(PY) -m pytest -n 0 -p no:nbval -o addopts="" -rs --durations=3 tests/system/browser

# Recorded answers need no training stack: a quarter of the megabytes. `make run` adds the rest later.
LAB_NEEDS = $(VENV)/$(if $(filter local,$(FINETUNE_BACKEND)),.installed,.installed-lab)
lab: $(LAB_NEEDS)              ## JupyterLab on the course and your copies of the notebooks; FINETUNE_BACKEND=local adds what trains
	$(PY) tools/open_lab.py

# Before anything is installed, too: it needs no package.
doctor:                        ## is this computer ready, and what mends it; WORD=tulip explains a code word
	@$$($(PY) -c '' 2>/dev/null && echo $(PY) || echo $(PYTHON)) -m helpers doctor $(WORD)

step: $(LAB_NEEDS)             ## catch up: N=04 gives your run what notebook 04 needs; REPLACE=1 moves own files aside, RUN=name
	@$(if $(filter-out file,$(origin RUN)),FINETUNE_RUN="$(RUN)") $(PY) tools/step.py "$(N)" $(if $(REPLACE),--replace)

reset: $(LAB_NEEDS)            ## move your notebooks and runs aside, into set_aside/; nothing is deleted
	@$(PY) tools/reset.py

serve: $(VENV)/.installed      ## the local server alone, on port 8399
	$(PY) -m local_server

notebooks: $(VENV)/.installed  ## run all notebooks on recorded answers and store their outputs
	$(PY) tools/course.py store

record: $(VENV)/.installed     ## real runs on the local server become the recordings and sample runs; NAME=elle makes one, ONLY=06b one notebook
	$(PY) tools/course.py record $(NAME) $(if $(ONLY),--only $(ONLY))

clients: $(VENV)/.installed    ## drive the local server with other SDK versions and programs (needs a network)
	$(PY) tests/system/clients/run.py

foreign: $(VENV)/.installed    ## the calls of other people's fine-tuning notebooks, each with its SDK (needs a network)
	$(PY) tests/system/foreign/run.py

colab: $(VENV)/.installed      ## the course beside Google Colab's packages; COLAB_PYTHON=python3.13 (needs a network)
	$(PY) tests/system/colab/run.py

fuzz: $(VENV)/.installed       ## thousands of generated requests to a real server; SEED=2 gives others
	FUZZ_EXAMPLES=100 FUZZ_SEED=$(SEED) $(PY) -m pytest -n 0 -p no:nbval -o addopts="" -s tests/local_server/http/test_openapi.py

kills: $(VENV)/.installed      ## kill -9 at random moments of a job; KILL_ROUNDS=200 takes longer, KILL_SEED=2 others
	KILL_ROUNDS=$${KILL_ROUNDS:-30} $(PY) -m pytest -n 0 -p no:nbval -o addopts="" -s tests/system/test_kills.py

lint: $(VENV)/.installed       ## ruff (rules and form), mypy (types) and zizmor (the workflows of GitHub)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/zizmor --offline --quiet .github

.PHONY: docs-check
docs-check: $(VENV)/.installed ## every command, file and link that README and docs name
	$(PY) -m pytest -n 0 -p no:nbval -o addopts="--import-mode=importlib" tests/docs

lock: $(PY)                    ## resolve the packages again; NEWEST="pandas numpy" takes their newest versions
	$(PY) -m pip install --quiet --disable-pip-version-check "uv>=0.9,<1"
	$(PY) tools/lock.py $(NEWEST)

real-model: $(VENV)/.installed ## install the real base model, SmolLM2-135M-Instruct, once (half a minute, 260 MB)
	$(PY) -m local_server.real_model

course-zip: $(PY)              ## dist/course.zip, for Google Colab (9 MB)
	$(PY) tools/course_zip.py

bundle: $(VENV)/.installed     ## dist/bundle: all that a room without a network needs; PLATFORMS="linux-x86_64 macos-arm64"
	$(PY) tools/bundle.py $(if $(PLATFORMS),--platforms "$(PLATFORMS)") $(if $(PYTHONS),--pythons "$(PYTHONS)") \
	  $(if $(TORCH),--torch "$(TORCH)")

bundle-test: $(PY)             ## install dist/bundle without a network, run every notebook, train once
	$(PY) tests/system/bundle/run.py

base-model: $(VENV)/.installed ## rebuild data/base_model (about 20 minutes on two cores)
	$(PY) tools/limericks.py
	$(PY) tools/base_model.py

clean:                         ## remove the virtual environments, and what was made for other computers
	rm -rf $(VENV) .venv-clients .venv-colab dist tests/system/clients/node_modules tests/system/clients/promptfoo/node_modules

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; found $$($(PYTHON) --version). Try: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "The virtual environment could not be made. On Debian and Ubuntu, install python3-venv first."; exit 1; }

# The locks name every file by its hash: the same packages today and in ten years, and no others. PyTorch has a step
# of its own, because a machine without a GPU takes a smaller build. The build backend of the course is in the lock too.
PIP = $(PY) -m pip install --quiet --disable-pip-version-check --no-deps

$(VENV)/.installed: $(PY) pyproject.toml $(wildcard locks/*.txt)
	$(PY) tools/install_torch.py
	$(PIP) --require-hashes --requirement locks/course.txt
	$(PIP) --no-build-isolation --no-index --editable .
	touch $(VENV)/.installed-lab $@

# A cluster for the tests of it: 240 MB that nobody else needs.
$(VENV)/.installed-ray: $(VENV)/.installed locks/ray.txt
	$(PIP) --require-hashes --requirement locks/ray.txt
	touch $@

# Modules are compiled at their first use: to compile all of them takes longer than to install them.
$(VENV)/.installed-lab: $(PY) pyproject.toml locks/lab.txt
	$(PIP) --no-compile --require-hashes --requirement locks/lab.txt
	$(PIP) --no-build-isolation --no-index --editable .
	touch $@
