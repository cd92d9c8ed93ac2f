"""Import of a schedule that was made elsewhere for the problem of a plan."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from malapert.comms_window.v1 import window_pb2
from malapert.payload.v1 import request_pb2
from malapert.planner.v1 import plan_pb2, replan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.policy.identity import Identity
from malapert_core.timestamps import from_timestamp

from malapert_planner.domain.life.changes import changes
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.result import SolveResult, SolveStatus
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule
from malapert_planner.domain.simulation.timeline import stays
from malapert_planner.domain.validation.report import ValidationReport
from malapert_planner.services.jobs.planning_jobs import PlanningOutcome, check_job
from malapert_planner.services.making.generation import PlanMaking
from malapert_planner.services.making.plan_content import PlanBasis, make_content
from malapert_planner.services.making.plannable import NOT_SUPPORTED
from malapert_planner.services.making.problem_file import unpack_problem, unpack_schedule
from malapert_planner.services.making.problem_inputs import ProblemInputs
from malapert_planner.services.making.provenance import derived_provenance
from malapert_planner.services.plans.mission_documents import mission_document
from malapert_planner.services.plans.record import new_plan
from malapert_planner.services.sharing.plan_eyes import PlanEyes
from malapert_planner.services.sharing.redaction import WITHHELD_REASON, busy_id

LABEL = "imported"


class PlanImport:
    """Makes plans from schedules of others."""

    def __init__(self, making: PlanMaking) -> None:
        self._making = making

    async def run(self, request: plan_pb2.ImportPlanRequest, identity: Identity, eyes: PlanEyes) -> Plan:
        """Return the stored draft of a schedule that the validator passed.

        A busy item is named as the plan shows it, by its position.

        Raises
        ------
        InvalidInputError
            ``INVALID_PLAN`` with a fault for each item that cannot be read, or for each rule that the schedule breaks;
            ``OTHER_MISSION`` where it was made for another mission than the plan's.
        """
        plan_id, items = request.plan_id, request.items
        stores = self._making.stores
        async with stores.database.reading() as session:
            base = await stores.plans.get(session, plan_id)
            content = base.content
            _require_mission(request.mission_id, content.mission_id)
            mission = await stores.missions.get(session, content.mission_id, content.mission_version)
        problem, before = unpack_problem(content.problem), unpack_schedule(content.schedule)
        message = plan_pb2.Plan.FromString(content.message)
        schedule = schedule_of(problem, _unmasked(items, message, eyes))
        parameters = {"solver": LABEL, "work_limit": "0", "wall_limit_s": "0"}
        result = SolveResult(SolveStatus.FEASIBLE, schedule, 0.0, message.objective.bound, 0.0, parameters)
        outcome: PlanningOutcome = await self._making.solver_jobs.run(check_job, problem, result)
        _require_kept(outcome.validation, eyes)
        windows: Sequence[window_pb2.Window] = ()
        if content.window_set_id:
            windows = await self._making.neighbours.comms_windows.list_windows(content.window_set_id)
        basis = PlanBasis(
            ProblemInputs(
                mission_id=mission.mission_id,
                mission_version=mission.version,
                document=mission_document(mission),
                waypoints=message.waypoints,
                routes=message.routes,
                stations={},
                windows=windows,
                requests=request_pb2.ExpandRequestsResponse(),
                bookings=(),
            ),
            message.site,
            tuple(message.alternative_sites),
            tuple(message.routes),
            window_pb2.WindowSet(window_set_id=content.window_set_id, summaries=message.window_summaries),
            derived_provenance(base, message, parameters, self._making.clock()),
            {},
            replan_pb2.ReplanBasis(base_plan_id=plan_id, base_content_hash=content.content_hash, label=LABEL),
            changes(problem, before, schedule),
            tuple(item for item in message.unplanned if item.reason == NOT_SUPPORTED),
            secret=await self._making.secret(mission.mission_id),
            before=message,
            parties_before=content.parties,
        )
        plan = new_plan(
            await asyncio.to_thread(make_content, basis, problem, outcome),
            mission.reviewer_agency_ids,
            plan_id,
            identity,
            self._making.clock(),
        )
        async with stores.database.transaction() as session:
            await self._making.record.add(session, plan, identity)
        return plan


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
    return Schedule(
        tuple(sorted(activities, key=lambda placed: (placed.span, placed.activity_id))),
        driven,
        tuple(sorted((contact for *_, contact in contacts), key=lambda c: (c.span, c.station_id))),
    )


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
    items: Sequence[plan_pb2.ImportedItem], base: plan_pb2.Plan, eyes: PlanEyes
) -> list[plan_pb2.ImportedItem]:
    """Return items with the activities that busy ones stand for; nothing busy is named otherwise."""
    masked = {
        busy_id(index): activity.activity_id
        for index, activity in enumerate(base.activities)
        if activity.request_id in eyes.hidden_request_ids
    }
    found = []
    for item in items:
        kept = plan_pb2.ImportedItem()
        kept.CopyFrom(item)
        unknown = f"unknown:{item.activity_id}" if item.activity_id in masked.values() else item.activity_id
        kept.activity_id = masked.get(item.activity_id, unknown)
        found.append(kept)
    return found


def _require_kept(report: ValidationReport | None, eyes: PlanEyes) -> None:
    if report is None or report.valid:
        return
    faults = [
        Fault("", v.rule_id, WITHHELD_REASON)
        if eyes.mention(v.message, *v.object_ids)
        else Fault(", ".join(v.object_ids), v.rule_id, v.message)
        for v in report.violations
    ]
    raise InvalidInputError("INVALID_PLAN", f"the schedule breaks {len(faults)} rules", faults=faults)
