"""The feed where the broker or the planner was away: what may be missed is told, nothing ends that need not."""

import asyncio
from typing import Any

import pytest
from gateway_platform import GatewayPlatform, sent_events, served
from malapert_core.errors import UnavailableError
from malapert_core.events.broker import ensure_streams
from malapert_core.policy.identity import Identity, Role
from malapert_gateway.services.event_feed import EventFilter
from malapert_gateway.services.feed_cursor import FeedCursor, StreamState, resumed
from test_gateway_streams import PLAN_RELEASED, charters, publish, released


@pytest.mark.parametrize(
    ("made_ms", "state", "sequence", "is_gap"),
    [
        (5, StreamState(5, 1, 12), 12, False),
        (5, StreamState(5, 13, 20), 12, False),  # what was dropped is before the reader's place
        (5, StreamState(5, 14, 20), 12, True),
        (5, StreamState(6, 1, 20), 0, True),  # as many events or more, but another stream
        (5, StreamState(6, 0, 0), 0, True),
        (5, StreamState(5, 1, 11), 0, True),
        (None, StreamState(5, 1, 20), 12, False),  # of an earlier version
        (None, StreamState(5, 1, 11), 0, True),
    ],
)
def test_a_reader_is_told_what_it_may_have_missed(
    made_ms: int | None, state: StreamState, sequence: int, is_gap: bool
) -> None:
    areas = ("landing_site", "comms_window", "payload", "planner")
    asked = FeedCursor(
        tuple((area, 12 if area == "planner" else 0) for area in areas),
        () if made_ms is None else (("planner", made_ms),),
    )
    found = resumed(asked, {area: state if area == "planner" else StreamState(1, 0, 0) for area in areas})
    assert dict(found.sequence_by_area)["planner"] == sequence
    assert found.gap_areas == (("planner",) if is_gap else ())
    assert dict(found.made_ms_by_area)["planner"] == state.made_ms


@pytest.mark.asyncio
async def test_a_wiped_broker_is_told_as_a_gap_and_meanwhile_as_unavailable(
    sqlite_platform: GatewayPlatform, own_nats_server: Any
) -> None:
    platform = sqlite_platform
    platform.services.answers["GetCharter"] = charters(ours="JAXA")
    await publish(platform, PLAN_RELEASED, released("ours"))
    before = await platform.gateway.feed.start_cursor("")
    own_nats_server.wipe()
    async with served(platform) as (_, http):
        answer = await http.get("/api/v1/events", headers=platform.bearer())
        assert (answer.status_code, answer.json()["reason"]) == (503, "BROKER_UNAVAILABLE")
        assert int(answer.headers["retry-after"]) >= 1
        parts = (await http.get("/readyz")).json()["parts"]
        assert "MALAPERT_PLANNER" in parts["broker"]
        await ensure_streams(platform.runtime.js)
        told = [await publish(platform, PLAN_RELEASED, released("ours")) for _ in range(2)]
        assert (await http.get("/readyz")).json()["parts"]["broker"] == "ready"
        resumed_from = {**platform.bearer(), "Last-Event-ID": before.text}
        async with http.stream("GET", "/api/v1/events", headers=resumed_from) as feed:
            events = sent_events(feed)
            assert [(await anext(events))["event"] for _ in range(1)] == ["open"]
            gap = await anext(events)
            assert gap["event"] == "gap"
            assert gap["data"]["reason"] == "EVENTS_MAY_BE_MISSED"
            assert "planner" in gap["data"]["areas"]
            assert [(await anext(events))["data"]["event_id"] for _ in told] == told


@pytest.mark.asyncio
async def test_the_feed_waits_for_a_planner_that_is_away(sqlite_platform: GatewayPlatform) -> None:
    platform = sqlite_platform
    tries: list[object] = []
    known = charters(ours="JAXA")

    def away(request: Any) -> Any:
        tries.append(request)
        if len(tries) < 3:
            raise UnavailableError("SERVICE_UNAVAILABLE", "the service cannot be reached")
        return known(request)

    platform.services.answers["GetCharter"] = away
    start = await platform.gateway.feed.start_cursor("")
    told = await publish(platform, PLAN_RELEASED, released("ours"))
    entries: Any = platform.gateway.feed.entries(Identity("JAXA", Role.VIEWER, "k"), start, EventFilter())
    async with asyncio.timeout(20):
        assert (await anext(entries)).event.event_id == told
