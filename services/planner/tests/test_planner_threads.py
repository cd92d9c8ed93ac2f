"""Consultation threads: who sees them, what may be said, who settles them."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import neighbour_data
import pytest
import pytest_asyncio
from malapert.planner.v1 import charter_pb2, charter_pb2_grpc, event_pb2, thread_pb2, thread_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_core.errors import MalapertError
from malapert_core.events.event import Event
from malapert_core.policy.audience import Visibility
from malapert_core.policy.identity import Role
from malapert_planner.domain.life import threads as rules
from malapert_planner.domain.life.threads import mentions_in
from malapert_planner.services.plans import threads as use_case
from malapert_testing.services import ServiceLauncher
from neighbours import Neighbours
from planner_client import client_of, run_planner

M, KEPT_ITEM, KEPT_REQUEST = "lupex-week", "survey-lander/0/survey", "radar-lander"
WORDS = "Canary: could it be an hour later?"


class Consulting:
    """Agencies at the door of the threads on one plan."""

    def __init__(self, service: Any, plan_id: str) -> None:
        self.service = service
        self.plan_id = plan_id

    @asynccontextmanager
    async def stub(self, agency_id: str, role: Role = Role.PLANNER) -> AsyncIterator[Any]:
        async with client_of(self.service.target, agency_id, role) as client:
            yield thread_pb2_grpc.ThreadServiceStub(client.channel)

    async def open(self, agency_id: str, role: Role = Role.PLANNER, **asked: Any) -> thread_pb2.Thread:
        wanted = {"plan_id": self.plan_id, "title": "Contact", "text": WORDS} | asked
        async with self.stub(agency_id, role) as stub:
            return (await stub.OpenThread(thread_pb2.OpenThreadRequest(**wanted))).thread

    async def get(self, agency_id: str, thread_id: str, role: Role = Role.VIEWER) -> thread_pb2.Thread:
        async with self.stub(agency_id, role) as stub:
            request = thread_pb2.GetThreadRequest(plan_id=self.plan_id, thread_id=thread_id)
            return (await stub.GetThread(request)).thread

    async def say(self, agency_id: str, thread_id: str, text: str, role: Role = Role.PLANNER) -> thread_pb2.Thread:
        async with self.stub(agency_id, role) as stub:
            request = thread_pb2.AddCommentRequest(plan_id=self.plan_id, thread_id=thread_id, text=text)
            return (await stub.AddComment(request)).thread

    async def settle(
        self, agency_id: str, thread_id: str, role: Role = Role.PLANNER, *, reopen: bool = False, version: int = 0
    ) -> thread_pb2.Thread:
        asked = {"plan_id": self.plan_id, "thread_id": thread_id, "version": version}
        async with self.stub(agency_id, role) as stub:
            if reopen:
                return (await stub.ReopenThread(thread_pb2.ReopenThreadRequest(**asked))).thread
            return (await stub.ResolveThread(thread_pb2.ResolveThreadRequest(**asked))).thread

    async def listed(self, agency_id: str, **wanted: Any) -> list[str]:
        async with self.stub(agency_id, Role.VIEWER) as stub:
            found = await stub.ListThreads(thread_pb2.ListThreadsRequest(plan_id=self.plan_id, **wanted))
        return [thread.thread_id for thread in found.threads]

    async def admit(self, **parts: Any) -> None:
        async with client_of(self.service.target) as owner:
            charters = charter_pb2_grpc.CharterServiceStub(owner.channel)
            charter = (await charters.GetCharter(charter_pb2.GetCharterRequest(mission_id=M))).charter
            members = [
                charter_pb2.WantedMembership(agency_id=each.agency_id, parts=each.parts, sees_earlier=each.sees_earlier)
                for each in charter.members
                if each.agency_id
            ]
            members += [charter_pb2.WantedMembership(agency_id=name, parts=[held]) for name, held in parts.items()]
            request = charter_pb2.ChangeCharterRequest(
                mission_id=M, members=members, version=charter.version, consent=charter.consent
            )
            await charters.ChangeCharter(request)


@pytest_asyncio.fixture
async def consulting(
    sqlite_service_runtime: ServiceLauncher,
    neighbours: tuple[Neighbours, str],
    monkeypatch: pytest.MonkeyPatch,
    _hand_made_plans: None,
) -> AsyncIterator[Consulting]:
    made = neighbour_data.expanded

    def expanded(catalogue: Any) -> Any:
        response = made(catalogue)
        for activity in response.activities:
            if activity.request_id in ("survey-lander", KEPT_REQUEST):
                activity.visibility = type_pb2.VISIBILITY_OWNER
        return response

    monkeypatch.setattr(neighbour_data, "expanded", expanded)
    async with run_planner(sqlite_service_runtime, neighbours[1]) as service:
        async with client_of(service.target) as owner:
            await owner.create()
            plan_id = (await owner.generate()).result_id
        yield Consulting(service, plan_id)


async def comments_told(js: Any, count: int) -> list[Event]:
    """Return the first events of comments in the planner's stream."""
    pulls = await js.pull_subscribe("malapert.planner.v1.plan.commented", stream="MALAPERT_PLANNER")
    found: list[Event] = []
    while len(found) < count:
        found += [Event.from_message(message) for message in await pulls.fetch(1, timeout=10)]
    await pulls.unsubscribe()
    return found


