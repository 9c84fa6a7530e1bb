# `make demo` and `make test` work on a fresh machine: Python 3.11 to 3.13 and make are all they need.
PYTHON ?= python3
PY := .venv/bin/python
# Without it every process compiles all that it loads of ours, and tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE
# A file at a time; tests/conftest.py says in which order. With more cores: make test PROCESSES=8.
PROCESSES ?= 2
PYTEST := $(PY) -m pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder --durations=12

.PHONY: install demo test test-long check style docs bench clean

install: .venv/.installed

.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
	  echo "Python 3.11, 3.12 or 3.13 is needed (TensorFlow has no other), $(PYTHON) is $$($(PYTHON) --version). Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv .venv
	@# Most of what is installed is never loaded: to compile all of it takes longer than to unpack it.
	$(PY) -m pip install --quiet --no-compile --constraint constraints.txt --editable '.[dev]'
	@# axe-core, which tests put into pages, comes in a package that drives another browser: without that.
	$(PY) -m pip install --quiet --no-compile --no-deps axe-playwright-python==0.1.8
	@touch $@

# The main job on synthetic films: ten trials, two finalists, a leaderboard, a model as .h5. Two minutes on two
# cores: networks of more filters take longer than all others together.
demo: install
	$(PY) cli.py prepare sample --size 64 --out demo/data/sample64
	$(PY) cli.py search --task age --trials 10 --folds 3 --epochs 10 --set filters=8,16,24 --finalists 2 --data demo/data/sample64 --runs demo/runs
	$(PY) cli.py export --task age --runs demo/runs --out demo/best_age.h5
	@echo; echo "Leaderboard: $(CURDIR)/demo/runs/report.html"; echo "Model:       $(CURDIR)/demo/best_age.h5"

test: install
	$(PYTEST) $(if $(ALL),,-m "not long and not chaos")

# Backbones trained, whole searches in a row, a cluster, real processes killed: minutes, so `make test` does not; CI
# has both in one session: `make test ALL=1`.
test-long: install
	$(PYTEST) -m "long or chaos"

check: install
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m mkdocs build --quiet --strict

style: install
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

# The pages of docs/ as a site that works offline: site/index.html.
docs: install
	$(PY) -m mkdocs build --quiet --strict

bench: install
	for b in benchmarks/[a-z]*.py; do echo "== $$b"; $(PY) $$b || exit 1; done

clean:
	rm -rf .venv demo site
