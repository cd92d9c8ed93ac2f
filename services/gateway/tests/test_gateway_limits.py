"""Nothing that a caller sends holds the gateway or starves others: streams, calls, answers, large bodies, addresses."""

import asyncio
import base64
import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from gateway_platform import GatewayPlatform, open_platform, sample, served
from malapert.landing_site.v1 import site_pb2
from malapert.quota.v1 import limit_pb2
from malapert_core.errors import UnavailableError
from malapert_core.loop_watch import MOST_HELD_S
from malapert_core.reading_processes import QUICK_BYTES
from malapert_gateway import routes
from malapert_gateway.bodies import read_body
from malapert_gateway.config import GatewaySettings
from malapert_gateway.services.admission import network_of
from malapert_gateway.storage.tables import AnswerRow
from malapert_testing.services import ServiceLauncher
from pydantic import ValidationError
from sqlmodel import select

CHECK = "/api/v1/missions/lupex/requests:check"
IMPORT = "/api/v1/missions/lupex/requests:import"
HEADER = b"request_id,title,activity_type_id,agency_id,value,place_ids,visibility\n"


def hostile_bodies() -> list[tuple[str, str, bytes]]:
    """Return calls with large bodies: address, media type, body."""
    tracking = base64.b64encode(b"CCSDS_TDM_VERS = 2.0\n" + b"RANGE = 2029-01-10T00:00:00 1\n" * 40_000).decode()
    return [
        (CHECK, "application/json", b'{"requests":[' + b"{}," * 400_000 + b"{}]}"),
        (CHECK, "application/json", b'{"requests":[' + b'{"tags":[],"windows":[{}]},' * 40_000 + b"{}]}"),
        (CHECK, "application/json", b"[" * 900 + b"]" * 900),
        (CHECK, "application/json", b'{"requests":' + b'[{"a":' * 30_000 + b"1" + b"}]" * 30_000 + b"}"),
        (CHECK, "application/json", json.dumps({"requests": [], "x": {str(n): n for n in range(90_000)}}).encode()),
        (IMPORT, "application/json", b'{"requests":[' + b"{}," * 400_000 + b"{}]}"),
        (IMPORT, "text/csv", HEADER + b"a,b,c,d,e,f,g\n" * 90_000),
        (IMPORT, "text/csv", b"x" * 5_000_000),
        (IMPORT, "text/csv", HEADER + b'"' + b"\n" * 1_000_000 + b'"'),
        ("/api/v1/schedules:read", "application/xml", b"<a>" * 60 + b"<b/>" * 300_000 + b"</a>" * 60),
        ("/api/v1/schedules:read", "application/xml", b'<?xml version="1.0" encoding="UTF-7"?><a/>'),
        ("/api/v1/missions", "application/json", b'{"a":[' + b"{}," * 1_000_000 + b"{}]}"),
        ("/api/v1/tracking-data:read", "application/json", json.dumps({"content": tracking}).encode()),
        ("/api/v1/orbiters", "application/json", json.dumps({"orbiter_id": "a", "file": "A" * 8_000_000}).encode()),
    ]


@pytest.mark.asyncio
async def test_large_and_hostile_bodies_hold_nothing_and_are_answered(sqlite_platform: GatewayPlatform) -> None:
    platform = sqlite_platform
    bearer, bodies = platform.bearer(), hostile_bodies()
    await platform.gateway.reading.run("warm", read_body, b"{}")
    # What the first calls load and build is no matter of an input, nor is the making of the bodies.
    await platform.http.post(CHECK, json={"requests": [{}] * 20_000}, headers=bearer)
    await platform.http.post(CHECK, json={"requests": []}, headers=bearer)
    await asyncio.sleep(0.1)
    platform.runtime.loop_watch.forget()
    for path, media_type, body in bodies:
        answer = await platform.http.post(path, content=body, headers={**bearer, "Content-Type": media_type})
        assert answer.status_code < 500, (path, body[:40], answer.text[:300])
        assert len(answer.content) < 2_000_000
        if answer.status_code == 422:
            assert len(answer.json()["errors"]) <= 100
    assert platform.runtime.loop_watch.longest_by_cpu.thread_cpu_s < 2 * MOST_HELD_S


