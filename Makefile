# make run    the application          make test   every check and test
# ARGS go to the program: make run ARGS="--source clip.mp4"
# PYTHON names the interpreter to build on: make setup PYTHON=python3.12
# TORCH names the lock file of the PyTorch build: make setup TORCH=locks/torch.txt

VENV := .venv
BIN := $(VENV)/bin
AUDIT := .venv-audit
# Nothing is installed whose hash is not in a lock file, and nothing is built, which would fetch what builds it.
# Pip's progress is for people; a log gets none of it.
PIP_INSTALL = quiet=--quiet; [ ! -t 1 ] || quiet=; \
    $(@D)/bin/python -m pip --disable-pip-version-check install $$quiet --require-hashes --only-binary=:all:
ARGS ?=
PYTHON ?=
TORCH ?=

# Stamps: made once, and again when what they stand for changes.
CREATED := $(VENV)/.created
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
INSTALLED_AUDIT := $(AUDIT)/.installed
POSE_MODEL := $(VENV)/.pose-model
SYSTEM_LISTS := tools/install_system_libraries.sh app/assets/system-libraries.txt

.DEFAULT_GOAL := help
.PHONY: help run test setup setup-dev benchmark package audit lock pose-model clean

help: ## list what make can do
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  make \1\t/' | expand -t 22

run: setup ## set everything up, then open the application; ARGS="--source clip.mp4" plays a file
	@$(BIN)/python main.py $(ARGS)

test: setup-dev ## set everything up, then run the linters, the type checker and the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

setup: $(INSTALLED) $(VENV)/.system-run pose-model ## Python packages, pose model and system libraries, without starting anything

setup-dev: $(INSTALLED_DEV) $(VENV)/.system-test pose-model ## the same, and what the checks need

benchmark: setup-dev ## time everything and write the tables of docs/performance.md; on an idle machine
	@$(BIN)/python benchmarks/performance.py $(ARGS)

package: setup-dev ## a folder, dist/stgat-live, that runs on a machine without Python; then tried out
	@tools/install_system_libraries.sh package
	$(BIN)/python tools/package.py

audit: $(INSTALLED_AUDIT) setup-dev ## look for known vulnerabilities in what is installed, and write its licences: docs/licences.md
	@$(BIN)/python tools/licences.py
	@$(AUDIT)/bin/python tools/vulnerabilities.py

lock: $(INSTALLED_AUDIT) ## write the lock files anew after a change of requirements*.txt; ARGS=--upgrade for newer versions
	@$(AUDIT)/bin/python tools/lock.py $(ARGS)

clean: ## remove the virtual environments and all caches (downloaded models stay)
	rm -rf $(VENV) $(AUDIT) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(CREATED): | tools/create_venv.sh
	@tools/create_venv.sh $(VENV) $(PYTHON)
	@touch $@

$(INSTALLED): $(CREATED) locks/application.txt locks/torch.txt locks/torch-cpu.txt
	@echo "Installing Python packages; the first time this downloads about 1 GB."
	@torch="$(TORCH)"; [ -n "$$torch" ] || torch=$$(tools/choose_torch.sh $(BIN)/python) || exit 1; \
	$(PIP_INSTALL) -r locks/application.txt -r "$$torch"
	@touch $@

$(INSTALLED_DEV): $(INSTALLED) locks/checks.txt
	@$(PIP_INSTALL) -r locks/checks.txt
	@touch $@

$(INSTALLED_AUDIT): locks/audit.txt | tools/create_venv.sh
	@tools/create_venv.sh $(AUDIT) $(PYTHON)
	@$(PIP_INSTALL) -r locks/audit.txt
	@touch $@

# Neither a missing library nor a missing model may keep the demo from opening: the scripts say what to do, and
# the next make tries again, since only success leaves a stamp.
$(VENV)/.system-%: $(SYSTEM_LISTS) | $(CREATED)
	@tools/install_system_libraries.sh $* && touch $@ || true

# The stamp holds the model's path, so that a cleared cache is noticed without starting Python.
pose-model: $(INSTALLED)
	@if [ ! -f "$$(cat $(POSE_MODEL) 2>/dev/null)" ] || [ pose/models.py -nt $(POSE_MODEL) ]; then \
	    if reason=$$($(BIN)/python -m pose.models 2>&1 >/dev/null); then \
	        $(BIN)/python -c 'from pose.models import pose_model_path; print(pose_model_path())' >$(POSE_MODEL); \
	    else \
	        echo "Only the demo and recordings will work for now: $$(echo "$$reason" | tail -n 1)" >&2; \
	    fi; \
	fi
