# On a fresh machine, `make run` and `make test` do everything. They need git, make and python3; uv is used if installed.
BIN := .venv/bin

.PHONY: run test check engines constraints golden docs clean

run: .venv/ready
	$(BIN)/ingest clean seeds -o out
	$(BIN)/ingest clean seeds --format json

test: .venv/ready
	$(BIN)/python -m pytest -n 3 --dist worksteal

check: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.venv/ready: pyproject.toml constraints.txt
	@if command -v uv >/dev/null; then \
	    uv venv --quiet --allow-existing .venv && \
	    VIRTUAL_ENV=.venv uv pip install --quiet --constraint constraints.txt --editable '.[dashboard,sinks]' --group dev; \
	else \
	    python3 -m venv .venv && \
	    $(BIN)/pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1' && \
	    $(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dashboard,sinks]' --group dev; \
	fi
	@touch $@

# The engines that tests/adapters runs.
engines: .venv/ready
	@if command -v uv >/dev/null; then \
	    VIRTUAL_ENV=.venv uv pip install --quiet --constraint constraints.txt --group engines; \
	else \
	    $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --group engines; \
	fi

# Pins names and versions only, no index URLs: each machine uses its own index.
constraints: pyproject.toml
	uv pip compile --quiet --universal --no-header --no-annotate --no-emit-index-url --extra dashboard --extra documents --extra sinks --extra objects --extra datatrove --extra ray --group dev --group engines --group training pyproject.toml -o constraints.txt

clean:
	rm -rf .venv out

# After an intended change of the records: rewrite the golden records, then read the diff.
golden: .venv/ready
	for seed in seeds/*.txt; do $(BIN)/ingest clean $$seed --format json > tests/golden/$$(basename $$seed .txt).json; done
	for text in tests/golden/texts/*.txt; do $(BIN)/ingest clean $$text --format json > $${text%.txt}.json; done
	for page in tests/golden/pages/*.html; do $(BIN)/ingest clean $$page --format json > $${page%.html}.json; done
	$(BIN)/python -m tests.support.formats

# The pages of docs/ that are generated from the code.
docs: .venv/ready
	$(BIN)/python docs/write_record.py
	$(BIN)/python -m ingest.service.reference docs
