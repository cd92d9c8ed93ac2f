"""How calls are sent, repeated and refused, by a transport that plays the platform."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime

import httpx
import pytest
from malapert_client import (
    AsyncClient,
    Client,
    Connection,
    InvalidInputError,
    LimitError,
    NotFoundError,
    PlatformError,
    StaleVersionError,
    UnknownAnswerError,
    UnreachableError,
    WorkError,
)
from malapert_client import client as client_module
from malapert_client.events import beginning_of
from malapert_http_models.contracts.planner import GeneratePlanRequest

CONNECTION = Connection("http://platform.test", "mlp_5f0c_secret")
OPERATION = {
    "operation_id": "operation-1",
    "kind": "generate_plan",
    "state": "RUNNING",
    "owner_agency_id": "JAXA",
    "stages": [],
    "result_id": "",
    "error_reason": "",
    "error_message": "",
    "faults": [],
    "attempt": 1,
    "mission_id": "lupex",
    "principal_id": "",
}


def problem(status, reason, **more):
    headers = {name.replace("_", "-"): value for name, value in more.pop("headers", {}).items()}
    body = {"title": "Refused", "detail": "no", "reason": reason, "traceId": "4bf9", **more}
    return httpx.Response(status, json=body, headers=headers)


class Played:
    """Answers in their order, and the calls that came."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls = []

    def __call__(self, request):
        request.read()
        self.calls.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self, **options):
        return Client(connection=CONNECTION, transport=httpx.MockTransport(self), **options)

    def awaited(self, **options):
        return AsyncClient(connection=CONNECTION, transport=httpx.MockTransport(self.answer_awaited), **options)

    async def answer_awaited(self, request):
        await request.aread()
        self.calls.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def pauses(monkeypatch):
    """The pauses that are made, none of which is waited for."""
    made: list[float] = []
    monkeypatch.setattr(client_module.time, "sleep", made.append)
    return made


def test_a_call_carries_key_query_and_body():
    played = Played(httpx.Response(202, json=OPERATION))
    work = played.client().generate_plan(GeneratePlanRequest(mission_id="lupex", seed=3))
    (sent,) = played.calls
    assert (sent.method, sent.url.path) == ("POST", "/api/v1/plans")
    assert json.loads(sent.content) == {"mission_id": "lupex", "seed": 3}
    assert sent.headers["authorization"] == "Bearer mlp_5f0c_secret"
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["idempotency-key"]
    assert work.operation_id == "operation-1"


def test_identifiers_and_queries_are_escaped_and_times_are_in_utc():
    played = Played(httpx.Response(200, content=b"x"))
    client = played.client()
    span = {"start_time": datetime(2029, 1, 10, tzinfo=UTC), "end_time": "2029-01-11T00:00:00Z"}
    client.export_orbiter("a/b ?#", **span, form=None)
    assert played.calls[0].url.raw_path.startswith(b"/api/v1/orbiters/a%2Fb%20%3F%23/oem?")
    assert dict(played.calls[0].url.params) == {
        "start_time": "2029-01-10T00:00:00Z",
        "end_time": "2029-01-11T00:00:00Z",
    }
    with pytest.raises(ValueError, match="offset"):
        client.export_orbiter("a", start_time=datetime(2029, 1, 10), end_time="x")  # noqa: DTZ001 - what is refused


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_an_identifier_that_would_make_the_path_another_calls_is_not_sent(name):
    played = Played(httpx.Response(200, json={}))
    with pytest.raises(InvalidInputError, match=r"path\.request_id.*is no identifier"):
        played.client().explain_unplanned("plan-1", name)
    with pytest.raises(InvalidInputError) as raised:
        played.client().explain_unplanned(name, name)
    assert [fault.path for fault in raised.value.faults] == ["path.plan_id", "path.request_id"]
    with pytest.raises(InvalidInputError):
        played.client().plain("revoke_key", path={"key_id": name})
    assert played.calls == []


