"""Any sequence of calls leaves requests in legal states: the service itself, on a database, driven at random."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from malapert.payload.v1 import execution_pb2, request_pb2
from malapert.payload.v1.catalogue_pb2 import ImportCatalogueRequest
from malapert.planner.v1.event_pb2 import PlanReleased, PlanSummary, PlanTerminated
from malapert.type.v1 import type_pb2
from malapert_core.errors import InvalidInputError, PreconditionError
from malapert_core.vocabulary.interval import Interval
from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.expansion.expansion import outstanding
from malapert_payload.domain.requests.execution import Execution, ExecutionOutcome, follow, freed
from malapert_payload.domain.requests.lifecycle import (
    HELD_STATES,
    TRANSITIONS,
    accept,
    plan,
    reject,
    revise,
    transition,
)
from malapert_payload.domain.requests.reconciliation import reconcile
from malapert_payload.domain.requests.request import ActivityRequest, RequestState
from payload_world import Client, client_of
from test_payload_lifecycle import CHANGE, TIME
from test_payload_released_plans import publish, wait_handled

SPAN = Interval(TIME, TIME)
FINAL = tuple(outcome for outcome in ExecutionOutcome if outcome > ExecutionOutcome.STARTED)
ACTIONS = ("plan", "free", "cancel", "revise", "reject", "import", "start", "end")


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(ACTIONS), st.integers(0, 3), st.sampled_from(FINAL), st.integers(1, 4)), max_size=25
    )
)
def test_any_sequence_of_calls_leaves_a_legal_life(
    catalogue: Catalogue, document: list[ActivityRequest], steps: list[tuple[str, int, ExecutionOutcome, int]]
) -> None:
    asked = document[0]
    request = accept(asked, CHANGE)
    for action, index, outcome, slots in steps:
        before = request
        try:
            request = act(request, catalogue, (action, index, outcome, slots))
        except PreconditionError:
            assert request is before
        check_sound(request, catalogue)


def act(
    request: ActivityRequest, catalogue: Catalogue, step: tuple[str, int, ExecutionOutcome, int]
) -> ActivityRequest:
    action, index, outcome, slots = step
    if action == "plan":
        return plan(request, f"plan-{slots}", slots, request.repetition_count, CHANGE)
    if action == "free":
        return freed(request, request.repetition_count, CHANGE)
    if action == "cancel":
        return transition(request, RequestState.CANCELLED, CHANGE)
    if action == "reject":
        return reject(request, CHANGE)
    if action == "revise":
        return revise(request, replace(request, value=float(slots)), CHANGE)
    if action == "import":
        listed = request.definition() if index else replace(request.definition(), value=float(slots))
        if request.state in (RequestState.PROCESSING, RequestState.PROCESSED, RequestState.TERMINATED):
            listed = request.definition()
        change = replace(CHANGE, reason="mission version 2")
        return reconcile(catalogue, [listed], {request.request_id: request}, change)[0]
    told = Execution(request.request_id, index, ExecutionOutcome.STARTED if action == "start" else outcome, SPAN)
    return follow(request, told, request.repetition_count, CHANGE)


def check_sound(request: ActivityRequest, catalogue: Catalogue) -> None:
    states = [RequestState.UNSPECIFIED, *(row.state for row in request.history)]
    assert all(b in TRANSITIONS[a] or a == b for a, b in pairwise(states))
    assert (states[-1], request.version) == (request.state, len(request.history))
    standing = request.standing
    sets = [set(standing.done), set(standing.abandoned), set(standing.under_way)]
    assert sum(map(len, sets)) == len(set().union(*sets))
    assert set().union(*sets) <= set(range(request.repetition_count))
    held = request.state in (RequestState.PLANNED, RequestState.PROCESSING)
    assert bool(standing.plan_id) == held or not standing.plan_id
    assert held or not standing.slots
    # Each repetition under way has a slot of its own, and none is open for what has its end.
    assert len(standing.under_way) <= standing.slots or not held
    assert standing.slots <= request.repetition_count - len(standing.done) - len(standing.abandoned) or not held
    assert not {*standing.done, *standing.abandoned} & set(standing.under_way)
    if request.state in (RequestState.PROCESSED, RequestState.TERMINATED):
        assert outstanding(request, catalogue) == []
    if request.state == RequestState.ACCEPTED:
        assert outstanding(request, catalogue)


def test_a_failed_slot_is_asked_for_again_and_a_done_one_is_not(document: list[ActivityRequest]) -> None:
    request = plan(accept(document[0], CHANGE), "plan-1", 2, 4, CHANGE)
    request = follow(request, Execution("pan-daily", 0, ExecutionOutcome.DONE, SPAN), 4, CHANGE)
    assert request.state == RequestState.PROCESSING
    request = follow(request, Execution("pan-daily", 1, ExecutionOutcome.FAILED, SPAN), 4, CHANGE)
    assert (request.state, request.standing.done, request.standing.slots) == (RequestState.ACCEPTED, (0,), 0)
    with pytest.raises(PreconditionError, match="NOT_PLANNED"):
        follow(request, Execution("pan-daily", 2, ExecutionOutcome.DONE, SPAN), 4, CHANGE)
    request = plan(request, "plan-2", 3, 4, CHANGE)
    with pytest.raises(PreconditionError, match="REPETITION_SETTLED"):
        follow(request, Execution("pan-daily", 0, ExecutionOutcome.DONE, SPAN), 4, CHANGE)
    for index in (1, 2, 3):
        outcome = ExecutionOutcome.ABANDONED if index == 2 else ExecutionOutcome.DONE
        request = follow(request, Execution("pan-daily", index, outcome, SPAN), 4, CHANGE)
    assert (request.state, request.standing.done) == (RequestState.PROCESSED, (0, 1, 3))


REPORTS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from((ExecutionOutcome.STARTED, *FINAL))), min_size=1, max_size=12
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(slots=st.integers(1, 4), reports=REPORTS)
def test_no_more_repetitions_begin_than_a_plan_has_slots_in_whatever_order_reports_come(
    document: list[ActivityRequest], slots: int, reports: list[tuple[int, ExecutionOutcome]]
) -> None:
    request = plan(accept(document[0], CHANGE), "plan-1", slots, 4, CHANGE)
    under_way, used = set[int](), 0
    for index, outcome in reports:
        before, has_room = request, index in under_way or used < slots
        settled = {*before.standing.done, *before.standing.abandoned}
        told = Execution("pan-daily", index, outcome, SPAN)
        if index in settled or not has_room or before.state not in HELD_STATES:
            with pytest.raises(PreconditionError):
                follow(before, told, 4, CHANGE)
            continue
        request = follow(before, told, 4, CHANGE)
        assert request.version > before.version
        used += index not in under_way
        under_way = under_way | {index} if outcome == ExecutionOutcome.STARTED else under_way - {index}


def test_one_slot_is_begun_for_one_repetition(document: list[ActivityRequest]) -> None:
    request = plan(accept(document[0], CHANGE), "plan-1", 1, 4, CHANGE)
    start = Execution("pan-daily", 0, ExecutionOutcome.STARTED, SPAN)
    request = follow(request, start, 4, CHANGE)
    for outcome in (ExecutionOutcome.STARTED, *FINAL):
        with pytest.raises(PreconditionError, match=r"NO_SLOT_LEFT.*under way: repetitions 0"):
            follow(request, replace(start, repetition_index=1, outcome=outcome), 4, CHANGE)
    assert follow(request, start, 4, CHANGE).standing == request.standing
    done = follow(request, replace(start, outcome=ExecutionOutcome.DONE), 4, CHANGE)
    assert (done.state, done.standing.done) == (RequestState.ACCEPTED, (0,))


def test_a_plan_that_continues_another_opens_no_slot_for_what_has_its_end(document: list[ActivityRequest]) -> None:
    request = plan(accept(document[0], CHANGE), "plan-1", 4, 4, CHANGE)
    for index, outcome in ((0, ExecutionOutcome.DONE), (1, ExecutionOutcome.STARTED), (2, ExecutionOutcome.STARTED)):
        request = follow(request, Execution("pan-daily", index, outcome, SPAN), 4, CHANGE)
    assert plan(request, "plan-2", 4, 4, CHANGE).standing.slots == 3
    assert plan(request, "plan-3", 1, 4, CHANGE).standing.slots == 2


@pytest.mark.asyncio
async def test_a_request_is_followed_to_its_data(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    mission_import.activity_types[1].steps[0].products.add(product_id="picture", title="Picture", share=1.0)
    async with launch() as service, client_of(service) as stubs:
        await stubs.catalogues.ImportCatalogue(mission_import)
        await publish(service.runtime, PlanReleased(plan=summary("p1", 2)))
        await wait_handled(service)
        report = execution(0, execution_pb2.EXECUTION_OUTCOME_DONE, energy_wh=12.0, data_bit=5e6)
        report.products.add(product_id="picture", data_bit=5e6, location="archive/1")
        first = await stubs.executions.ReportExecution(asked(report))
        assert request_pb2.RequestState.Name(first.request.state) == "REQUEST_STATE_PROCESSING"
        assert (first.execution.attempt, first.execution.plan_id, first.request.done_count) == (1, "p1", 1)
        again = await stubs.executions.ReportExecution(asked(report))
        assert again.execution == first.execution
        with pytest.raises(PreconditionError, match="REPETITION_SETTLED"):
            await stubs.executions.ReportExecution(asked(execution(0, execution_pb2.EXECUTION_OUTCOME_FAILED)))
        failed = execution(1, execution_pb2.EXECUTION_OUTCOME_FAILED, reason="no contact")
        after = await stubs.executions.ReportExecution(asked(failed))
        assert request_pb2.RequestState.Name(after.request.state) == "REQUEST_STATE_ACCEPTED"
        bad = execution(9, execution_pb2.EXECUTION_OUTCOME_UNSPECIFIED, energy_wh=-1.0, data_bit=float("nan"))
        bad.products.add(product_id="film")
        with pytest.raises(InvalidInputError) as caught:
            await stubs.executions.ReportExecution(asked(bad))
        assert {(fault.path, fault.code) for fault in caught.value.faults} == {
            ("execution.repetition_index", "OUT_OF_RANGE"),
            ("execution.outcome", "MISSING_KIND"),
            ("execution.energy_wh", "NEGATIVE_NUMBER"),
            ("execution.data_bit", "NOT_FINITE"),
            ("execution.products[0].product_id", "UNKNOWN_PRODUCT"),
        }
        listed = await stubs.executions.ListExecutions(
            execution_pb2.ListExecutionsRequest(mission_id="polar-test", request_id="pan-daily")
        )
        assert [item.outcome for item in listed.executions] == [2, 3]
        for outcomes in ([2], [3], [4], [2, 3]):
            told = await stubs.executions.ListExecutions(
                execution_pb2.ListExecutionsRequest(mission_id="polar-test", outcomes=outcomes)
            )
            assert [item.outcome for item in told.executions] == [each for each in (2, 3) if each in outcomes]
        of_all, page = [], type_pb2.PageRequest(page_size=1)
        while True:
            some = await stubs.executions.ListExecutions(
                execution_pb2.ListExecutionsRequest(mission_id="polar-test", page=page)
            )
            of_all += some.executions
            if not some.next_page_token:
                break
            page.page_token = some.next_page_token
        assert of_all == list(listed.executions)
        page.page_token = "never made here"
        with pytest.raises(InvalidInputError, match="page token"):
            await stubs.executions.ListExecutions(
                execution_pb2.ListExecutionsRequest(mission_id="polar-test", page=page)
            )
        accounts = await stubs.executions.ListAccounts(execution_pb2.ListAccountsRequest(mission_id="polar-test"))
        (jaxa,) = [account for account in accounts.accounts if account.agency_id == "jaxa"]
        assert (jaxa.done.repetition_count, jaxa.refunded.repetition_count, jaxa.done.energy_wh) == (1, 1, 12.0)
        # What is left is planned anew, and a plan that ends frees it.
        await publish(service.runtime, PlanReleased(plan=summary("p2", 3)))
        await wait_handled(service)
        assert request_pb2.RequestState.Name((await get(stubs, "pan-daily")).state) == "REQUEST_STATE_PLANNED"
        start = execution(1, execution_pb2.EXECUTION_OUTCOME_STARTED)
        await stubs.executions.ReportExecution(asked(start))
        await publish(service.runtime, PlanTerminated(plan=summary("p2", 0)))
        await wait_handled(service)
        done = await stubs.executions.ReportExecution(asked(execution(1, execution_pb2.EXECUTION_OUTCOME_DONE)))
        assert request_pb2.RequestState.Name(done.request.state) == "REQUEST_STATE_ACCEPTED"
        assert done.request.done_count == 2


def summary(plan_id: str, count: int) -> PlanSummary:
    return PlanSummary(plan_id=plan_id, mission_id="polar-test", planned_requests={"pan-daily": count})


def execution(index: int, outcome: int, **fields: Any) -> execution_pb2.Execution:
    message = execution_pb2.Execution(request_id="pan-daily", repetition_index=index, outcome=outcome, **fields)  # type: ignore[arg-type]
    message.span.start_time.FromJsonString("2029-01-11T00:00:00Z")
    message.span.end_time.FromJsonString("2029-01-11T01:00:00Z")
    return message


def asked(report: execution_pb2.Execution) -> execution_pb2.ReportExecutionRequest:
    return execution_pb2.ReportExecutionRequest(mission_id="polar-test", execution=report)


async def get(stubs: Client, request_id: str) -> request_pb2.ActivityRequest:
    answer = await stubs.requests.GetRequest(
        request_pb2.GetRequestRequest(mission_id="polar-test", request_id=request_id)
    )
    found: request_pb2.ActivityRequest = answer.request
    return found
