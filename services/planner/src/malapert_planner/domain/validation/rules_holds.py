"""Rules of what people hold: what is locked stays where it is, what is disabled is left out."""

from __future__ import annotations

from malapert_planner.domain.problem.holds import Disabled
from malapert_planner.domain.schedule.schedule import PlacedActivity
from malapert_planner.domain.simulation.timeline import Case
from malapert_planner.domain.validation.rules import Findings, Rule


def check_holds(case: Case, findings: Findings) -> None:
    """Check that all that is locked is in the schedule as it was locked, and nothing that is disabled."""
    holds = case.problem.holds
    planned = {placed.activity_id: placed for _, placed in case.activities}
    for lock in holds.locks:
        stays = planned.get(lock.activity_id) == PlacedActivity(lock.activity_id, lock.place_id, lock.span)
        message = f"it is locked at {lock.place_id} over [{lock.span[0]}, {lock.span[1]}) s"
        findings.check(Rule.LOCKED, not stays, (lock.activity_id,), lock.span, message)
    disabled = set(holds.disabled)
    for activity, placed in case.activities if disabled else ():
        is_out = Disabled(activity.request_id, activity.repetition_index) in disabled
        message = f"repetition {activity.repetition_index} of {activity.request_id} is disabled"
        findings.check(Rule.DISABLED, is_out, (activity.activity_id,), placed.span, message)
