"""Plans as edits of them need them: unpacked, checked in form and with look-ups, kept for the next edit."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from malapert.planner.v1 import plan_pb2
from malapert.type.v1 import type_pb2

from malapert_planner.domain.editing.chains import Chains
from malapert_planner.domain.editing.edited_items import EditableProblem
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.validation.objective import ObjectiveParts, evaluate
from malapert_planner.domain.validation.validate import Validator
from malapert_planner.services.making.problem_file import unpack_problem, unpack_schedule
from malapert_planner.services.sharing.plan_parts import request_items

MOST_KEPT = 4
"""Number of plans that are kept."""


@dataclass(frozen=True, slots=True)
class EditablePlan:
    """A plan's content as edits need it.

    ``requests`` are the requests of the plan's items by position, empty for a drive; ``visibilities`` say by request
    who may see it.
    """

    given: EditableProblem
    schedule: Schedule
    validator: Validator
    objective: ObjectiveParts
    bound: float
    activity_ids: tuple[str, ...]
    requests: tuple[str, ...]
    visibilities: dict[str, type_pb2.Visibility.ValueType]

    @property
    def problem(self) -> PlanningProblem:
        """The problem."""
        return self.given.problem


class EditablePlans:
    """The plans that were edited last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], EditablePlan] = OrderedDict()

    async def get(self, plan: Plan) -> EditablePlan:
        """Return a plan's content as edits need it."""
        key = plan.plan_id, plan.content.content_hash
        if key not in self._kept:
            found = await asyncio.to_thread(_editable, plan)
            self._kept[key] = found
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return found
        self._kept.move_to_end(key)
        return self._kept[key]


def _editable(plan: Plan) -> EditablePlan:
    problem, schedule = unpack_problem(plan.content.problem), unpack_schedule(plan.content.schedule)
    message, validator = plan_pb2.Plan.FromString(plan.content.message), Validator(problem)
    return EditablePlan(
        EditableProblem(problem, validator.lookups, Chains(problem)),
        schedule,
        validator,
        evaluate(problem, schedule),
        message.objective.bound,
        tuple(activity.activity_id for activity in message.activities),
        tuple(activity.request_id for activity in message.activities),
        {item.request_id: item.visibility for item in request_items(message)},
    )
