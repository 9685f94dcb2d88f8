# What a contributor or a newcomer does. Only Python >= 3.11 and make are needed; everything else is installed here.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PMKS_DATA ?= $(CURDIR)/data
export PMKS_DATA
READY := $(VENV)/.ready
COMPILED := $(VENV)/.compiled
TOOLS := $(VENV)/.tools
EXTRAS := $(VENV)/.extras

.PHONY: setup run test coverage test-daemon test-postgres test-recipes test-spark test-ducklake test-storage test-workers test-faults test-tampering test-replay check package package-pythons sbom mutants audit-deps fuzz dev bench bench-guard docs pictures lock clean

setup: $(COMPILED)

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)

# Compiles what matching runs on, and keeps it beside the code, so that no run has to wait for it; and all bytecode.
$(COMPILED): $(READY) $(shell find assets/households/linkage -name '*.py')
	$(BIN)/python -m compileall -q assets pipelines validation warehouse
	$(BIN)/python -c 'from assets.households.linkage.match_file import warm_up; warm_up()'
	touch $(COMPILED)

# What documentation and releases need besides; neither running nor testing waits for it.
$(TOOLS): requirements-tools.lock $(COMPILED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-tools.lock
	touch $(TOOLS)

# The optional dependencies.
$(EXTRAS): requirements-extras.lock $(COMPILED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-extras.lock
	touch $(EXTRAS)

run: setup
	$(BIN)/pmks run --inbox samples/inbox

test: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile

# The same, and which branches no test reaches; half as long again.
coverage: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term:skip-covered

# Every table and kind of file changed in every way, and what pmks verify says of it; twenty minutes.
test-tampering: setup
	$(BIN)/python -m tests.tampering $(if $(SEED),--seed $(SEED))

# Kills, full disks, torn files and the like, hundreds of each; the table of docs/reliability.md.
test-faults: setup
	$(BIN)/python -m tests.faults $(FAULTS) $(if $(SEED),--seed $(SEED))

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --num-workers auto

# What is released, the same bytes for the same commit, and whether the wheel alone runs the demonstration in an empty environment.
package: setup
	rm -rf build/release
	$(BIN)/python -m tests.support.release build/release
	$(BIN)/python -m tests.support.installed build/release/*.whl

# The same for the newest of each other version of Python that this machine has: each is given what is locked; some minutes.
package-pythons: package
	$(BIN)/python -m tests.support.installed build/release/*.whl --other-pythons

# What is in it: every library of the lock, as CycloneDX.
sbom: $(TOOLS)
	mkdir -p build/release
	$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --of JSON \
		-o build/release/sbom.cdx.json

dev: setup
	$(BIN)/python -m pipelines.instance
	umask 077; PATH="$(CURDIR)/$(BIN):$$PATH" DAGSTER_HOME="$(PMKS_DATA)/dagster" $(BIN)/dagster dev -w workspace.yaml

bench: setup
	for each in reading records borders routing publishing matching whole; do $(BIN)/python -m bench.$$each || exit 1; done

# Whether a stage of a whole refresh of ten thousand rows costs twice what bench/whole.json says; some minutes.
bench-guard: setup
	$(BIN)/python -m bench.whole --guard

# A night of a real daemon: lists that come, are corrected, withdrawn and locked, a backfill, processes that are killed; half an hour.
test-daemon: setup
	$(BIN)/python -m tests.support.night

# The commands of deploy/container/compose.yaml without an engine, over a PostgreSQL server of the system's packages; some minutes.
test-postgres: setup
	$(BIN)/python -m tests.support.composed

# Matching on Spark, two workers on this machine: the people and households of one process, and what it costs. Needs Java 17.
test-spark: $(EXTRAS)
	$(BIN)/python -m tests.support.on_spark $(if $(RECORDS),--records $(RECORDS)) $(if $(BUCKETS),--buckets $(BUCKETS))

# The warehouse and the directorates' lists in a DuckLake, over a PostgreSQL server of the system's packages; three minutes.
test-ducklake: $(EXTRAS)
	$(BIN)/python -m tests.support.in_ducklake

# The recipes for R (r-base-core and r-cran-dbi of the system's packages) and Power Query (Microsoft's parser, from npm); a minute.
test-recipes: setup
	$(BIN)/python -m tests.support.recipes

# One state for several homes in a real S3 server that fails now and then; some minutes.
test-storage: $(EXTRAS)
	$(BIN)/python -m tests.support.in_storage $(if $(SEED),--seed $(SEED))

# The commands of deploy/workers/compose.yaml without an engine: three machines over servers of PostgreSQL and Redis, both of the
# system's packages, and of S3, while two of them are killed; two minutes.
test-workers: $(EXTRAS)
	$(BIN)/python -m tests.support.on_machines

# Changes one thing in a copy of the code at a time and runs the nearest tests; half an hour for all folders.
mutants: setup
	$(BIN)/python -m tests.support.mutants $(FOLDERS) $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

# More damaged files of every format than make test tries: how many are read or refused, and the largest reader.
fuzz: setup
	FUZZ_ROUNDS=$(or $(ROUNDS),20000) FUZZ_SEED=$(SEED) $(BIN)/python -m pytest -q --no-cov tests/adversarial/test_formats_fuzz.py

# More random histories of runs, some of them killed, gone through again than make test tries; ten minutes.
test-replay: setup
	REPLAY_ROUNDS=$(or $(ROUNDS),50) REPLAY_SEED=$(SEED) $(BIN)/python -m pytest -q --no-cov tests/property/test_replay.py

# Checks the lock against a database of known vulnerabilities in OSV format (a file or folder that you bring: it asks nobody).
audit-deps: setup
	$(BIN)/python -m tests.support.audit --db "$(DB)"

# Whether the pictures of the documentation are still what people see; needs LibreOffice, poppler and Chromium, a minute.
pictures: $(TOOLS)
	$(BIN)/python -m tests.support.pictures --compare

# The pages that are made from what they describe, and the site of all pages: build/site/index.html, which needs no network.
docs: $(TOOLS)
	$(BIN)/python -m pipelines.docs.flow
	$(BIN)/python -m pipelines.docs.tables
	$(BIN)/python -m pipelines.docs.commands
	$(BIN)/python -m pipelines.docs.checks
	$(BIN)/python -m pipelines.docs.rules tests/spec docs/rules
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	$(BIN)/python -m tests.support.site build/site

# Needs uv. Writes no address of where packages come from.
lock:
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-strip-extras \
		--no-annotate --no-header --quiet -o requirements.lock
	uv pip compile --group pyproject.toml:tools --constraint requirements.lock --universal --python-version 3.11 \
		--generate-hashes --no-strip-extras --no-annotate --no-header --quiet -o requirements-tools.lock
	uv pip compile --group pyproject.toml:extras --constraint requirements.lock --universal --python-version 3.11 \
		--generate-hashes --no-strip-extras --no-annotate --no-header --quiet -o requirements-extras.lock

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
