# Thin verbs; each is one command that can be run by hand. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
API := libs/malapert-api/src
UV := UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV=$(VENV) $(BIN)/uv
MEMBERS := $(wildcard libs/*/pyproject.toml) $(wildcard services/*/pyproject.toml)
SERVICES := gateway planner landing_site comms_window payload
LOCKS := requirements/dev.lock requirements/data.lock

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
setup: $(VENV)/.installed $(API)/.generated ## make the environment from the hashed locks, and the protobuf code

PROTOS := $(shell find proto -name '*.proto')
# In a process of its own: grpc_tools and ortools must never meet in one.
$(API)/.generated: $(PROTOS) deploy/generate-proto | $(VENV)/.installed
	deploy/generate-proto $(BIN)/python $(API)

.PHONY: proto-code
proto-code:
	deploy/generate-proto $(BIN)/python $(API)

.PHONY: proto
proto: $(API)/.generated ## generate the protobuf code

.PHONY: lock
lock: ## write the lock files anew from the pyproject.toml files
	deploy/lock $(BIN)/uv
