"""Assembly of a plan's content: placed items, unplanned requests with reasons, resources, provenance."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from malapert.comms_window.v1 import window_pb2
from malapert.landing_site.v1 import route_pb2, site_pb2
from malapert.planner.v1 import plan_pb2, replan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.rpc.mapping import number_of, to_message
from malapert_core.timestamps import to_timestamp

from malapert_planner.domain.life.changes import Change
from malapert_planner.domain.life.content import PlanContact, PlanContent
from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.hashing import problem_hash
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.result import SolveResult, Unplanned, WhyNot
from malapert_planner.domain.schedule.schedule import PlacedActivity
from malapert_planner.domain.validation.objective import ObjectiveParts
from malapert_planner.domain.validation.report import Profile, ValidationReport, Violation
from malapert_planner.services.jobs.planning_jobs import PlanningOutcome
from malapert_planner.services.making.antenna_time import source_window_id
from malapert_planner.services.making.history import take_history
from malapert_planner.services.making.parties import parties_of
from malapert_planner.services.making.placeless import PLACE_PROFILES
from malapert_planner.services.making.plan_items import activity_messages, contact_messages, span_interval
from malapert_planner.services.making.plannable import plannable
from malapert_planner.services.making.problem_file import pack_problem, pack_schedule
from malapert_planner.services.making.problem_inputs import ProblemInputs
from malapert_planner.services.making.sun_profile import sun_elevation
from malapert_planner.services.requests_out.catalogue import mission_resource_ids
from malapert_planner.services.sharing.plan_eyes import owner_only_requests
from malapert_planner.services.sharing.plan_parts import request_items, sealed_plan

_OWNER = type_pb2.VISIBILITY_OWNER
_NOT_IN_HEADLINE = (
    "alternative_sites",
    "waypoints",
    "routes",
    "window_summaries",
    "activities",
    "contacts",
    "unplanned",
    "profiles",
    "changes",
    "provenance",
)


@dataclass(frozen=True, slots=True)
class PlanBasis:
    """Inputs of a plan besides its problem."""

    inputs: ProblemInputs
    site: site_pb2.Site
    alternative_sites: tuple[site_pb2.Site, ...]
    routes: tuple[route_pb2.Route, ...]
    window_set: window_pb2.WindowSet
    provenance: type_pb2.Provenance
    stage_times: dict[str, float]
    replan: replan_pb2.ReplanBasis | None = None
    changes: tuple[Change, ...] = ()
    left_out: tuple[plan_pb2.UnplannedRequest, ...] = ()
    """Requests that the replanned plan already left out."""
    secret: bytes = field(kw_only=True, repr=False)
    """Secret of the mission, from which the salts of its plans are made."""
    before: plan_pb2.Plan = field(default_factory=plan_pb2.Plan, kw_only=True)
    """Content of the plan that this one is made from."""
    parties_before: Mapping[str, list[str]] = field(default_factory=dict, kw_only=True)
    """Agencies that changes of what that plan holds touch."""

    @property
    def visibilities(self) -> Mapping[str, type_pb2.Visibility.ValueType]:
        """Who may see each request: as it is asked for now, its owner where that is not said, or as the plan before."""
        return {
            **{item.request_id: item.visibility for item in request_items(self.before)},
            **{draft.request_id: draft.visibility or _OWNER for draft in self.inputs.requests.activities},
        }


def make_content(basis: PlanBasis, problem: PlanningProblem, outcome: PlanningOutcome) -> PlanContent:
    """Return the content of a plan that the validator passed.

    The content hash is a root over everything that the plan says but identifiers that another run would make anew, and
    times of making: within a mission the same inputs, seed and limits give the same hash.
    """
    validation, objective = outcome.validation, outcome.objective
    if validation is None or objective is None:
        raise ValueError("only a validated schedule becomes a plan")
    message = _message(basis, problem, outcome, validation, objective)
    take_history(message, basis.before, problem)
    message.content_hash = sealed_plan(message, basis.secret)[0].content_hash
    headline = plan_pb2.Plan()
    headline.CopyFrom(message)
    for name in _NOT_IN_HEADLINE:
        headline.ClearField(name)  # type: ignore[arg-type]
    planned = {item.request_id: set[int]() for item in problem.activities}
    by_id = {item.activity_id: item for item in problem.activities}
    for placed in outcome.result.schedule.activities:
        activity = by_id[placed.activity_id]
        planned[activity.request_id].add(activity.repetition_index)
    return PlanContent(
        mission_id=message.mission_id,
        mission_version=message.mission_version,
        asset_id=problem.asset_id,
        status=outcome.result.status,
        content_hash=message.content_hash,
        problem_hash=message.problem_hash,
        window_set_id=message.window_set_id,
        message=message.SerializeToString(deterministic=True),
        headline=headline.SerializeToString(deterministic=True),
        problem=pack_problem(problem),
        schedule=pack_schedule(outcome.result.schedule),
        contacts=tuple(_bookings(basis.inputs, problem, outcome.result)),
        planned_requests={request_id: len(indices) for request_id, indices in planned.items() if indices},
        owner_only_requests=owner_only_requests(message),
        parties=parties_of(
            problem,
            outcome.result.schedule,
            validation.deliveries,
            basis.inputs.requests.activities,
            {station_id: station.agency_id for station_id, station in basis.inputs.stations.items()},
            basis.parties_before,
        ),
    )


def validation_message(report: ValidationReport, problem: PlanningProblem) -> plan_pb2.ValidationReport:
    """Return the validator's verdict as its message."""
    violations = [_violation(violation, problem) for violation in report.violations]
    return to_message(report, plan_pb2.ValidationReport, violations=violations)


