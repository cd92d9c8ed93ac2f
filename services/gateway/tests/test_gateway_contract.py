import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from gateway_document import DOCUMENT
from gateway_platform import open_platform, served
from hypothesis import HealthCheck, settings
from malapert_testing.nats_server import NatsServer
from malapert_testing.services import ServiceLauncher
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.checks import not_a_server_error
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.python._constants.orchestrator import make_constants_value_source
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)


@schemathesis.serializer("image/tiff")
def _tiff(_context: Any, value: Any) -> Any:
    return value


SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
FEEDBACK = FeedbackSources(constants_value_source=make_constants_value_source(SCHEMA))
# That no other method is served is the router's doing, alike for all.
SCHEMA.config.phases.coverage.unexpected_methods = {"trace"}
MOST_CALLS = 60
"""Calls of one operation: of the hundreds that are built for a long body, evenly spaced over their kinds."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """The address and a key of a gateway that serves from a thread of its own."""
    folder = tmp_path_factory.mktemp("contract")
    nats = NatsServer(folder / "nats")
    nats.start()
    ready, stop = threading.Event(), threading.Event()
    found: list[tuple[str, dict[str, str]]] = []

    async def serve() -> None:
        launcher = ServiceLauncher(nats.url, f"sqlite+aiosqlite:///{folder / 'gateway.db'}", folder)
        limit = "1000000/minute"
        async with (
            open_platform(launcher, folder / "keys.json", rate_limit=limit) as platform,
            served(platform) as (_, http),
        ):
            found.append((str(http.base_url), platform.bearer()))
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(60)
    yield found[0]
    stop.set()
    thread.join()
    nats.stop()


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, item) for path, methods in DOCUMENT["paths"].items() for method, item in methods.items()]


def answering() -> list[tuple[str, str]]:
    # The feed never ends; its own tests read it.
    unread = ("watch_events", "get_readiness")
    return [(path, method) for path, method, operation in operations() if operation["operationId"] not in unread]


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method"), answering())
def test_answers_are_what_the_document_says(path: str, method: str, address: tuple[str, dict[str, str]]) -> None:
    url, key = address

    @settings(max_examples=5, derandomize=True, suppress_health_check=list(HealthCheck))
    def answers(case: Any) -> None:
        case.call_and_validate(base_url=url, headers=key, checks=CHECKS, excluded_checks=_unread(case), timeout=60)

    # Not by SCHEMA.parametrize(), which builds the calls of all operations in every process that collects.
    test: Any = build_operation_test(
        config=SCHEMA.config, operation=SCHEMA[path][method], test_func=answers, given_kwargs={}, feedback=FEEDBACK
    )
    built = test.hypothesis_explicit_examples
    test.hypothesis_explicit_examples = built[:: -(-len(built) // MOST_CALLS) or 1]
    test()


def _unread(case: Any) -> list[Any]:
    # Schemathesis holds each event of a stream against the schema, which in OpenAPI 3.1 is that of the whole text.
    is_stream = "text/event-stream" in str(case.operation.definition.raw["responses"].get("200"))
    return [response_schema_conformance] if is_stream else []


@pytest.mark.parametrize(("path", "method", "operation"), operations(), ids=lambda part: str(part)[:60])
def test_every_operation_is_documented(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    for parameter in operation.get("parameters", []):
        assert parameter["description"], parameter["name"]
    if path.startswith("/api/"):
        assert operation["security"] == [{"agencyKey": []}]
        for status in ("401", "403", "404", "422", "429", "500", "503", "504"):
            content = operation["responses"][status]["content"]
            assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if method in ("post", "delete") and path != "/api/v1/terrains":
        assert "Idempotency-Key" in [parameter["name"] for parameter in operation["parameters"]]


def test_every_schema_is_described() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert "HTTPValidationError" not in schemas
    assert [name for name, schema in schemas.items() if not schema.get("description")] == []


def test_operation_ids_are_unique() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names))


def test_the_document_can_be_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from malapert_gateway.__main__ import main

    main(["openapi"])
    assert '{\n  "openapi": "3.1' in capsys.readouterr().out  # a loop of another test may have logged before


def test_the_document_is_valid() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_every_tag_is_declared() -> None:
    used = {tag for _, _, operation in operations() for tag in operation["tags"]}
    assert {tag["name"] for tag in DOCUMENT["tags"]} == used