@pytest.mark.parametrize("text", ["月", "a\r\nX-Evil: 1", "a\0", " a", "a ", "a\u00a0b", "\ud800", "a\tb"])
def test_a_text_that_no_header_can_hold_is_not_sent(text):
    played = Played(httpx.Response(200, json={}))
    with pytest.raises(InvalidInputError) as raised:
        played.client().release_plan("plan-1", idempotency_key=text)
    assert [(fault.path, fault.code) for fault in raised.value.faults] == [("header.Idempotency-Key", "INVALID_HEADER")]
    assert played.calls == []


def test_half_a_character_is_not_sent_wherever_it_stands():
    played = Played(httpx.Response(200, json={}))
    half = "crater \ud83c"
    refused = {
        "path.plan_id": lambda client: client.get_plan(half),
        "query": lambda client: list(client.list_plans(mission_id=half)),
        "body": lambda client: client.create_mission({"title": half}),
    }
    for path, call in refused.items():
        with pytest.raises(InvalidInputError) as raised:
            call(played.client())
        assert [fault.path for fault in raised.value.faults] == [path]
        str(raised.value).encode()
    assert played.calls == []


def test_a_list_query_is_repeated():
    played = Played(httpx.Response(200, json={"plans": [], "next_page_token": ""}))
    assert list(played.client().list_plans(states=["DRAFT", "RELEASED"], only_noticed=True)) == []
    assert played.calls[0].url.query == b"states=DRAFT&states=RELEASED&only_noticed=true"


@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        (404, "UNKNOWN_PLAN", NotFoundError),
        (412, "STALE_VERSION", StaleVersionError),
        (422, "INVALID_REQUEST", InvalidInputError),
        (429, "STORED_BYTES_LIMIT", LimitError),
        (500, "INTERNAL", PlatformError),
        (504, "DEADLINE_EXCEEDED", PlatformError),
    ],
)
def test_a_refusal_is_an_exception_and_not_repeated(pauses, status, reason, error):
    fault = {"path": "seed", "code": "BAD", "message": "wrong"}
    played = Played(problem(status, reason, errors=[fault], headers={"Retry_After": "1"}))
    with pytest.raises(error) as raised:
        played.client().get_plan("plan-1")
    assert (raised.value.status, raised.value.reason, raised.value.trace_id) == (status, reason, "4bf9")
    assert raised.value.faults[0].path == "seed"
    assert "seed: wrong [BAD]" in str(raised.value)
    assert len(played.calls) == 1
    assert pauses == []


@pytest.mark.parametrize(
    ("status", "reason"), [(503, "BROKER_UNAVAILABLE"), (429, "TOO_MANY_CALLS"), (409, "IDEMPOTENCY_KEY_IN_USE")]
)
def test_what_passes_is_waited_for_under_the_same_idempotency_key(pauses, status, reason):
    refused = problem(status, reason, headers={"Retry_After": "7"})
    played = Played(refused, refused, httpx.Response(202, json=OPERATION))
    played.client().generate_plan({"mission_id": "lupex"})
    assert pauses == [7.0, 7.0]
    assert len({call.headers["idempotency-key"] for call in played.calls}) == 1
    assert len({call.content for call in played.calls}) == 1


def test_patience_has_an_end(pauses):
    played = Played(problem(503, "UNAVAILABLE", headers={"Retry_After": "61"}))
    with pytest.raises(PlatformError):
        played.client().who_am_i()
    with pytest.raises(PlatformError):
        Played(problem(503, "UNAVAILABLE", headers={"Retry_After": "0"})).client(patience_s=0).who_am_i()
    assert pauses == []


def test_a_lost_answer_is_asked_for_again_and_a_late_one_is_not(pauses):
    played = Played(httpx.ReadError("cut"), httpx.Response(202, json=OPERATION))
    played.client().generate_plan({"mission_id": "lupex"})
    assert len({call.headers["idempotency-key"] for call in played.calls}) == 1
    assert len(pauses) == 1
    with pytest.raises(UnreachableError) as raised:
        Played(httpx.ReadTimeout("late")).client().who_am_i()
    assert raised.value.is_timeout