async def refusal(call: Awaitable[Any]) -> MalapertError:
    with pytest.raises(MalapertError) as raised:
        await call
    return raised.value


async def codes_of(call: Awaitable[Any]) -> list[tuple[str, str]]:
    return [(fault.path, fault.code) for fault in (await refusal(call)).faults]


@pytest.mark.asyncio
async def test_members_consult_and_the_opener_or_a_planner_settles(consulting: Consulting) -> None:
    thread = await consulting.open(
        "ISRO", Role.REQUESTER, text="@JAXA and @NASA. mail a@b.org", request_id="night-watch"
    )
    assert (thread.agency_id, thread.request_id, thread.comment_count, thread.version) == ("ISRO", "night-watch", 1, 1)
    assert list(thread.comments[0].mentioned_agency_ids) == ["JAXA", "NASA"]
    said = await consulting.say("ESA", thread.thread_id, WORDS, Role.APPROVER)
    assert [(each.number, each.agency_id, bool(each.principal_id)) for each in said.comments] == [
        (1, "ISRO", False), (2, "ESA", True),
    ]  # fmt: skip
    assert all(each.principal_id for each in (await consulting.get("JAXA", thread.thread_id)).comments)
    assert not any(each.principal_id for each in (await consulting.get("NASA", thread.thread_id)).comments)
    assert (await refusal(consulting.settle("NASA", thread.thread_id))).reason == "NOT_OWNER"
    assert (await refusal(consulting.settle("JAXA", thread.thread_id, Role.APPROVER))).reason == "NOT_OWNER"
    assert (await refusal(consulting.settle("JAXA", thread.thread_id, version=1))).reason == "STALE_VERSION"
    settled = await consulting.settle("JAXA", thread.thread_id, version=2)
    assert (settled.resolved, settled.resolved_by_agency_id, settled.version) == (True, "JAXA", 3)
    assert await consulting.settle("ISRO", thread.thread_id) == await consulting.get("ISRO", thread.thread_id)
    assert (await refusal(consulting.say("ISRO", thread.thread_id, WORDS))).reason == "THREAD_RESOLVED"
    assert await consulting.listed("NASA", only_open=True) == []
    opened = await consulting.settle("ISRO", thread.thread_id, Role.REQUESTER, reopen=True)
    assert (opened.resolved, opened.resolved_by_agency_id) == (False, "")
    events = await comments_told(consulting.service.runtime.js, 4)
    actions = [event_pb2.PlanCommented.FromString(each.data).action for each in events]
    assert actions == [1, 2, 3, 4]
    assert all(WORDS.encode() not in each.data for each in events)


@pytest.mark.asyncio
async def test_what_is_not_seen_whole_has_no_threads(consulting: Consulting) -> None:
    own = await consulting.open("JAXA", item_id=KEPT_ITEM)
    kept = await consulting.open("ISRO", request_id=KEPT_REQUEST)
    assert (await consulting.listed("JAXA"), await consulting.listed("ISRO")) == ([own.thread_id], [kept.thread_id])
    assert await consulting.listed("NASA") == []
    for agency_id, asked, reason in (
        ("ISRO", {"item_id": KEPT_ITEM}, "UNKNOWN_ITEM"),
        ("ISRO", {"item_id": "busy/0"}, "UNKNOWN_ITEM"),
        ("ISRO", {"request_id": "survey-lander"}, "UNKNOWN_REQUEST"),
        ("JAXA", {"request_id": KEPT_REQUEST}, "UNKNOWN_REQUEST"),
        ("JAXA", {"request_id": "nothing"}, "UNKNOWN_REQUEST"),
    ):
        assert (await refusal(consulting.open(agency_id, **asked))).reason == reason, asked
    for call in (
        consulting.get("JAXA", kept.thread_id),
        consulting.say("JAXA", kept.thread_id, WORDS),
        consulting.settle("JAXA", kept.thread_id),
        consulting.get("NASA", "nothing"),
    ):
        assert (await refusal(call)).reason == "UNKNOWN_THREAD"
    shared = consulting.open("ISRO", request_id=KEPT_REQUEST, audience_agency_ids=["JAXA"], text="@NASA")
    assert await codes_of(shared) == [("audience_agency_ids[0]", "NOT_SHOWN"), ("text", "NOT_IN_AUDIENCE")]
    events = await comments_told(consulting.service.runtime.js, 2)
    assert [(each.agency_id, each.party_agency_ids) for each in events] == [("JAXA", ()), ("ISRO", ())]
    assert {each.visibility for each in events} == {Visibility.OWNER}


