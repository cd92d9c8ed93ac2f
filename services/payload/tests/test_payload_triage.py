"""Triage of demand: budgets, what is mandatory, deferral, leaves to use, and what the planner is given of it."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from malapert.payload.v1 import catalogue_pb2, demand_pb2, event_pb2, request_pb2
from malapert.payload.v1.catalogue_pb2 import ImportCatalogueRequest
from malapert_core.db.tables import OutboxRow
from malapert_core.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
    UnavailableError,
)
from malapert_core.policy.identity import Role
from payload_world import MISSION, Client, PlannerStub, client_of, refused
from sqlmodel import col, select
from test_payload_agencies import OWNER, get, listed, panorama, submit

KINDS = request_pb2.HoldKind
DECISIONS = demand_pb2.TriageDecision


async def triage(client: Client, request_id: str, decision: str, reason: str = "so agreed", **fields: Any) -> Any:
    asked = demand_pb2.TriageRequestRequest(
        mission_id=MISSION,
        request_id=request_id,
        decision=DECISIONS.Value(f"TRIAGE_DECISION_{decision}"),
        reason=reason,
        **fields,
    )
    return (await client.demand.TriageRequest(asked)).request


async def set_budget(client: Client, agency_id: str, **fields: Any) -> Any:
    budget = demand_pb2.DemandBudget(agency_id=agency_id, reason="agreed in June", **fields)
    asked = demand_pb2.SetDemandBudgetRequest(mission_id=MISSION, budget=budget)
    return (await client.demand.SetDemandBudget(asked)).budget


def holds_of(request: Any) -> list[tuple[str, float]]:
    return [(KINDS.Name(hold.kind).removeprefix("HOLD_KIND_"), hold.excess) for hold in request.holds]


async def expanded(client: Client) -> tuple[set[str], dict[tuple[str, str], int], set[str]]:
    """What is planned, what is held back, and what of it is mandatory."""
    answer = await client.requests.ExpandRequests(request_pb2.ExpandRequestsRequest(mission_id=MISSION))
    held = {(h.agency_id, KINDS.Name(h.kind).removeprefix("HOLD_KIND_")): h.request_count for h in answer.held_back}
    return (
        {draft.request_id for draft in answer.activities},
        held,
        {draft.request_id for draft in answer.activities if draft.mandatory},
    )


async def with_leave(owner: Client, *agencies: Client) -> None:
    """Let agencies use JAXA's camera for good."""
    for agency in agencies:
        asked = demand_pb2.AskUseRequest(
            mission_id=MISSION, item_kind=demand_pb2.ITEM_KIND_INSTRUMENT, item_id="camera"
        )
        permission = (await agency.demand.AskUse(asked)).permission
        await decide(owner, permission.permission_id, "GRANTED")


async def decide(client: Client, permission_id: str, state: str) -> Any:
    asked = demand_pb2.DecideUseRequest(
        mission_id=MISSION,
        permission_id=permission_id,
        state=demand_pb2.UseState.Value(f"USE_STATE_{state}"),
        reason="as agreed",
    )
    return (await client.demand.DecideUse(asked)).permission


async def permissions(client: Client, **filters: Any) -> list[Any]:
    asked = demand_pb2.ListUsePermissionsRequest(mission_id=MISSION, **filters)
    answer = await client.demand.ListUsePermissions(asked)
    return list(answer.permissions)