def test_what_never_answered_is_not_asked_again_and_what_did_is(pauses):
    refused = httpx.ConnectError("refused")
    with pytest.raises(UnreachableError, match=r"no platform answers at http://platform\.test"):
        Played(refused).client().get_operation("o")
    with pytest.raises(UnknownAnswerError):
        Played(httpx.Response(502, text="bad gateway")).client().get_operation("o")
    assert pauses == []
    known = httpx.Response(200, json=OPERATION)
    client = Played(known, refused, httpx.Response(502, text="bad gateway"), known).client()
    client.get_operation("o")
    client.get_operation("o")
    assert len(pauses) == 2


def test_a_file_is_sent_whole_each_time(pauses, tmp_path):
    (tmp_path / "dem.tif").write_bytes(b"II*" * 1000)
    played = Played(problem(503, "UNAVAILABLE", headers={"Retry_After": "1"}), problem(422, "INVALID_TERRAIN"))
    with pytest.raises(InvalidInputError):
        played.client().register_terrain(tmp_path / "dem.tif", title="Ridge")
    assert [call.content for call in played.calls] == [b"II*" * 1000] * 2
    assert played.calls[0].headers["content-type"] == "application/octet-stream"


def test_what_is_no_malapert_is_told():
    for answer in (httpx.Response(200, text="<html>"), httpx.Response(404, text="nginx"), httpx.Response(200, json=[])):
        with pytest.raises(UnknownAnswerError, match="no Malapert"):
            Played(answer).client(patience_s=0).get_mission_schema()
    with pytest.raises(UnknownAnswerError, match="is no Operation of this version"):
        Played(httpx.Response(200, json={"state": "?"}, headers={"X-Trace-Id": "1"})).client().get_operation("o")


def test_what_a_newer_platform_tells_more_is_passed_over():
    played = Played(httpx.Response(200, json=OPERATION | {"mood": "good"}))
    assert played.client().get_operation("operation-1").kind == "generate_plan"


def test_pages_are_asked_for_as_they_are_needed():
    first = {"operations": [OPERATION, OPERATION], "next_page_token": "two"}
    last = {"operations": [OPERATION | {"operation_id": "operation-3"}], "next_page_token": ""}
    played = Played(httpx.Response(200, json=first), httpx.Response(200, json=last))
    operations = iter(played.client().list_operations())
    next(operations), next(operations)
    assert len(played.calls) == 1
    assert next(operations).operation_id == "operation-3"
    assert dict(played.calls[1].url.params) == {"page_token": "two"}
    with pytest.raises(StopIteration):
        next(operations)


def test_a_change_of_what_was_seen_carries_its_version():
    thread = {"thread_id": "t", "plan_id": "p", "version": 4}
    played = Played(httpx.Response(200, json=OPERATION, headers={"ETag": '"4"'}))
    client = played.client()
    seen = client.get_operation("operation-1")
    assert client.etag_of(seen) == '"4"'
    for given, sent in ((seen, '"4"'), (7, '"7"'), ("7", '"7"'), ('"7"', '"7"'), ("*", "*")):
        with pytest.raises(UnknownAnswerError):
            client.submit_plan(thread["plan_id"], if_match=given)
        assert played.calls[-1].headers["if-match"] == sent
    bare = Played(httpx.Response(200, json=OPERATION)).client()
    with pytest.raises(ValueError, match="no ETag"):
        bare.submit_plan("p", if_match=bare.get_operation("operation-1"))


def states(*bodies, name="progress"):
    text = "".join(f"event: {name}\ndata: {json.dumps(body)}\n\n: ping\n\n" for body in bodies)
    return httpx.Response(200, text=text, headers={"Content-Type": "text/event-stream"})


def test_long_work_is_followed_over_a_broken_stream(pauses):
    running = OPERATION | {"stages": []}
    done = OPERATION | {"state": "SUCCEEDED", "result_id": "plan-9"}
    played = Played(
        httpx.Response(202, json=OPERATION), states(running), states(running, done), problem(404, "UNKNOWN_PLAN")
    )
    work = played.client().generate_plan({"mission_id": "lupex"})
    told = []
    with pytest.raises(NotFoundError):  # of the plan that is read then
        work.result(progress=lambda state: told.append(state.state.value))
    assert told == ["RUNNING", "RUNNING", "SUCCEEDED"]
    assert played.calls[-1].url.path == "/api/v1/plans/plan-9"