@pytest.mark.asyncio
async def test_large_answers_hold_nothing(sqlite_platform: GatewayPlatform) -> None:
    platform, bearer = sqlite_platform, sqlite_platform.bearer()
    answer: Any = sample(site_pb2.GetHorizonProfilesResponse())
    answer.profiles[0].elevation_deg[:] = [0.125] * 7200
    answer.profiles.extend([answer.profiles[0]] * 59)
    platform.services.answers["GetHorizonProfiles"] = lambda _request: answer
    asked = {"terrain_stack_id": "s", "points": [{"longitude_deg": 1.0, "latitude_deg": -89.0}], "height_m": 2.0}
    path = "/api/v1/horizon-profiles:compute"
    await platform.gateway.reading.run("warm", read_body, b"{}")
    assert (await platform.http.post(path, json=asked, headers=bearer)).status_code == 200
    await asyncio.sleep(0.1)
    platform.runtime.loop_watch.forget()
    told = await platform.http.post(path, json=asked, headers=bearer)
    await asyncio.sleep(0.1)
    assert platform.runtime.loop_watch.longest_by_cpu.thread_cpu_s < 2 * MOST_HELD_S
    assert [len(each["elevation_deg"]) for each in told.json()["profiles"]] == [7200] * 60


@pytest.mark.asyncio
@pytest.mark.parametrize(("format", "mark"), [("geojson", '"Feature"'), ("csv", "\r\n"), ("kml", "<Placemark")])
async def test_a_large_site_search_becomes_a_file(sqlite_platform: GatewayPlatform, format: str, mark: str) -> None:  # noqa: A002
    """One of more than 32 kB was answered by 500: it was taken for a model where it was the finished answer."""
    answer: Any = sample(site_pb2.GetSiteSearchResponse())
    answer.site_search.sites.extend([answer.site_search.sites[0]] * 399)
    assert answer.ByteSize() > QUICK_BYTES
    sqlite_platform.services.answers["GetSiteSearch"] = lambda _request: answer
    path = f"/api/v1/site-searches/s/export?format={format}"
    told = await sqlite_platform.http.get(path, headers=sqlite_platform.bearer())
    assert told.status_code == 200, told.text
    assert told.text.count(mark) >= 400
    assert told.headers["content-disposition"] == f'attachment; filename="sites.{format}"'


def test_services_messages_become_answers_in_one_place() -> None:
    """Where a route wrote a message itself, it did so on the event loop, however large it was."""
    named = {path.name for path in Path(routes.__file__).parent.glob("*.py") if "to_model(" in path.read_text()}
    # An operation is small, a stream writes one event at a time, and others write theirs in a thread.
    assert named == {"operations.py", "requests.py", "terrain_upload.py"}


@pytest.mark.asyncio
async def test_a_large_sound_body_arrives_as_a_small_one_does(sqlite_platform: GatewayPlatform) -> None:
    platform = sqlite_platform
    request = {
        "request_id": "r",
        "title": "Größe",
        "activity_type_id": "t",
        "agency_id": "JAXA",
        "value": 4.0,
        "visibility": "PUBLIC",
        "windows": [{"start_time": "2029-01-20T00:00:00+01:00", "end_time": "2029-02-20T00:00:00Z"}],
    }
    bearer = platform.bearer("JAXA", "REQUESTER")
    for count in (1, 500):
        await platform.http.post(CHECK, json={"requests": [request] * count}, headers=bearer)
        await platform.http.post(IMPORT, json={"requests": [request] * count}, headers=bearer)
    small, large = platform.services.asked("CheckRequests")
    assert list(large.requests) == list(small.requests) * 500
    assert (large.mission_id, small.mission_id) == ("lupex", "lupex")
    small, large = platform.services.asked("ImportRequests")
    assert list(large.requests) == list(small.requests) * 500
    foreign = {"requests": [{**request, "agency_id": "ISRO"}] * 500}
    assert (await platform.http.post(CHECK, json=foreign, headers=bearer)).status_code == 403
    assert (await platform.http.post(IMPORT, json=foreign, headers=bearer)).status_code == 403


