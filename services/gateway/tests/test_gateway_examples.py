"""Every example in the OpenAPI document is accepted where it stands."""

from collections.abc import Iterator
from typing import Any

import pytest
from gateway_document import DOCUMENT
from gateway_platform import GatewayPlatform
from malapert_testing.openapi_examples import body_of, parameters_of
from openapi_schema_validator import OAS31Validator


def stated(part: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Yield every example in the document with its path and the schema that it stands at."""
    if isinstance(part, list):
        for index, item in enumerate(part):
            yield from stated(item, f"{path}/{index}")
    elif isinstance(part, dict):
        if "example" in part and "schema" in part:
            yield path, part["schema"], part["example"]
        if isinstance(part.get("examples"), list):
            for example in part["examples"]:
                yield path, part, example
        for name, item in part.items():
            if name not in ("example", "examples", "default", "enum"):
                yield from stated(item, f"{path}/{name}")


def test_every_example_is_of_its_schema() -> None:
    found = list(stated(DOCUMENT))
    wrong = []
    for path, schema, example in found:
        whole = {**schema, "components": DOCUMENT["components"]}
        wrong += [f"{path}: {error.message}" for error in OAS31Validator(whole).iter_errors(example)]
    assert wrong == []
    assert len(found) > 900


@pytest.mark.asyncio
async def test_every_call_takes_its_examples(unhurried: GatewayPlatform) -> None:
    """Every body, path and query put together from examples, against services that answer anything."""
    refused = []
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            if "text/event-stream" in str(operation["responses"]):  # a feed never ends; its own tests read it
                continue
            contents = operation.get("requestBody", {}).get("content", {None: {}})
            for media_type, content in contents.items():
                if media_type == "multipart/form-data":  # no example: it carries a file
                    continue
                address, query, headers = parameters_of(DOCUMENT, path, operation)
                headers |= unhurried.bearer_for(operation["operationId"])
                if media_type is not None:
                    headers["Content-Type"] = media_type
                if len(contents) > 1:  # another body is another call
                    headers.pop("Idempotency-Key")
                answer = await unhurried.http.request(
                    method, address, params=query, headers=headers, content=body_of(DOCUMENT, media_type, content)
                )
                proofs = ("UNKNOWN_KEY", "INVALID_PROOF", "INVALID_TICKET", "UNKNOWN_LOG_IN", "LOG_IN_NOT_BEGUN")
                if answer.status_code >= 400 and answer.json()["reason"] not in proofs:
                    refused.append((method, path, media_type, answer.json()["detail"], answer.json()["errors"]))
    assert refused == []