def _message(
    basis: PlanBasis,
    problem: PlanningProblem,
    outcome: PlanningOutcome,
    validation: ValidationReport,
    objective: ObjectiveParts,
) -> plan_pb2.Plan:
    inputs, result = basis.inputs, outcome.result
    visibilities, shared = basis.visibilities, mission_resource_ids(inputs.document)
    plan = plan_pb2.Plan(
        mission_id=inputs.mission_id,
        mission_version=inputs.mission_version,
        problem_hash=f"sha256:{problem_hash(problem)}",
        horizon=span_interval(problem, (0, problem.horizon_s)),
        site=basis.site if basis.site.site_id else None,
        alternative_sites=basis.alternative_sites,
        waypoints=inputs.waypoints,
        routes=basis.routes,
        window_set_id=basis.window_set.window_set_id,
        window_summaries=basis.window_set.summaries,
        activities=activity_messages(problem, result, validation),
        contacts=contact_messages(problem, result, validation),
        unplanned=[
            *_unplanned(problem, outcome.unplanned),
            *(to_message(item, plan_pb2.UnplannedRequest) for item in plannable(inputs.requests).left_out),
            *basis.left_out,
        ],
        profiles=profile_messages(problem, (*validation.profiles, *sun_elevation(problem, inputs.windows))),
        status=number_of(result.status, plan_pb2.SolveStatus.DESCRIPTOR),  # type: ignore[arg-type]
        margins=to_message(problem.margins, plan_pb2.PlanMargins) if problem.margins else None,
        objective=objective_message(objective, result.bound),
        validation=validation_message(validation, problem),
        provenance=basis.provenance,
        stage_times=[plan_pb2.StageTime(name=name, elapsed_s=spent) for name, spent in basis.stage_times.items()],
        replan=basis.replan,
        changes=[change_message(change, problem, basis.before) for change in basis.changes],
    )
    locked = {lock.activity_id for lock in problem.holds.locks}
    for activity in plan.activities:
        activity.mission_resource_ids.extend(name for name in activity.resource_ids if name in shared)
        activity.is_locked = activity.activity_id in locked
    for item in request_items(plan):
        if item.request_id:
            item.visibility = visibilities.get(item.request_id, _OWNER)
    return plan


def change_message(change: Change, problem: PlanningProblem, before: plan_pb2.Plan) -> replan_pb2.PlanChange:
    """Return a change as its message; what is no longer asked for is as the plan before had it."""
    item = change.after or change.before
    activity: Activity | plan_pb2.PlannedActivity | None = None
    if isinstance(item, PlacedActivity):
        activity = next((a for a in problem.activities if a.activity_id == item.activity_id), None)
        activity = activity or next((a for a in before.activities if a.activity_id == item.activity_id), None)
    return replan_pb2.PlanChange(
        kind=replan_pb2.ChangeKind.Value(f"CHANGE_KIND_{change.kind}"),
        item_id=change.label,
        title=activity.title if activity else change.label,
        request_id=activity.request_id if activity else "",
        agency_id=activity.agency_id if activity else "",
        before=span_interval(problem, change.before.span) if change.before else None,
        after=span_interval(problem, change.after.span) if change.after else None,
        reason=change.reason,
        explanation=change.explanation,
        because=change.because,
    )


