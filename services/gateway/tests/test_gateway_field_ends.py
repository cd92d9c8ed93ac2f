"""Every integer and time of every call at its ends: passed on as it is, or refused by the field's name."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from field_ends import Field, call_at, fields_of
from gateway_platform import GatewayPlatform
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from httpx import Response
from malapert_core.timestamps import parse_time
from malapert_gateway.app import create_app

LONGEST_PROBLEM = 20_000


@pytest.mark.asyncio
async def test_integers_and_times_at_their_ends(unhurried: GatewayPlatform) -> None:
    """Whatever is named exists: the services behind answer all that they are asked."""
    document = create_app().openapi()
    fields = list(fields_of(document))
    assert sum(field.is_time for field in fields) > 50
    assert sum(not field.is_time for field in fields) > 50
    wrong = []
    # Keys are the gateway's own: of those that calls name, one must be there.
    made = await unhurried.http.post(
        "/api/v1/keys", json={"role": "VIEWER", "label": "walked"}, headers=unhurried.bearer_for("create_key")
    )
    key_id = made.json()["key"]["key_id"]
    for field in fields:
        headers = unhurried.bearer_for(field.operation["operationId"])
        for end in field.ends:
            call = call_at(document, field, end)
            path = re.sub(r"/keys/[0-9a-f]+", f"/keys/{key_id}", call.path)
            unhurried.services.calls.clear()
            answer = await unhurried.http.request(
                call.method, path, params=call.query, content=call.body, headers={**call.headers, **headers}
            )
            said = "; ".join(_faults(field, end, answer, unhurried))
            if said:
                where = f"{field.method} {field.path} {field.where} {field.place} at {end!r}"
                wrong.append(f"{where}: {said}: {answer.status_code} {answer.text[:300]}")
    assert not wrong, "\n".join(wrong)


def _faults(field: Field, end: Any, answer: Response, platform: GatewayPlatform) -> Iterator[str]:
    """Yield what is wrong with an answer."""
    if answer.status_code >= 500 or answer.status_code in (401, 403, 404, 405):
        yield "no answer to the value"
    elif answer.status_code >= 400:
        problem = answer.json()
        if not problem["reason"] or len(answer.content) > LONGEST_PROBLEM:
            yield "no clear problem"
        if not field.admits(end) and not any(name in str(problem["errors"]) for name in field.names):
            yield "the field is not named"
    elif not field.admits(end):
        yield "taken"
    else:
        asked = [call.request for call in platform.services.calls]
        if asked and end and not any(_same(value, end, field) for request in asked for value in _values(request)):
            yield f"passed on as another value: {asked!s:.300}"


def _values(request: Any) -> Iterator[Any]:
    if isinstance(request, Message):
        request = MessageToDict(request)
    for value in request.values() if isinstance(request, dict) else request:
        if isinstance(value, dict | list | Message):
            yield from _values(value)
        else:
            yield value


def _same(value: Any, end: Any, field: Field) -> bool:
    if not field.is_time:
        return str(value) == str(end)
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC) == parse_time(end)
    except ValueError:
        return False