@pytest.mark.asyncio
async def test_a_named_audience_alone_sees_a_thread(consulting: Consulting) -> None:
    thread = await consulting.open("ISRO", audience_agency_ids=["ESA", "ESA"])
    assert list(thread.audience_agency_ids) == ["ESA"]
    assert await consulting.listed("ESA") == [thread.thread_id]
    for agency_id in ("JAXA", "NASA"):
        assert await consulting.listed(agency_id) == []
        assert (await refusal(consulting.get(agency_id, thread.thread_id))).reason == "UNKNOWN_THREAD"
    assert await codes_of(consulting.say("ESA", thread.thread_id, "@NASA @KARI")) == [
        ("text", "NOT_IN_AUDIENCE"), ("text", "NOT_A_MEMBER"),
    ]  # fmt: skip
    assert await codes_of(consulting.open("ISRO", audience_agency_ids=["KARI"])) == [
        ("audience_agency_ids[0]", "NOT_A_MEMBER")
    ]


@pytest.mark.asyncio
async def test_outsiders_late_members_and_observers(consulting: Consulting) -> None:
    early = await consulting.open("ISRO")
    for call in (
        consulting.get("KARI", early.thread_id),
        consulting.open("KARI"),
        consulting.listed("KARI"),
        consulting.say("KARI", early.thread_id, WORDS),
        consulting.settle("KARI", early.thread_id),
    ):
        assert (await refusal(call)).reason == "UNKNOWN_PLAN"
    await consulting.admit(KARI=charter_pb2.PART_CONTRIBUTOR, WATCHER=charter_pb2.PART_OBSERVER)
    late = await consulting.open("ISRO")
    assert await consulting.listed("NASA") == [late.thread_id, early.thread_id]
    assert await consulting.listed("KARI") == [late.thread_id]
    assert (await refusal(consulting.get("KARI", early.thread_id))).reason == "UNKNOWN_THREAD"
    assert await codes_of(consulting.say("ISRO", early.thread_id, "@KARI")) == [("text", "NOT_IN_AUDIENCE")]
    assert (await consulting.say("KARI", late.thread_id, "@WATCHER")).comment_count == 2
    assert (await consulting.get("WATCHER", late.thread_id)).comment_count == 2
    for call in (consulting.say("WATCHER", late.thread_id, WORDS), consulting.open("WATCHER")):
        assert (await refusal(call)).reason == "FORBIDDEN"
    assert (await refusal(consulting.say("ISRO", late.thread_id, WORDS, Role.VIEWER))).reason == "FORBIDDEN"


@pytest.mark.asyncio
async def test_all_is_bounded(consulting: Consulting, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"title": "t" * 201, "text": " ", "audience_agency_ids": [f"A{number}" for number in range(9)]}
    assert await codes_of(consulting.open("ISRO", **asked)) == [
        ("title", "TOO_LONG"), ("audience_agency_ids", "TOO_MANY"), ("text", "MISSING"),
    ]  # fmt: skip
    both = consulting.open("ISRO", item_id=KEPT_ITEM, request_id=KEPT_REQUEST)
    assert await codes_of(both) == [("request_id", "NOT_ALLOWED")]
    thread = await consulting.open("ISRO", text="x" * 4000)
    assert (await codes_of(consulting.say("ISRO", thread.thread_id, "x" * 4001)))[0] == ("text", "TOO_LONG")
    crowd = " ".join(f"@A{number}" for number in range(51))
    assert await codes_of(consulting.say("ISRO", thread.thread_id, crowd)) == [("text", "TOO_MANY")]
    monkeypatch.setattr(rules, "MOST_COMMENTS", 2)
    await consulting.say("ISRO", thread.thread_id, WORDS)
    assert (await refusal(consulting.say("JAXA", thread.thread_id, WORDS))).reason == "TOO_MANY_COMMENTS"
    monkeypatch.setattr(use_case, "MOST_THREADS_OF_AGENCY", 1)
    assert (await refusal(consulting.open("ISRO"))).reason == "TOO_MANY_THREADS"
    await consulting.open("JAXA")
    monkeypatch.setattr(use_case, "MOST_THREADS", 2)
    assert (await refusal(consulting.open("NASA"))).reason == "TOO_MANY_THREADS"
    async with consulting.stub("NASA") as stub:
        request = thread_pb2.ListThreadsRequest(plan_id=consulting.plan_id, page=type_pb2.PageRequest(page_size=1))
        first = await stub.ListThreads(request)
        request.page.page_token = first.next_page_token
        second = await stub.ListThreads(request)
    assert [each.agency_id for each in (*first.threads, *second.threads)] == ["JAXA", "ISRO"]
    assert (second.next_page_token, len(first.threads[0].comments)) == ("", 0)


@pytest.mark.parametrize(
    ("text", "mentioned"),
    [
        ("@ISRO, @JAXA. @ISRO?", ("ISRO", "JAXA")),
        ("mail a@b.org or x.@y", ()),
        ("(@ESA-OPS) @a_1", ("ESA-OPS", "a_1")),
        ("@ @- @@", ()),
        ("@" + "a" + "-" * 3998, ("a",)),
    ],
)
def test_mentions(text: str, mentioned: tuple[str, ...]) -> None:
    assert mentions_in(text) == mentioned
