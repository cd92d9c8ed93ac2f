"""What no plan can ever hold, told without a search: by rule, and by the service that payload asks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from malapert.operation.v1 import operation_pb2
from malapert.payload.v1 import request_pb2
from malapert.planner.v1 import feasibility_pb2, feasibility_pb2_grpc
from malapert_core.errors import NotFoundError, PermissionDeniedError
from malapert_planner.domain.explanation.feasibility import impossible_names, infeasible
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.resources import Limit, LimitUse
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel
from neighbours import Neighbours
from planner_client import client_of, run_planner
from problem_factory import HOUR_S, make_activity, make_drive, make_place, make_problem

DARK = (Condition(ConditionKind.DARKNESS),)
LIT = make_problem(
    resolution_s=HOUR_S,
    places=(make_place(), make_place("ridge")),
    drives=(make_drive(), make_drive("ridge", "base")),
)


def asked(*activities: object, **changes: object) -> PlanningProblem:
    return replace(LIT, activities=tuple(activities), **changes)


def test_only_what_nothing_can_hold_has_a_reason() -> None:
    problem = asked(
        make_activity("fine"),
        make_activity("dark", conditions=DARK),
        make_activity("short", windows=((0, HOUR_S // 2),)),
        make_activity("endless", duration_s=7 * HOUR_S),
    )
    assert {(reason.request_id, reason.reason) for reason in infeasible(problem)} == {
        ("dark", "NO_WINDOW"),
        ("short", "NO_WINDOW"),
        ("endless", "NO_WINDOW"),
    }


def test_one_possible_mode_is_enough() -> None:
    dark = make_activity("a@1", request_id="a", mode_id="1", chain_id="c1", conditions=DARK)
    lit = make_activity("a@2", request_id="a", mode_id="2", chain_id="c2")
    assert infeasible(asked(dark, lit)) == ()
    assert [reason.request_id for reason in infeasible(asked(dark))] == ["a"]


@pytest.mark.parametrize(("count", "is_told"), [(1, False), (2, True)])
def test_a_campaign_needs_as_many_places_as_it_asks_for(count: int, *, is_told: bool) -> None:
    places = [
        make_activity("tour/0", request_id="tour", repetition_index=0, place_ids=("base",)),
        make_activity("tour/1", request_id="tour", repetition_index=1, place_ids=("ridge",), conditions=DARK),
    ]
    uses = tuple(LimitUse(activity.activity_id, 1.0) for activity in places)
    limit = Limit("choice:tour", "what is enough of tour", count, "1", uses, is_choice=True)
    assert bool(infeasible(asked(*places, limits=(limit,)))) is is_told


def test_a_reason_does_not_tell_a_title() -> None:
    secret = make_activity("s", title="A secret crater", conditions=DARK, mandatory=True)
    (reason,) = impossible_names(asked(secret, make_activity("b")), ["s"]).values()
    assert "secret" not in reason
    assert "darkness leaves at most" in reason


@pytest.mark.asyncio
async def test_payload_is_told_by_the_newest_plan_what_nothing_can_hold(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    services = ["malapert.planner.v1.FeasibilityService"]
    identity = replace(identity_of("JAXA"), via_service="payload")
    possible = request_pb2.ActivityDraft(
        activity_id="x/0/s", request_id="x", title="X", agency_id="JAXA", asset_id="rover", duration_s=600.0
    )
    impossible = request_pb2.ActivityDraft()
    impossible.CopyFrom(possible)
    impossible.request_id, impossible.activity_id, impossible.duration_s = "y", "y/0/s", 400 * 86400.0
    demand = request_pb2.ExpandRequestsResponse(activities=[possible, impossible])
    wanted = feasibility_pb2.CheckFeasibilityRequest(mission_id="lupex-week", demand=demand)
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        await client.create()
        async with open_test_channel(service.target, identity, services) as channel:
            stub = feasibility_pb2_grpc.FeasibilityServiceStub(channel)
            # Before the first plan no ground, light or contact is known.
            answer = await stub.CheckFeasibility(wanted)
            assert (answer.plan_id, list(answer.reasons)) == ("", [])
            operation = await client.generate()
            assert operation.state == operation_pb2.OPERATION_STATE_SUCCEEDED, operation
            answer = await stub.CheckFeasibility(wanted)
            assert answer.plan_id == operation.result_id
            assert [(reason.request_id, reason.rule_id) for reason in answer.reasons] == [("y", "NO_WINDOW")]
            wanted.mission_id = "nowhere"
            with pytest.raises(NotFoundError):
                await stub.CheckFeasibility(wanted)
        async with open_test_channel(service.target, identity_of("JAXA"), services) as channel:
            with pytest.raises(PermissionDeniedError):
                await feasibility_pb2_grpc.FeasibilityServiceStub(channel).CheckFeasibility(wanted)
