"""Import of a schedule that was made elsewhere for the problem of a plan."""

from collections.abc import Sequence
from datetime import timedelta

from malapert.planner.v1 import plan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.policy.identity import Identity
from malapert_core.timestamps import from_timestamp

from malapert_planner.domain.life.changes import changes
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule
from malapert_planner.domain.simulation.timeline import stays
from malapert_planner.services.making.problem_file import unpack_problem, unpack_schedule
from malapert_planner.services.plans.derived_plans import DerivedPlan, DerivedPlans
from malapert_planner.services.sharing.plan_eyes import PlanEyes
from malapert_planner.services.sharing.redaction import busy_id

LABEL = "imported"


class PlanImport:
    """Makes plans from schedules of others.

    Parameters
    ----------
    derived : DerivedPlans
    """

    def __init__(self, derived: DerivedPlans) -> None:
        self._derived = derived

    async def run(self, base: Plan, request: plan_pb2.ImportPlanRequest, identity: Identity, eyes: PlanEyes) -> Plan:
        """Return the stored draft of a schedule that the validator passed.

        A busy item is named as the plan shows it, by its position.

        Raises
        ------
        InvalidInputError
            ``INVALID_PLAN`` with a fault for each item that cannot be read, or for each rule that the schedule breaks;
            ``OTHER_MISSION`` where it was made for another mission than the plan's.
        """
        content = base.content
        _require_mission(request.mission_id, content.mission_id)
        problem, before = unpack_problem(content.problem), unpack_schedule(content.schedule)
        message = plan_pb2.Plan.FromString(content.message)
        schedule = schedule_of(problem, _unmasked(request.items, message, problem, eyes))
        wanted = DerivedPlan(base, problem, schedule, LABEL, changes(problem, before, schedule))
        return await self._derived.make(wanted, identity, eyes)


def schedule_of(problem: PlanningProblem, items: Sequence[plan_pb2.ImportedItem]) -> Schedule:
    """Return items as a schedule; a contact names the window of the place where the asset then is.

    Raises
    ------
    InvalidInputError
        ``INVALID_PLAN`` with a fault for each item whose times are no whole seconds, that is nothing, of another
        asset, or a contact from another place than where the asset then is.
    """
    faults: list[Fault] = []
    activities, drives, tracked = [], [], []
    for index, item in enumerate(items):
        span = _span(problem, item.interval, f"items[{index}].interval", faults)
        if item.asset_id not in ("", problem.asset_id):
            message = f"{item.asset_id[:80]!r} is not the plan's asset {problem.asset_id!r}"
            faults.append(Fault(f"items[{index}].asset_id", "OTHER_ASSET", message))
        if item.station_id:
            tracked.append((index, item, span))
        elif item.to_place_id:
            drives.append(PlacedDrive(item.place_id, item.to_place_id, span))
        elif item.activity_id:
            activities.append(PlacedActivity(item.activity_id, item.place_id, span))
        else:
            faults.append(Fault(f"items[{index}]", "EMPTY", "an item is an activity, a drive or a contact"))
    driven = tuple(sorted(drives, key=lambda drive: drive.span))
    contacts = [(index, item, _contact(problem, driven, item.station_id, span)) for index, item, span in tracked]
    for index, item, contact in contacts:
        if item.place_id not in ("", contact.place_id):
            message = f"the asset is then at {contact.place_id or 'no place'}, not at {item.place_id[:80]!r}"
            faults.append(Fault(f"items[{index}].place_id", "CONTRADICTING_PLACE", message))
    if faults:
        raise InvalidInputError("INVALID_PLAN", f"{len(faults)} items cannot be read", faults=faults)
    return Schedule.ordered(activities, driven, (contact for *_, contact in contacts))


def _span(problem: PlanningProblem, interval: type_pb2.Interval, path: str, faults: list[Fault]) -> Span:
    times = (from_timestamp(interval.start_time), from_timestamp(interval.end_time))
    start_s, end_s = ((time - problem.start_time) / timedelta(seconds=1) for time in times)
    if start_s != round(start_s) or end_s != round(end_s):
        message = "both times must lie whole seconds after the start of the plan's horizon"
        faults.append(Fault(path, "NOT_WHOLE", message))
    return round(start_s), round(end_s)


def _contact(problem: PlanningProblem, drives: tuple[PlacedDrive, ...], station_id: str, span: Span) -> PlacedContact:
    here = next((stay.place_ids[0] for stay in stays(problem, drives) if stay.span[0] <= span[0] < stay.span[1]), "")
    windows = (w for w in problem.contact_windows if (w.station_id, w.place_id) == (station_id, here))
    window = next((w for w in windows if w.span[0] <= span[0] < w.span[1]), None)
    return PlacedContact(station_id, here, window.window_id if window else "", span)


def _require_mission(stated: str, mission_id: str) -> None:
    if stated not in ("", mission_id):
        fault = Fault("domain", "OTHER_MISSION", f"it names {stated[:80]!r}; the plan is of {mission_id!r}")
        raise InvalidInputError("OTHER_MISSION", "the schedule was made for another mission", faults=[fault])


def _unmasked(
    items: Sequence[plan_pb2.ImportedItem], base: plan_pb2.Plan, problem: PlanningProblem, eyes: PlanEyes
) -> list[plan_pb2.ImportedItem]:
    """Return items with the activities that busy ones stand for; nothing busy is named otherwise.

    Raises
    ------
    InvalidInputError
        ``INVALID_PLAN`` with a fault for each activity that there is not, alike for one that is not seen.
    """
    masked = {
        busy_id(index): activity.activity_id
        for index, activity in enumerate(base.activities)
        if activity.request_id in eyes.hidden_request_ids
    }
    seen = {a.activity_id: a.activity_id for a in problem.activities if a.request_id not in eyes.hidden_request_ids}
    activity_ids = {"": "", **seen, **masked}
    faults = [
        Fault(f"items[{index}].activity_id", "UNKNOWN_ACTIVITY", f"{item.activity_id[:80]!r} is not asked for")
        for index, item in enumerate(items)
        if item.activity_id not in activity_ids
    ]
    if faults:
        raise InvalidInputError("INVALID_PLAN", f"{len(faults)} items cannot be read", faults=faults)
    found = []
    for item in items:
        kept = plan_pb2.ImportedItem()
        kept.CopyFrom(item)
        kept.activity_id = activity_ids[item.activity_id]
        found.append(kept)
    return found