@pytest.mark.asyncio
async def test_streams_of_a_key_and_an_agency_are_bounded_and_closed_ones_free_their_place(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path
) -> None:
    limits: dict[str, Any] = {"streams_of_key": 2, "streams_of_agency": 3}
    async with (
        open_platform(sqlite_service_runtime, tmp_path / "keys.json", **limits) as platform,
        served(platform) as (_server, http),
        AsyncExitStack() as stack,
    ):

        async def opened(role: str) -> int:
            stream = http.stream("GET", "/api/v1/events", headers=platform.bearer("JAXA", role))
            return (await stack.enter_async_context(stream)).status_code

        assert [await opened("PLANNER") for _ in range(3)] == [200, 200, 429]
        assert [await opened("VIEWER") for _ in range(2)] == [200, 429]
        other = http.stream("GET", "/api/v1/events", headers=platform.bearer("ISRO", "PLANNER"))
        assert (await stack.enter_async_context(other)).status_code == 200
        refused = await http.get("/api/v1/events", headers=platform.bearer("JAXA", "VIEWER"))
        assert (refused.json()["reason"], refused.headers["Retry-After"]) == ("TOO_MANY_STREAMS", "30")
        await stack.pop_all().aclose()
        async with asyncio.timeout(10):
            while platform.gateway.streams.of_agency("JAXA"):
                await asyncio.sleep(0.02)
        assert await opened("PLANNER") == 200


@pytest.mark.asyncio
async def test_all_keys_of_an_agency_share_its_limit_and_another_s_calls_go_on(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path
) -> None:
    limits: dict[str, Any] = {"rate_limit": "4/minute", "agency_rate_limit": "6/minute"}
    async with open_platform(sqlite_service_runtime, tmp_path / "keys.json", **limits) as platform:

        async def status(agency: str, role: str) -> int:
            return (await platform.http.get("/api/v1/whoami", headers=platform.bearer(agency, role))).status_code

        assert [await status("JAXA", "VIEWER") for _ in range(5)] == [200] * 4 + [429]
        assert [await status("JAXA", "PLANNER") for _ in range(3)] == [200, 200, 429]
        assert await status("ISRO", "PLANNER") == 200


@pytest.mark.asyncio
async def test_whoami_tells_the_limits_of_the_key_and_its_agency_and_nobody_else_s_use(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path
) -> None:
    limits: dict[str, Any] = {
        "rate_limit": "5/hour", "agency_rate_limit": "9/day", "streams_of_key": 2, "streams_of_agency": 3
    }  # fmt: skip
    async with (
        open_platform(sqlite_service_runtime, tmp_path / "keys.json", **limits) as platform,
        served(platform) as (_server, http),
    ):

        async def used(agency: str, role: str) -> list[tuple[Any, ...]]:
            told = (await http.get("/api/v1/whoami", headers=platform.bearer(agency, role))).json()["limits"]
            own = [each for each in told if each["service"] == "gateway"]
            return [tuple(each.get(name) for name in ("thing", "holder", "limit", "used", "period_s")) for each in own]

        def wanted(calls: int, agency_calls: int, streams: int, agency_streams: int) -> list[tuple[Any, ...]]:
            return [
                ("CALLS", "KEY", 5, calls, 3600),
                ("CALLS", "AGENCY", 9, agency_calls, 86400),
                ("STREAMS", "KEY", 2, streams, None),
                ("STREAMS", "AGENCY", 3, agency_streams, None),
            ]

        assert await used("JAXA", "PLANNER") == wanted(1, 1, 0, 0)
        async with http.stream("GET", "/api/v1/events", headers=platform.bearer("JAXA", "PLANNER")):
            assert await used("JAXA", "PLANNER") == wanted(3, 3, 1, 1)
            assert await used("JAXA", "VIEWER") == wanted(1, 4, 0, 1)
            assert await used("ISRO", "PLANNER") == wanted(1, 1, 0, 0)