def _bookings(inputs: ProblemInputs, problem: PlanningProblem, result: SolveResult) -> list[PlanContact]:
    edges = {
        window.window_id: (window.interval.start_time.ToNanoseconds(), window.interval.end_time.ToNanoseconds())
        for window in inputs.windows
    }
    windows = {window.window_id: window for window in problem.contact_windows}
    bookings = []
    for contact in sorted(result.schedule.contacts, key=lambda item: item.span):
        start_time, end_time = (problem.start_time + timedelta(seconds=second) for second in contact.span)
        window_id = source_window_id(contact.window_id)
        # A contact that goes on during a drive may leave the window of the place where it began.
        low, high = edges[window_id]
        within = low <= to_timestamp(start_time).ToNanoseconds() and to_timestamp(end_time).ToNanoseconds() <= high
        window = windows[contact.window_id]
        bookings.append(
            PlanContact(
                contact.station_id,
                start_time,
                end_time,
                window_id if within else "",
                window.setup_s,
                window.teardown_s,
            )
        )
    return bookings


def _unplanned(problem: PlanningProblem, unplanned: tuple[Unplanned, ...]) -> list[plan_pb2.UnplannedRequest]:
    values: dict[tuple[str, int], float] = {}
    first: dict[tuple[str, int], Activity] = {}
    for activity in problem.activities:
        key = (activity.request_id, activity.repetition_index)
        # Of alternatives the best counts; the first step of each carries its whole value.
        values[key] = max(activity.value, values.get(key, 0.0))
        first.setdefault(key, activity)
    return [
        to_message(
            item,
            plan_pb2.UnplannedRequest,
            title=first[item.request_id, item.repetition_index].title,
            agency_id=first[item.request_id, item.repetition_index].agency_id,
            value=values[item.request_id, item.repetition_index],
        )
        for item in unplanned
    ]


def why_not_message(why: WhyNot, problem: PlanningProblem) -> plan_pb2.ExplainUnplannedResponse:
    """Return why a repetition is not planned as its message."""
    unplanned = _unplanned(problem, (why.unplanned,))[0]
    return to_message(why, plan_pb2.ExplainUnplannedResponse, unplanned=unplanned)


def profile_messages(problem: PlanningProblem, profiles: Iterable[Profile]) -> list[plan_pb2.ResourceProfile]:
    """Return the profiles of the resources that a problem reckons with as their messages."""
    users = _users(problem)
    return [
        _profile(profile, problem, users)
        for profile in profiles
        if not (problem.is_placeless and profile.resource_id in PLACE_PROFILES)
    ]


def _users(problem: PlanningProblem) -> dict[str, list[str]]:
    """Return the requests that take of each resource that is not unary."""
    requests = {activity.activity_id: activity.request_id for activity in problem.activities}
    named = [(limit.limit_id, limit.uses) for limit in problem.limits]
    named += [(resource.resource_id, resource.uses) for resource in problem.cumulative_resources]
    uses = {name: [use.activity_id for use in each] for name, each in named}
    uses |= {reservoir.resource_id: [use.activity_id for use in reservoir.uses] for reservoir in problem.reservoirs}
    return {name: sorted({requests[each] for each in ids if each in requests}) for name, ids in uses.items()}


def _profile(profile: Profile, problem: PlanningProblem, users: Mapping[str, list[str]]) -> plan_pb2.ResourceProfile:
    minimum_time = problem.start_time + timedelta(seconds=profile.minimum_offset_s)
    name = profile.resource_id
    request_ids = users.get(name, users.get(name.removesuffix(".least").removesuffix(".most"), []))
    return to_message(
        profile, plan_pb2.ResourceProfile, minimum_time=to_timestamp(minimum_time), request_ids=request_ids
    )


def _violation(violation: Violation, problem: PlanningProblem) -> plan_pb2.Violation:
    return to_message(violation, plan_pb2.Violation, interval=span_interval(problem, violation.span))


def objective_message(parts: ObjectiveParts, bound: float) -> plan_pb2.Objective:
    """Return an objective as its message, with its distance from a bound."""
    gap = (bound - parts.objective) / abs(bound) if bound else 0.0
    return to_message(parts, plan_pb2.Objective, bound=bound, gap=gap)