def test_work_that_fails_says_why():
    failed = OPERATION | {"state": "FAILED", "error_reason": "NO_SITE", "error_message": "none is lit"}
    played = Played(httpx.Response(202, json=OPERATION), states(failed, name="end"))
    with pytest.raises(WorkError, match="none is lit") as raised:
        played.client().search_sites({}).result()
    assert raised.value.reason == "NO_SITE"


def feed(*messages):
    text = "".join(f"event: {name}\nid: {cursor}\ndata: {json.dumps(data)}\n\n" for name, cursor, data in messages)
    return httpx.Response(200, text=text, headers={"Content-Type": "text/event-stream"})


NOTICE = {
    "event_id": "e",
    "type": "malapert.planner.v1.plan.released",
    "source": "/malapert/planner",
    "time": "2026-11-22T12:00:00Z",
    "entity_id": "plan-1",
    "agency_id": "JAXA",
    "mission_id": "lupex",
    "visibility": "MISSION",
    "data": {},
}


def test_the_feed_goes_on_where_it_was_and_tells_of_gaps(pauses):
    gap = {"reason": "EVENTS_MAY_BE_MISSED", "areas": ["planner"]}
    played = Played(
        feed(("open", "a=1", {}), ("event", "a=2", NOTICE)),
        problem(503, "BROKER_UNAVAILABLE"),
        feed(("open", "a=2", {}), ("gap", "a=2", gap), ("event", "a=3", NOTICE)),
    )
    items = iter(played.client().watch_events(types=["x"]))
    assert next(items).event.entity_id == "plan-1"
    assert next(items).gap.areas == ["planner"]
    assert next(items).cursor == "a=3"
    assert [dict(call.url.params) for call in played.calls] == [{"types": "x"}] + [
        {"types": "x", "last_event_id": "a=2"}
    ] * 2


def test_a_feed_from_the_beginning_ends_when_it_is_quiet(pauses):
    opened = feed(("open", "a=7@12,b=3@12", {}), ("event", "a=8@12,b=3@12", NOTICE))
    assert beginning_of(Played(opened).client().watch_events().opened()) == "a=0@12,b=0@12"
    client = Played(opened, httpx.ReadTimeout("quiet")).client()
    items = list(client.watch_events(last_event_id="a=0@12,b=0@12").items(quiet_s=5.0))
    assert [item.cursor for item in items] == ["a=8@12,b=3@12"]


def test_a_feed_whose_key_ends_ends(pauses):
    played = Played(feed(("open", "a=1", {}), ("event", "a=2", NOTICE)), problem(401, "REVOKED_KEY"))
    items = iter(played.client().watch_events())
    next(items)
    with pytest.raises(Exception, match="REVOKED_KEY"):
        next(items)


def test_the_awaited_client_does_the_same():
    done = OPERATION | {"state": "SUCCEEDED", "result_id": "plan-9"}

    async def used():
        played = Played(httpx.Response(202, json=OPERATION), states(done), problem(404, "UNKNOWN_PLAN"))
        async with played.awaited() as client:
            work = await client.generate_plan({"mission_id": "lupex"})
            with pytest.raises(NotFoundError):
                await work
        paged = Played(httpx.Response(200, json={"operations": [OPERATION], "next_page_token": ""}))
        async with paged.awaited() as client:
            assert [each.kind async for each in client.list_operations()] == ["generate_plan"]
        fed = Played(feed(("open", "a=1", {}), ("event", "a=2", NOTICE)))
        async with fed.awaited() as client:
            async for item in client.watch_events():
                assert item.cursor == "a=2"
                return

    asyncio.run(used())


def test_a_key_is_not_shown():
    client = Played(httpx.Response(200, json={})).client()
    assert "secret" not in f"{client!r} {client.connection!r} {vars(client)!r}"


def test_an_import_brings_no_models_and_nothing_of_a_service():
    code = "import sys, malapert_client; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = ("pydantic", "pandas", "grpc", "malapert_http_models.contracts.planner", "malapert_gateway")
    assert not [name for name in heavy if name in loaded]
