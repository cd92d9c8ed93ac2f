"""Execution outcomes of a request's repetitions, and the state of the request that follows from them."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

from malapert_core.errors import PreconditionError
from malapert_core.vocabulary.interval import Interval

from malapert_payload.domain.requests.lifecycle import Change, record, transition
from malapert_payload.domain.requests.request import ActivityRequest, RequestState


class ExecutionOutcome(IntEnum):
    """Outcome of a repetition."""

    UNSPECIFIED = 0
    STARTED = 1
    DONE = 2
    FAILED = 3
    SKIPPED = 4
    ABANDONED = 5


REFUNDED = frozenset({ExecutionOutcome.FAILED, ExecutionOutcome.SKIPPED, ExecutionOutcome.ABANDONED})
"""Outcomes whose slot is given back to the agency."""


@dataclass(frozen=True, slots=True)
class ProductResult:
    """A data product that came down."""

    product_id: str
    data_bit: float
    received_time: datetime | None
    location: str


@dataclass(frozen=True, slots=True)
class Execution:
    """A report on a repetition; energy and data are 0 where they were not measured."""

    request_id: str
    repetition_index: int
    outcome: ExecutionOutcome
    span: Interval
    energy_wh: float = 0.0
    data_bit: float = 0.0
    reason: str = ""
    products: tuple[ProductResult, ...] = ()
    attempt: int = 0
    plan_id: str = ""
    agency_id: str = ""
    reported_time: datetime | None = None
    principal_id: str = ""

    def as_reported(self) -> "Execution":
        """Return what was reported, without what the service added."""
        return replace(self, attempt=0, plan_id="", agency_id="", reported_time=None, principal_id="")


def follow(request: ActivityRequest, execution: Execution, total: int, change: Change) -> ActivityRequest:
    """Return the request after a report.

    Parameters
    ----------
    request : ActivityRequest
        PLANNED, or PROCESSING.
    execution : Execution
    total : int
        How many repetitions or places the request asks for in all.
    change : Change

    Raises
    ------
    PreconditionError
        NOT_PLANNED where no released plan holds the request, REPETITION_SETTLED where the repetition has its end,
        NO_SLOT_LEFT where every slot of the plan was reported on, or holds another repetition that is under way.
    """
    _require_open(request, execution)
    index, standing = execution.repetition_index, request.standing
    was_planned = request.state == RequestState.PLANNED
    if was_planned:
        reason = replace(change, reason=f"repetition {index} began" if _began(execution) else change.reason)
        request = replace(transition(request, RequestState.PROCESSING, reason), standing=standing)
    if execution.outcome == ExecutionOutcome.STARTED:
        began = replace(request, standing=replace(standing, under_way=_with(standing.under_way, index)))
        return began if was_planned else record(began, change)
    done = execution.outcome == ExecutionOutcome.DONE
    given_up = execution.outcome == ExecutionOutcome.ABANDONED
    standing = replace(
        standing,
        slots=max(0, standing.slots - 1),
        under_way=tuple(other for other in standing.under_way if other != index),
        done=_with(standing.done, index) if done else standing.done,
        abandoned=_with(standing.abandoned, index) if given_up else standing.abandoned,
    )
    request = record(replace(request, standing=standing), change)
    return settle(request, total, change)


def freed(request: ActivityRequest, total: int, change: Change) -> ActivityRequest:
    """Return a request whose plan has ended: what is under way goes on, the rest is asked for again."""
    if request.state != RequestState.PROCESSING:
        return transition(request, RequestState.ACCEPTED, change)
    standing = replace(request.standing, slots=len(request.standing.under_way))
    return settle(replace(request, standing=standing), total, change)


def settle(request: ActivityRequest, total: int, change: Change) -> ActivityRequest:
    """Return a PROCESSING request in the state that its repetitions leave it in once no slot of a plan is open."""
    standing = request.standing
    if len(standing.done) + len(standing.abandoned) >= total:
        state = RequestState.PROCESSED if standing.done else RequestState.TERMINATED
        return transition(request, state, replace(change, reason=f"{len(standing.done)} of {total} done"))
    if standing.slots or standing.under_way:
        return request
    left = total - len(standing.done) - len(standing.abandoned)
    return transition(request, RequestState.ACCEPTED, replace(change, reason=f"{left} of {total} still asked for"))


def _began(execution: Execution) -> bool:
    return execution.outcome != ExecutionOutcome.SKIPPED


def _with(indices: tuple[int, ...], index: int) -> tuple[int, ...]:
    return tuple(sorted({*indices, index}))


def _require_open(request: ActivityRequest, execution: Execution) -> None:
    standing, index = request.standing, execution.repetition_index
    if request.state not in (RequestState.PLANNED, RequestState.PROCESSING):
        message = f"request {request.request_id} is {request.state.name}; what no released plan holds is not done"
        raise PreconditionError("NOT_PLANNED", message, metadata={"state": request.state.name})
    if index in standing.done or index in standing.abandoned:
        message = f"repetition {index} of request {request.request_id} has its end already"
        raise PreconditionError("REPETITION_SETTLED", message)
    if index not in standing.under_way and standing.slots <= len(standing.under_way):
        running = f"; under way: repetitions {', '.join(map(str, standing.under_way))}" if standing.under_way else ""
        message = f"no slot of plan {standing.plan_id} for request {request.request_id} is free{running}"
        raise PreconditionError("NO_SLOT_LEFT", message)
