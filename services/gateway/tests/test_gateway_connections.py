"""What a caller may do to the wire: odd heads, packed bodies, bodies without an end, connections that wait."""

import asyncio
import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest
from gateway_platform import GatewayPlatform, open_platform, served
from malapert_testing.services import ServiceLauncher

pytestmark = pytest.mark.asyncio
BODY = json.dumps({"contact_ids": ["contact-1"], "reason": "rain"}).encode()


async def spoken(port: int, *parts: bytes, wait_s: float = 5.0, pause_s: float = 0.0) -> bytes:
    """Return all that comes back on a connection until it is closed, empty where it is not within some time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause_s)
        return await asyncio.wait_for(reader.read(), wait_s)
    except (TimeoutError, ConnectionError):
        return b""
    finally:
        writer.close()


def port_of(server: Any) -> int:
    return int(server.servers[0].sockets[0].getsockname()[1])


def asking(platform: GatewayPlatform, *headers: str, path: str = "/api/v1/contacts:reject") -> bytes:
    bearer = platform.bearer(role="PLANNER")["Authorization"]
    lines = [f"POST {path} HTTP/1.1", "Host: a", f"Authorization: {bearer}", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode()


TAKERS = (
    ("/api/v1/contacts:reject", "application/json"),
    ("/api/v1/missions", "application/json"),
    ("/api/v1/missions/lupex/requests:import", "text/csv"),
    ("/api/v1/schedules:read", "application/xml"),
    ("/api/v1/terrains", "application/octet-stream"),
    ("/api/v1/terrains", "multipart/form-data; boundary=x"),
    ("/api/v1/orbiters", "application/json"),
)
PACKINGS = ("gzip", "GZIP", "identity, gzip", "deflate", "br", "zstd", "x-gzip", "compress")


async def test_packed_bodies_are_refused_by_name(sqlite_platform: GatewayPlatform) -> None:
    packed = gzip.compress(BODY)
    for path, media_type in TAKERS:
        for packing in PACKINGS:
            headers = {**sqlite_platform.bearer(role="PLANNER"), "Content-Type": media_type}
            sent = {**headers, "Content-Encoding": packing}
            answer = await sqlite_platform.http.post(path, content=packed, headers=sent)
            found = answer.status_code, answer.json()["reason"]
            assert found == (415, "UNSUPPORTED_CONTENT_ENCODING"), (path, packing)
    assert sqlite_platform.services.calls == []


async def test_a_body_that_says_it_is_as_it_is_is_taken(sqlite_platform: GatewayPlatform) -> None:
    headers = {**sqlite_platform.bearer(role="PLANNER"), "Content-Type": "application/json"}
    path = "/api/v1/contacts:reject"
    answer = await sqlite_platform.http.post(path, content=BODY, headers={**headers, "Content-Encoding": "identity"})
    assert answer.status_code == 200


async def test_odd_heads_are_refused_and_smuggle_nothing(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path
) -> None:
    length, chunk = f"Content-Length: {len(BODY)}", b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
    async with (
        open_platform(sqlite_service_runtime, tmp_path / "keys.json") as platform,
        served(platform) as (server, _http),
    ):
        port = port_of(server)
        for headers, body in (
            ((length, "Transfer-Encoding: chunked"), chunk),
            (("Transfer-Encoding: chunked", "Content-Length: 4"), chunk),
            ((length, "Content-Length: 4"), BODY),
            (("Content-Length: +4",), BODY),
            (("Content-Length: 4, 5",), BODY),
            (("Content-Length: -1",), BODY),
            (("Content-Length: 0x4",), BODY),
            (("Transfer-Encoding: xchunked",), chunk),
            (("Transfer-Encoding: gzip, chunked",), chunk),
            (("Transfer-Encoding: chunked, identity",), chunk),
            (("Transfer-Encoding : chunked",), chunk),
            ((length, "X:\0y"), BODY),
            ((length, "Host: b"), BODY),
            ((length, *(f"X-{n}: {'a' * 60}" for n in range(2000))), BODY),
        ):
            told = await spoken(port, asking(platform, *headers) + body)
            status = told[9:12]
            # Of a head that is too large the refusal may be lost with what was not read.
            assert status in ((b"400", b"501") if len(headers) < 100 else (b"400", b"")), (headers, told[:200])
            assert told.count(b"HTTP/1.1 ") <= 1, told
        assert platform.services.calls == []
        for path in ("/api/v1/" + "a" * 100_000, "/api/v1/contacts?" + "station_id=a&" * 100_000):
            assert (await spoken(port, asking(platform, length, path=path) + BODY))[9:12] in (b"400", b"431", b"")
            answer = await platform.http.get(path[:40_000], headers=platform.bearer())
            assert (answer.status_code, answer.json()["reason"]) == (431, "HEAD_TOO_LARGE")
            assert len(answer.content) < 1000
        # A thousand parameters are told in a hundred faults at most.
        many = "/api/v1/contacts:reject?" + "&".join(f"p{n}=1" for n in range(1000))
        told = await spoken(port, asking(platform, length, path=many) + BODY)
        assert told[9:12] == b"422"
        assert len(json.loads(told.partition(b"\r\n\r\n")[2])["errors"]) <= 100
        assert (await spoken(port, asking(platform, length) + BODY))[9:12] == b"200"


async def test_connections_that_wait_are_ended_and_too_many_are_refused(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path
) -> None:
    limits = {"connections_of_address": 12, "request_limit_s": 0.5, "body_idle_limit_s": 0.5}
    async with (
        open_platform(sqlite_service_runtime, tmp_path / "keys.json", **limits) as platform,
        served(platform) as (server, http),
    ):
        port, headers = port_of(server), platform.bearer(role="PLANNER")
        began_s = time.monotonic()
        whole = asking(platform, f"Content-Length: {len(BODY)}")
        waiting = [
            spoken(port, wait_s=15),
            spoken(port, b"POST /api", wait_s=15),
            spoken(port, b"POST /api/v1/contacts HTTP/1.1\r\n", b"X: y\r\n", b"Z: y\r\n", pause_s=0.3, wait_s=15),
            spoken(port, whole + BODY[:5], wait_s=15),
            spoken(port, asking(platform, "Transfer-Encoding: chunked") + b"5\r\nab", wait_s=15),
            # Answered at once, as it carries no key, and never at an end.
            spoken(port, whole.replace(b"Bearer", b"No") + BODY[:5], wait_s=15),
        ]
        assert await asyncio.gather(*waiting)
        assert time.monotonic() - began_s < 15
        assert platform.services.calls == []
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(12)]
        refused = await spoken(port, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert refused == b"" or b"TOO_MANY_CONNECTIONS" in refused
        for _, writer in opened:
            writer.close()
        while server.server_state.connections:
            await asyncio.sleep(0.05)
        assert (await http.get("/api/v1/whoami", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("trusted", "forwarded", "counted"),
    [
        # Whoever comes straight is counted by its own address, whatever it says.
        ("", {"X-Forwarded-For": "10.0.0.{n}", "Forwarded": "for=10.0.0.{n}"}, True),
        ("10.9.9.9", {"X-Forwarded-For": "10.0.0.{n}"}, True),
        # What a proxy did not put last is the caller's word.
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.{n}, 192.0.2.1"}, True),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.{n}, 192.0.2.1, 127.0.0.1"}, True),
        ("127.0.0.1", {"Forwarded": "for=10.0.0.{n}", "X-Real-IP": "10.0.0.{n}"}, True),
        ("127.0.0.1", {"X-Forwarded-For": "2001:db8::{n}"}, True),
        ("127.0.0.0/8", {"X-Forwarded-For": "10.0.0.{n}"}, False),
    ],
)
async def test_who_is_refused_too_often_is_known_by_no_word_of_its_own(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path, trusted: str, forwarded: dict[str, str], counted: bool
) -> None:
    limits: dict[str, Any] = {"refusal_limit": "3/minute", "trusted_proxies": trusted}
    async with (
        open_platform(sqlite_service_runtime, tmp_path / "keys.json", **limits) as platform,
        served(platform) as (_server, http),
    ):
        said = [{name: value.format(n=n) for name, value in forwarded.items()} for n in range(1, 7)]
        answers = [await http.get("/api/v1/whoami", headers=headers) for headers in said]
        assert (429 in {answer.status_code for answer in answers}) is counted
        # A word that is no address is no defect.
        odd = [{"X-Forwarded-For": word} for word in ("x" * 5000, "[::1", "::ffff:1.2.3.4:5", ",,", "\x80")]
        for headers in odd:
            sent = {name: value.encode("latin-1") for name, value in headers.items()}
            assert (await http.get("/api/v1/whoami", headers=sent)).status_code in (401, 429)
