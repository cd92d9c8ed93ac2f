"""Bodies that are JSON or XML of an odd kind: refused with what is wrong where, soon, and never passed on."""

from typing import Any

import pytest
from gateway_platform import GatewayPlatform

CHECK = "/api/v1/missions/lupex/requests:check"
DEEP = 900


async def posted(platform: GatewayPlatform, path: str, body: bytes, media_type: str = "application/json") -> Any:
    headers = platform.bearer() | {"Content-Type": media_type}
    return await platform.http.post(path, content=body, headers=headers)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("body", "status", "path", "code"),
    [
        (b'{"requests": [{"title": "a", "title": "b"}]}', 422, "requests[0].title", "DUPLICATE_KEY"),
        (b'{"requests": [], "requests": []}', 422, "requests", "DUPLICATE_KEY"),
        (b'{"requests": [{"value": NaN}]}', 422, "requests[0].value", "NOT_FINITE"),
        (b'{"requests": [{"value": -Infinity}]}', 422, "requests[0].value", "NOT_FINITE"),
        (b'{"requests": [{"value": 1e999}]}', 422, "requests[0].value", "NOT_FINITE"),
        (b'{"requests": [{"value": 01}]}', 400, "body", "INVALID_JSON"),
        (b'{"requests": [{"value": +1}]}', 400, "body", "INVALID_JSON"),
        (b'{"requests": [{"value": 1_0}]}', 400, "body", "INVALID_JSON"),
        (b'{"requests": ' + b"[" * DEEP + b"]" * DEEP + b"}", 400, "requests" + "[0]" * 63, "TOO_DEEP"),
        (b'{"a":' * DEEP + b"1" + b"}" * DEEP, 400, ".".join(["a"] * 64), "TOO_DEEP"),
        (b'{"requests": [{"title": "\xe9"}]}', 400, "body", "NOT_UTF8"),
        ('{"requests": []}'.encode("utf-16"), 400, "body", "NOT_UTF8"),
        (b'{"requests": [{"title": "\\ud800"}]}', 422, "requests[0].title", "CONTROL_CHARACTER"),
    ],
)
async def test_a_document_that_json_or_a_reader_could_take_in_two_ways_is_refused(
    sqlite_platform: GatewayPlatform, body: bytes, status: int, path: str, code: str
) -> None:
    answer = await posted(sqlite_platform, CHECK, body)
    found = [(fault["path"], fault["code"]) for fault in answer.json()["errors"]]
    assert (answer.status_code, found) == (status, [(path, code)])
    assert sqlite_platform.services.calls == []


@pytest.mark.asyncio
async def test_a_byte_order_mark_is_passed_over(sqlite_platform: GatewayPlatform) -> None:
    plain, marked = [
        await posted(sqlite_platform, CHECK, mark + b'{"requests": []}') for mark in (b"", b"\xef\xbb\xbf")
    ]
    assert (marked.status_code, marked.content) == (plain.status_code, plain.content)


@pytest.mark.asyncio
@pytest.mark.parametrize("item", ["{}", "1", "null", '{"title":""}', "[]"])
async def test_a_body_of_nothing_but_faults_is_answered_soon(sqlite_platform: GatewayPlatform, item: str) -> None:
    body = b'{"requests":[' + ",".join([item] * (300_000 // (len(item) + 1))).encode() + b"]}"
    answer = await posted(sqlite_platform, CHECK, body)
    assert answer.status_code == 422
    assert 1 <= len(answer.json()["errors"]) <= 101
    assert len(answer.content) < 200_000