@pytest.mark.asyncio
async def test_what_is_beyond_a_budget_is_kept_and_says_by_how_much(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch() as service, client_of(service) as owner, client_of(service, "isro") as isro:
        await owner.catalogues.ImportCatalogue(mission_import)
        await with_leave(owner, isro)
        budget = await set_budget(owner, "isro", value_budget=10.0, open_request_limit=3)
        assert (budget.used_value, budget.open_request_count, budget.held_request_count) == (0.0, 0, 0)
        taken = await submit(isro, panorama("a", "isro", value=6.0), panorama("b", "isro", value=6.0))
        taken += await submit(isro, *(panorama(name, "isro", value=1.0) for name in "cde"))
        assert [holds_of(request) for request in taken] == [
            [],
            [("OVER_BUDGET", 2.0)],
            [],
            [],
            [("TOO_MANY_REQUESTS", 1.0)],
        ]
        assert {name: holds_of(item) for name, item in (await listed(isro)).items() if item.holds} == {
            "b": [("OVER_BUDGET", 2.0)],
            "e": [("TOO_MANY_REQUESTS", 1.0)],
        }
        async with client_of(service, "esa") as other:
            assert not (await get(other, "b")).holds
        assert holds_of(await get(owner, "b")) == [("OVER_BUDGET", 2.0)]
        planned, held, _ = await expanded(owner)
        assert planned & set("abcde") == {"a", "c", "d"}
        assert held == {("isro", "OVER_BUDGET"): 1, ("isro", "TOO_MANY_REQUESTS"): 1}
        (told,) = (await isro.demand.ListDemandBudgets(demand_pb2.ListDemandBudgetsRequest(mission_id=MISSION))).budgets
        assert (told.agency_id, told.used_value, told.held_value, told.held_request_count) == ("isro", 8.0, 7.0, 2)
        # What is withdrawn makes room for what comes next; the owner lets in what it wants, and grants more.
        await isro.requests.CancelRequest(
            request_pb2.CancelRequestRequest(mission_id=MISSION, request_id="c", reason="no")
        )
        assert holds_of(await get(isro, "e")) == []
        assert holds_of(await triage(owner, "b", "ADMIT")) == []
        assert (await expanded(owner))[0] & set("abcde") == {"a", "b", "d", "e"}
        assert (await set_budget(owner, "isro")).HasField("value_budget") is False
        whole = await owner.demand.ListDemandBudgets(demand_pb2.ListDemandBudgetsRequest(mission_id=MISSION))
        assert [each.agency_id for each in whole.budgets] == ["esa", "isro", "jaxa"]


@pytest.mark.asyncio
async def test_triage_is_the_owner_s(
    launch_once: Callable[[], Any], planner: PlannerStub, mission_import: ImportCatalogueRequest
) -> None:
    async with launch_once() as service, client_of(service) as owner, client_of(service, "isro") as isro:
        await owner.catalogues.ImportCatalogue(mission_import)
        await submit(isro, panorama("a", "isro", mandatory=True))
        calls: list[Callable[[Client], Any]] = [
            lambda client: triage(client, "a", "GRANT_MANDATORY"),
            lambda client: triage(client, "a", "DECLINE"),
            lambda client: set_budget(client, "isro", value_budget=1e9),
        ]
        for call in calls:
            assert (await refused(call(isro), PermissionDeniedError)).reason == "FORBIDDEN"
            for role in (Role.VIEWER, Role.REQUESTER, Role.APPROVER):
                async with client_of(service, "jaxa", role) as other:
                    assert (await refused(call(other), PermissionDeniedError)).reason == "FORBIDDEN"
            async with client_of(service, "acme") as outsider:
                assert (await refused(call(outsider), NotFoundError)).reason == "UNKNOWN_MISSION"
        error = await refused(triage(owner, "secret-crater", "DECLINE"), NotFoundError)
        assert error.reason == "UNKNOWN_REQUEST"
        error = await refused(triage(owner, "a", "UNSPECIFIED", until=Timestamp(seconds=1)), InvalidInputError)
        assert [(f.path, f.code) for f in error.faults] == [("decision", "MISSING_KIND"), ("until", "NOT_DEFERRED")]
        error = await refused(triage(owner, "a", "DEFER", " ", until=Timestamp(seconds=1)), InvalidInputError)
        assert [(f.path, f.code) for f in error.faults] == [("reason", "MISSING_REASON"), ("until", "OUT_OF_RANGE")]
        assert (await refused(triage(owner, "a", "DECLINE", version=1), ConflictError)).reason == "STALE_VERSION"
        error = await refused(set_budget(owner, "acme", value_budget=-1.0), InvalidInputError)
        assert [(f.path, f.code) for f in error.faults] == [
            ("budget.agency_id", "UNKNOWN_AGENCY"),
            ("budget.value_budget", "NEGATIVE_NUMBER"),
        ]


@pytest.mark.asyncio
async def test_a_deferral_ends_and_a_declined_request_is_told_why(
    launch_once: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch_once() as service, client_of(service) as owner, client_of(service, "isro") as isro:
        await owner.catalogues.ImportCatalogue(mission_import)
        await with_leave(owner, isro)
        await submit(isro, panorama("a", "isro"), panorama("b", "isro"))
        until = Timestamp()
        until.FromDatetime(datetime(2199, 1, 1, tzinfo=UTC))
        deferred = await triage(owner, "a", "DEFER", "after the first day", until=until)
        assert [(KINDS.Name(h.kind), h.reason, h.until) for h in deferred.holds] == [
            ("HOLD_KIND_DEFERRED", "after the first day", until)
        ]
        assert "a" not in (await expanded(owner))[0]
        assert holds_of(await triage(owner, "a", "ADMIT")) == []
        assert "a" in (await expanded(owner))[0]
        told = [(each.request.request_id, KINDS.Name(each.held_by)) for each in await changes_told(service)]
        assert [each for each in told if each[1] != "HOLD_KIND_UNSPECIFIED"] == [("a", "HOLD_KIND_DEFERRED")]
        declined = await triage(owner, "b", "DECLINE", "not in this mission")
        assert request_pb2.RequestState.Name(declined.state) == "REQUEST_STATE_REJECTED"
        assert (await get(isro, "b")).history[-1].reason == "declined: not in this mission"
        assert (await refused(triage(owner, "b", "ADMIT"), PreconditionError)).reason == "ILLEGAL_TRANSITION"


@pytest.mark.asyncio
async def test_mandatory_is_a_wish_until_it_is_granted(
    launch_once: Callable[[], Any], planner: PlannerStub, mission_import: ImportCatalogueRequest
) -> None:
    async with launch_once() as service, client_of(service) as owner, client_of(service, "isro") as isro:
        await owner.catalogues.ImportCatalogue(mission_import)
        await with_leave(owner, isro)
        (asked,) = await submit(isro, panorama("a", "isro", mandatory=True))
        assert (asked.mandatory, asked.mandatory_granted) == (True, False)
        assert (await get(isro, "sample-ridge")).mandatory_granted
        assert (await expanded(owner))[2] == {"sample-ridge"}
        granted = await triage(owner, "a", "GRANT_MANDATORY")
        assert (granted.mandatory_granted, granted.history[-1].reason) == (True, "mandatory, granted: so agreed")
        assert {draft.request_id for draft in planner.asked[-1].demand.activities} == {"a"}
        assert (await expanded(owner))[2] == {"a", "sample-ridge"}
        # A grant is for what was asked: what is asked then is a wish again.
        revised = panorama("a", "isro", mandatory=True, value=4.0)
        after = await isro.requests.ReviseRequest(request_pb2.ReviseRequestRequest(mission_id=MISSION, request=revised))
        assert not after.request.mandatory_granted
        await triage(owner, "a", "GRANT_MANDATORY")
        assert not (await triage(owner, "a", "WITHDRAW_MANDATORY")).mandatory_granted
        assert (await refused(triage(owner, "pan-daily", "GRANT_MANDATORY"))).reason == "NOT_ASKED_FOR"


@pytest.mark.asyncio
async def test_what_nothing_can_hold_is_not_made_mandatory(
    launch_once: Callable[[], Any], planner: PlannerStub, mission_import: ImportCatalogueRequest
) -> None:
    async with launch_once() as service, client_of(service) as owner, client_of(service, "isro") as isro:
        await owner.catalogues.ImportCatalogue(mission_import)
        (waiting,) = await submit(isro, panorama("waiting", "isro", mandatory=True))
        error = await refused(triage(owner, "waiting", "GRANT_MANDATORY"), PreconditionError)
        assert (error.reason, [fault.code for fault in error.faults]) == ("INFEASIBLE_REQUEST", ["USE_PERMISSION"])
        assert not planner.asked
        await with_leave(owner, isro)
        planner.reasons["waiting"] = "the Sun never rises at crater"
        error = await refused(triage(owner, "waiting", "GRANT_MANDATORY"), PreconditionError)
        assert "'waiting'" in error.message
        assert "the Sun never rises at crater" in error.message
        assert not (await get(isro, "waiting")).mandatory_granted
        planner.reasons.clear()
        planner.is_away = True
        assert (await refused(triage(owner, "waiting", "GRANT_MANDATORY"), UnavailableError)).reason == "DOWN"
        assert (await get(isro, "waiting")).version == waiting.version
        planner.is_away = False
        # An order that its windows leave no room for, and a need for what was withdrawn.
        early, late = panorama("early", "isro", mandatory=True), panorama("late", "isro")
        for request, day in ((early, 11), (late, 14)):
            window = request.windows.add()
            window.start_time.FromDatetime(datetime(2029, 1, day, tzinfo=UTC))
            window.end_time.FromDatetime(datetime(2029, 1, day + 1, tzinfo=UTC))
        early.relations.add(kind=request_pb2.RELATION_KIND_AFTER, request_id="late")
        error = await refused(submit(isro, early, late), InvalidInputError)
        assert [(fault.path, fault.code) for fault in error.faults] == [
            ("requests[0].relations[0]", "NO_ROOM_IN_ORDER")
        ]
        needing = panorama("needing", "isro", mandatory=True)
        needing.relations.add(kind=request_pb2.RELATION_KIND_REQUIRES, request_id="pan-daily")
        await submit(isro, needing)
        await owner.requests.CancelRequest(
            request_pb2.CancelRequestRequest(mission_id=MISSION, request_id="pan-daily", reason="no film")
        )
        error = await refused(triage(owner, "needing", "GRANT_MANDATORY"), PreconditionError)
        assert [fault.code for fault in error.faults] == ["NEEDS_UNPLANNED"]


@pytest.mark.asyncio
async def test_a_grant_is_refused_without_naming_what_only_its_agency_sees(
    launch_once: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch_once() as service, client_of(service) as owner, client_of(service, "isro") as isro:
        await owner.catalogues.ImportCatalogue(mission_import)
        await with_leave(owner, isro)
        needing = panorama("needing", "isro", mandatory=True)
        needing.relations.add(kind=request_pb2.RELATION_KIND_REQUIRES, request_id="hidden-target")
        await submit(isro, needing, panorama("hidden-target", "isro", visibility=OWNER))
        await isro.requests.CancelRequest(
            request_pb2.CancelRequestRequest(mission_id=MISSION, request_id="hidden-target", reason="no film")
        )
        error = await refused(triage(owner, "needing", "GRANT_MANDATORY"), PreconditionError)
        assert [(fault.path, fault.code) for fault in error.faults] == [("request.relations", "NOTHING_HOLDS_IT")]
        told = f"{error.message} {error.faults} {error.metadata}"
        assert "hidden-target" not in told
        assert "CANCELLED" not in told


@pytest.mark.asyncio
async def test_the_first_use_of_another_s_instrument_waits_for_its_owner(
    launch_once: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch_once() as service, client_of(service) as owner, client_of(service, "isro") as isro:
        await owner.catalogues.ImportCatalogue(mission_import)
        # What the document lists is agreed by whoever wrote it.
        assert not (await get(owner, "pan-daily")).holds
        assert {"esa:secret-crater", "sample-ridge"} <= (await expanded(owner))[0]
        (waiting,) = await submit(isro, panorama("a", "isro"))
        (hold,) = waiting.holds
        assert (KINDS.Name(hold.kind), hold.item_id, hold.agency_id) == ("HOLD_KIND_USE_PERMISSION", "camera", "jaxa")
        (asked,) = await permissions(isro)
        for kind in (demand_pb2.ITEM_KIND_INSTRUMENT, demand_pb2.ITEM_KIND_ACTIVITY_TYPE):
            assert await permissions(isro, item_kinds=[kind]) == ([asked] if kind == asked.item_kind else [])
        assert (asked.state, asked.asked_by, asked.owner_agency_id) == (
            demand_pb2.USE_STATE_ASKED,
            "key:isro-1",
            "jaxa",
        )
        (seen,) = await permissions(owner)
        assert (seen.permission_id, seen.asked_by, seen.request_id) == (asked.permission_id, "", "")
        assert (await refused(decide(isro, asked.permission_id, "GRANTED"))).reason == "NOT_THE_OWNER"
        async with client_of(service, "esa") as esa:
            assert await permissions(esa) == []
            error = await refused(decide(esa, asked.permission_id, "GRANTED"), NotFoundError)
            assert error.reason == "UNKNOWN_USE_PERMISSION"
        assert "a" not in (await expanded(owner))[0]
        await decide(owner, asked.permission_id, "GRANTED")
        assert not (await get(isro, "a")).holds
        assert "a" in (await expanded(owner))[0]
        assert (await refused(decide(owner, asked.permission_id, "DECLINED"))).reason == "ILLEGAL_DECISION"
        await decide(owner, asked.permission_id, "WITHDRAWN")
        held = await get(isro, "a")
        assert holds_of(held) == [("USE_PERMISSION", 0.0)]
        assert held.history[-1].reason.startswith("no leave to use the instrument 'camera' of jaxa any more")
        told_last = (await changes_told(service))[-1]
        assert (told_last.request.request_id, KINDS.Name(told_last.held_by)) == ("a", "HOLD_KIND_USE_PERMISSION")
        async with service.runtime.database.reading() as session:
            query = select(OutboxRow).where(col(OutboxRow.subject).endswith("use_permission.changed"))
            rows = (await session.exec(query.order_by(col(OutboxRow.sequence)))).all()
        assert [(row.headers["ce-agencyid"], row.headers["ce-visibility"]) for row in rows] == [
            ("isro", "owner"),
            ("jaxa", "owner"),
        ] * 3
        told = event_pb2.UsePermissionChanged.FromString(rows[1].data)
        assert (told.permission.asked_by, told.permission.agency_id) == ("", "isro")


@pytest.mark.asyncio
async def test_leave_for_a_type_covers_its_owner_s_instruments_and_one_request_alone(
    launch_once: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch_once() as service, client_of(service) as owner, client_of(service, "esa") as esa:
        await owner.catalogues.ImportCatalogue(mission_import)
        kind = deepcopy(mission_import.activity_types[1])
        kind.activity_type_id, kind.agency_id = "jaxa-pan", "jaxa"
        await owner.catalogues.PublishActivityType(
            catalogue_pb2.PublishActivityTypeRequest(mission_id=MISSION, activity_type=kind)
        )
        mine, other = panorama("mine", "esa", OWNER), panorama("other", "esa")
        mine.activity_type_id = other.activity_type_id = "jaxa-pan"
        taken = await submit(esa, mine, other)
        assert [[hold.item_id for hold in request.holds] for request in taken] == [["jaxa-pan"], ["jaxa-pan"]]
        asked = demand_pb2.AskUseRequest(
            mission_id=MISSION,
            item_kind=demand_pb2.ITEM_KIND_ACTIVITY_TYPE,
            item_id="jaxa-pan",
            request_id="other",
            reason="for the press",
        )
        permission = (await esa.demand.AskUse(asked)).permission
        await decide(owner, permission.permission_id, "GRANTED")
        assert not (await get(esa, "other")).holds
        assert holds_of(await get(esa, "mine")) == [("USE_PERMISSION", 0.0)]
        asked.item_id = "nothing"
        assert (await refused(esa.demand.AskUse(asked), NotFoundError)).reason == "UNKNOWN_ACTIVITY_TYPE"
        asked.item_id, asked.request_id = "jaxa-pan", "pan-daily"
        assert (await refused(esa.demand.AskUse(asked), NotFoundError)).reason == "UNKNOWN_REQUEST"
        asked.item_id, asked.request_id = "panorama", ""
        assert (await refused(esa.demand.AskUse(asked), InvalidInputError)).faults[0].code == "OWN_ITEM"


async def changes_told(service: Any) -> list[event_pb2.RequestChanged]:
    """Return what was told of changed requests, in order."""
    async with service.runtime.database.reading() as session:
        query = select(OutboxRow).where(col(OutboxRow.subject).endswith("request.changed"))
        rows = (await session.exec(query.order_by(col(OutboxRow.sequence)))).all()
    return [event_pb2.RequestChanged.FromString(row.data) for row in rows]
