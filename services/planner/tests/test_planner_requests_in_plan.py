"""What became of an agency's requests in a plan, as a listing filters them by where they stand."""

import pytest
from malapert.planner.v1 import plan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import InvalidInputError
from malapert_testing.services import ServiceLauncher
from neighbours import Neighbours
from planner_client import client_of, run_planner

STATES = (
    plan_pb2.REQUEST_IN_PLAN_STATE_PLANNED,
    plan_pb2.REQUEST_IN_PLAN_STATE_PARTLY_PLANNED,
    plan_pb2.REQUEST_IN_PLAN_STATE_UNPLANNED,
)


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_requests_in_a_plan_are_listed_by_where_they_stand(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        await client.create()
        plan_id = (await client.generate()).result_id

        async def listed(*states: plan_pb2.RequestInPlanState.ValueType, token: str = "") -> list[tuple[str, int]]:
            page = type_pb2.PageRequest(page_size=1, page_token=token)
            request = plan_pb2.ListRequestsInPlanRequest(plan_id=plan_id, states=states, page=page)
            answer = await client.plans.ListRequestsInPlan(request)
            found = [(each.request_id, each.state) for each in answer.requests]
            return found + (await listed(*states, token=answer.next_page_token) if answer.next_page_token else [])

        every = await listed()
        assert {state for _, state in every} >= {STATES[0], STATES[2]}
        for state in STATES:
            assert await listed(state) == [each for each in every if each[1] == state]
        assert await listed(*STATES) == every
        with pytest.raises(InvalidInputError) as unknown:
            await listed(STATES[0], plan_pb2.REQUEST_IN_PLAN_STATE_UNSPECIFIED)
        assert [fault.path for fault in unknown.value.faults] == ["states[1]"]