@pytest.mark.asyncio
async def test_whoami_tells_the_limits_that_services_keep_and_which_do_not_answer(
    sqlite_platform: GatewayPlatform,
) -> None:
    platform = sqlite_platform
    queued = limit_pb2.LimitUse(
        thing=limit_pb2.LIMITED_THING_OPERATIONS, holder=limit_pb2.LIMIT_HOLDER_KEY, limit=100, used=3
    )

    def away(_request: Any) -> Any:
        raise UnavailableError("PLANNER_AWAY", "the planner is away")

    platform.services.answers["GetLimits"] = lambda _request: limit_pb2.GetLimitsResponse()
    platform.services.answers["payload/GetLimits"] = lambda _request: limit_pb2.GetLimitsResponse(limits=[queued])
    platform.services.answers["planner/GetLimits"] = away
    for role in ("VIEWER", "ADMINISTRATOR"):
        told = (await platform.http.get("/api/v1/whoami", headers=platform.bearer("JAXA", role))).json()
        kept = [each for each in told["limits"] if each["service"] != "gateway"]
        own = {"service": "payload", "thing": "OPERATIONS", "holder": "KEY", "limit": 100, "used": 3, "period_s": None}
        assert kept == [own]
        assert told["limits_unknown_at"] == ["planner"]


@pytest.mark.parametrize(("trusted", "statuses"), [("", {401, 429}), ("127.0.0.1", {401})])
@pytest.mark.asyncio
async def test_a_forwarded_address_counts_only_from_a_trusted_proxy(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path, trusted: str, statuses: set[int]
) -> None:
    limits: dict[str, Any] = {"refusal_limit": "3/minute", "trusted_proxies": trusted}
    async with (
        open_platform(sqlite_service_runtime, tmp_path / "keys.json", **limits) as platform,
        served(platform) as (_server, http),
    ):
        answers = [
            await http.get("/api/v1/whoami", headers={"X-Forwarded-For": f"10.0.0.{number}"}) for number in range(6)
        ]
    assert {answer.status_code for answer in answers} == statuses


def test_proxies_are_addresses_and_an_ipv6_host_is_one_network() -> None:
    with pytest.raises(ValidationError, match="trusted_proxies"):
        GatewaySettings(identity_key_file=Path("key.pem"), identity_keys_dir=Path("keys"), trusted_proxies="*")
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:2") == "2001:db8::/64"
    assert network_of("::ffff:10.0.0.1") == network_of("10.0.0.1") == "10.0.0.1"


@pytest.mark.asyncio
async def test_answers_kept_of_an_agency_are_bounded_in_number_and_bytes_and_refusals_are_not_kept(
    sqlite_service_runtime: ServiceLauncher, tmp_path: Path
) -> None:
    async with open_platform(sqlite_service_runtime, tmp_path / "keys.json", answers_of_agency=10) as platform:
        bearer = platform.bearer("JAXA", "REQUESTER")
        last = None
        for number in range(25):
            headers = {**bearer, "Idempotency-Key": f"key-{number}"}
            last = await platform.http.post(f"{CHECK}?opportunities=false", json={"requests": []}, headers=headers)
            refused = {**bearer, "Idempotency-Key": f"refused-{number}"}
            await platform.http.post("/api/v1/missions/lupex/nothing", json={}, headers=refused)
            await platform.http.post(CHECK, json={"requests": [{}]}, headers=refused)
        async with platform.runtime.database.reading() as session:
            kept = [row.idempotency_key for row in (await session.exec(select(AnswerRow))).all()]
        assert last is not None
        assert last.status_code == 200
        assert len(kept) <= 10
        assert "key-24" in kept
        assert not [key for key in kept if key.startswith("refused")]
