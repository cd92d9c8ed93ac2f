"""Long JSON answers are compressed for who takes gzip; short ones, streams and what holds secrets are not."""

import gzip
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from gateway_platform import GatewayPlatform
from malapert_gateway.compression import LEAST_BYTES, Compression, accepts_gzip
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

LONG = json.dumps({"item_ids": [f"item-{number}" for number in range(2000)]}).encode()


@pytest.mark.asyncio
async def test_a_long_answer_is_the_same_compressed(sqlite_platform: GatewayPlatform) -> None:
    plain, compressed = [
        await sqlite_platform.http.get(
            "/api/v1/schemas/request", headers={**sqlite_platform.bearer(), "Accept-Encoding": accepted}
        )
        for accepted in ("identity", "gzip, deflate")
    ]
    assert plain.status_code == compressed.status_code == 200
    assert "content-encoding" not in plain.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert plain.headers["vary"] == compressed.headers["vary"] == "Accept-Encoding"
    assert compressed.json() == plain.json()
    assert int(compressed.headers["content-length"]) < len(plain.content) / 3
    assert compressed.headers["cache-control"] == "no-store"
    assert compressed.headers["content-type"] == plain.headers["content-type"]


async def _asked(path: str, answer: Response, method: str = "GET") -> httpx.Response:
    """Return the answer to a call through the middleware, its body as it was sent."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(scope, receive, send)

    transport = httpx.ASGITransport(app=Compression(application))
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://gateway") as http,
        http.stream(method, path, headers={"Accept-Encoding": "gzip"}) as response,
    ):
        body = b"".join([part async for part in response.aiter_raw()])
    return httpx.Response(
        response.status_code, headers={"encoding": response.headers.get("content-encoding", "")}, content=body
    )


def _long(media_type: str = "application/json", **headers: str) -> Response:
    return Response(LONG, media_type=media_type, headers=headers)


@pytest.mark.asyncio
@pytest.mark.parametrize("media_type", ["application/json", "application/geo+json", "application/problem+json"])
async def test_json_of_every_kind_is_compressed(media_type: str) -> None:
    answer = await _asked("/api/v1/plans/p", _long(media_type))
    assert answer.headers["encoding"] == "gzip"
    assert gzip.decompress(answer.content) == LONG


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/keys",
        "/api/v1/agencies",
        "/api/v1/agencies/JAXA/keys",
        "/api/v1/sessions/current",
        "/api/v1/log-ins",
        "/api/v1/whoami",
    ],
)
async def test_what_holds_secrets_is_not(path: str) -> None:
    answer = await _asked(path, _long())
    assert answer.headers["encoding"] == ""
    assert answer.content == LONG


@pytest.mark.asyncio
async def test_short_answers_files_streams_and_changes_are_not() -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield LONG
        yield LONG

    short = Response(LONG[: LEAST_BYTES - 1], media_type="application/json")
    for answer in (short, _long("text/csv"), _long("application/zip"), _long(**{"Content-Encoding": "br"})):
        told = await _asked("/api/v1/plans/p", answer)
        assert told.headers["encoding"] in ("", "br")
        assert told.content == answer.body
    told = await _asked("/api/v1/events", StreamingResponse(stream(), media_type="text/event-stream"))
    assert (told.headers["encoding"], told.content) == ("", LONG + LONG)
    known = StreamingResponse(stream(), media_type="application/json", headers={"Content-Length": str(2 * len(LONG))})
    told = await _asked("/api/v1/plans/p", known)
    assert (told.headers["encoding"], told.content) == ("", LONG + LONG)
    streamed = await _asked("/api/v1/plans/p", StreamingResponse(stream(), media_type="application/json"))
    assert (streamed.headers["encoding"], streamed.content) == ("", LONG + LONG)
    changed = await _asked("/api/v1/plans/p", _long(), "POST")
    assert (changed.headers["encoding"], changed.content) == ("", LONG)


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [
        ("gzip", True),
        ("GZIP;q=0.5, br", True),
        ("br, *;q=0.1", True),
        ("x-gzip", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*;q=0", False),
        ("br, gzipped", False),
    ],
)
def test_who_takes_gzip_says_so(accepted: str, takes: bool) -> None:
    assert accepts_gzip(accepted) is takes
