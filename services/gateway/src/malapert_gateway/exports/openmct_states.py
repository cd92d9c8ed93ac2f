"""States of a plan's activities as the object that Open MCT keeps them in, beside the plan's file.

There is one such object in an installation, of the key and type `activity-states`; it maps the `id` of an activity in
a plan's file to its state.
"""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from malapert_http_models.contracts.payload import Execution, ExecutionOutcome
from malapert_http_models.contracts.planner import Plan, PlannedActivity

_KEY = "activity-states"
_STATES = {
    ExecutionOutcome.STARTED: "active",
    ExecutionOutcome.DONE: "completed",
    ExecutionOutcome.FAILED: "aborted",
    ExecutionOutcome.ABANDONED: "aborted",
    ExecutionOutcome.SKIPPED: "cancelled",
}
_NOT_STARTED = "notStarted"
_ASKED_AGAIN = (ExecutionOutcome.FAILED, ExecutionOutcome.SKIPPED)
_REPETITION = re.compile(r"/(\d+)")
_RETRY = "~retry"


class _Try(NamedTuple):
    """One try of a repetition of a request."""

    request_id: str
    repetition_index: int
    attempt: int


def openmct_states(plan: Plan, reports: Iterable[Execution]) -> dict[str, Any]:
    """Return the states of requested activities by the last report of each try; drives are not reported on."""
    last = {_Try(each.request_id, each.repetition_index, each.attempt): each for each in reports}
    tries = {item.activity_id: made for item in plan.activities if (made := _try_of(item))}
    planned = set(tries.values())
    states = {activity_id: _state(made, last.get(made), plan.plan_id, planned) for activity_id, made in tries.items()}
    identifier = {"namespace": "", "key": _KEY}
    return {"identifier": identifier, "name": "Activity States", "type": _KEY, "activities": states, "location": None}


def _try_of(item: PlannedActivity) -> _Try | None:
    """Return the try that an activity is a step of, by its identifier: request, repetition, step, and each new try."""
    if not item.request_id or item.is_busy:
        return None
    rest = item.activity_id.removeprefix(item.request_id)
    index = _REPETITION.match(rest)
    return _Try(item.request_id, int(index[1]), 1 + rest.count(_RETRY)) if index else None


def _state(made: _Try, report: Execution | None, plan_id: str, planned: set[_Try]) -> str:
    if report is None:
        return _NOT_STARTED
    # A repetition that failed in another plan is still to be in this one, unless this one has its next try as well.
    is_behind = report.plan_id == plan_id or made._replace(attempt=made.attempt + 1) in planned
    return _NOT_STARTED if report.outcome in _ASKED_AGAIN and not is_behind else _STATES[report.outcome]
