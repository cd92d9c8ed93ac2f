"""Making a plan: from a mission to a stored draft that the independent validator has passed."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from malapert.comms_window.v1 import window_pb2
from malapert.landing_site.v1 import route_pb2, site_pb2, terrain_pb2
from malapert.payload.v1 import science_pb2
from malapert.planner.v1 import plan_pb2, solve_pb2
from malapert_core.db.database import Database
from malapert_core.errors import InternalError, NotFoundError, PreconditionError
from malapert_core.jobs.queue import Priority
from malapert_core.operations.operations import OperationContext

from malapert_planner.domain.explanation.feasibility import impossible_names
from malapert_planner.domain.explanation.nights import nowhere_left
from malapert_planner.domain.life.mission import Mission
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.result import SolveResult, SolveStatus
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.services.jobs.planning_jobs import PlanningOutcome, SolveLimits, StageProgress, plan_job
from malapert_planner.services.jobs.solver_jobs import SolverJobs
from malapert_planner.services.making.antenna_book import read_antenna_book
from malapert_planner.services.making.antenna_quotas import read_antenna_quotas
from malapert_planner.services.making.plan_content import PlanBasis, make_content
from malapert_planner.services.making.problem_builder import build_problem
from malapert_planner.services.making.problem_file import write_defect
from malapert_planner.services.making.problem_inputs import ProblemInputs
from malapert_planner.services.making.provenance import plan_provenance
from malapert_planner.services.making.told_errors import ToldErrors
from malapert_planner.services.making.ways import shown_routes
from malapert_planner.services.plans.lineage import bookings_plan
from malapert_planner.services.plans.mission_documents import mission_document
from malapert_planner.services.plans.record import PlanRecord, new_plan
from malapert_planner.services.ports import Clock, CommsWindows, LandingSites, Payloads
from malapert_planner.services.requests_out import service_requests as ask
from malapert_planner.services.requests_out.orbits import orbiter_requests
from malapert_planner.storage.missions import MissionStore
from malapert_planner.storage.plans import PlanStore
from malapert_planner.storage.secrets import SecretStore

log = structlog.get_logger(__name__)

GENERATE_PLAN = "generate_plan"
_PRIORITIES: dict[solve_pb2.SolvePriority.ValueType, Priority] = {
    solve_pb2.SOLVE_PRIORITY_URGENT: Priority.URGENT,
    solve_pb2.SOLVE_PRIORITY_ROUTINE: Priority.ROUTINE,
    solve_pb2.SOLVE_PRIORITY_BACKGROUND: Priority.BACKGROUND,
}
QUEUE_TITLE = "Waiting for a free solver"
_STAGE_TITLES = {
    "solve": "Placing activities, drives and contacts",
    "validate": "Checking the plan independently",
    "explain": "Finding reasons for what is not planned",
    "replay": "Replaying the plan under draws",
}


@dataclass(frozen=True, slots=True)
class Stores:
    """Stores of missions and plans."""

    database: Database
    missions: MissionStore
    plans: PlanStore
    secrets: SecretStore


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Clients of the services below."""

    landing_sites: LandingSites
    comms_windows: CommsWindows
    payloads: Payloads


@dataclass(frozen=True, slots=True)
class _Ground:
    """Terrain, site, waypoints and routes of a mission."""

    stack: terrain_pb2.TerrainStack
    search: site_pb2.SiteSearch | None
    site: site_pb2.Site
    alternatives: tuple[site_pb2.Site, ...]
    waypoints: Sequence[route_pb2.Waypoint]
    routes: route_pb2.FindRoutesResponse


_NO_GROUND = _Ground(terrain_pb2.TerrainStack(), None, site_pb2.Site(), (), (), route_pb2.FindRoutesResponse())
"""Empty ground of a mission without a terrain."""


@dataclass(frozen=True, slots=True)
class PlanMaking:
    """Dependencies of the use cases that make plans.

    ``solver_jobs`` solve, check and explain; ``defects`` takes a schedule that the validator refuses, with its problem;
    ``wall_limit_s`` is the safety net of a solve, seconds: the deterministic limit is the request's or the mission's.
    """

    stores: Stores
    neighbours: Neighbours
    solver_jobs: SolverJobs
    record: PlanRecord
    defects: Path
    wall_limit_s: float
    clock: Clock
    told_errors: ToldErrors

    async def secret(self, mission_id: str) -> bytes:
        """Return the secret from which the salts of a mission's plans are made."""
        async with self.stores.database.transaction() as session:
            return await self.stores.secrets.get(session, mission_id)


class PlanGeneration:
    """Makes plans from missions."""

    def __init__(self, making: PlanMaking) -> None:
        self._making = making

    async def run(self, context: OperationContext) -> None:
        """Do a ``generate_plan`` operation; the plan is stored in the transaction in which it succeeds."""
        request = plan_pb2.GeneratePlanRequest.FromString(context.request)
        mission, precursor = await self._begun(request)
        document = mission_document(mission)
        ground = await self._ground(context, request, document)
        window_set, windows = await self._windows(context, document, ground)
        inputs = await self._inputs(context, mission, document, ground, windows, precursor)
        context.stage("problem", "Stating the planning problem")
        problem = await asyncio.to_thread(build_problem, inputs)
        limits = self._limits(request, document)
        try:
            outcome = await self._solved(context, problem, limits, solve_priority(request.priority, Priority.ROUTINE))
        except PreconditionError as error:
            raise await self._making.told_errors.of(error, context.identity, inputs) from None
        context.stage("store", "Storing the plan")
        await asyncio.sleep(0)  # lets the stage begin, so that the time of the one before is known
        provenance = plan_provenance(
            mission, document, ground.stack, ground.search, ground.routes, window_set, inputs, outcome, limits
        )
        spent = {stage.name: stage.elapsed_s for stage in context.operation.stages}
        basis = PlanBasis(
            inputs,
            ground.site,
            ground.alternatives,
            shown_routes(ground.routes.routes),
            window_set,
            provenance,
            spent,
            secret=await self._making.secret(mission.mission_id),
        )
        plan = await asyncio.to_thread(self._plan, basis, problem, outcome, mission, request, context)
        async with context.finish(plan.plan_id) as session:
            await self._making.record.add(session, plan, context.identity)

    async def _begun(self, request: plan_pb2.GeneratePlanRequest) -> tuple[Mission, Plan | None]:
        async with self._making.stores.database.reading() as session:
            mission = await self._making.stores.missions.get(session, request.mission_id, request.mission_version)
            if not request.precursor_plan_id:
                return mission, None
            precursor = await self._making.stores.plans.get(session, request.precursor_plan_id)
        if precursor.content.mission_id != mission.mission_id:
            message = f"plan {precursor.plan_id} is of mission {precursor.content.mission_id!r}"
            raise PreconditionError("WRONG_MISSION", message)
        return mission, precursor

    async def _ground(
        self, context: OperationContext, request: plan_pb2.GeneratePlanRequest, document: MissionDocument
    ) -> _Ground:
        if document.terrain is None:
            return _NO_GROUND
        sites = self._making.neighbours.landing_sites
        context.stage("terrain", "Laying the terrain")
        search: site_pb2.SiteSearch | None = None
        if request.site_id:
            site = await sites.get_site(request.site_id)
            stack = await sites.get_terrain_stack(site.terrain_stack_id)
            ranked: tuple[site_pb2.Site, ...] = ()
        else:
            stack = await sites.create_terrain_stack(ask.terrain_stack(document, request.terrain_ids))
            context.stage("sites", "Searching and ranking landing sites")
            search = await sites.search_sites(ask.site_search(document, stack.terrain_stack_id), context.progress)
            if not search.sites:
                raise PreconditionError("NO_LANDING_SITE", _no_site(search))
            site, ranked = search.sites[0], tuple(search.sites[1:])
        context.stage("waypoints", "Placing waypoints and finding routes")
        waypoints = await sites.resolve_waypoints(ask.waypoints(document, site.site_id))
        context.progress(0.5)
        routes = await sites.find_routes(ask.routes(document, stack.terrain_stack_id, waypoints))
        return _Ground(stack, search, site, ranked, waypoints, routes)

    async def _windows(
        self, context: OperationContext, document: MissionDocument, ground: _Ground
    ) -> tuple[window_pb2.WindowSet, Sequence[window_pb2.Window]]:
        context.stage("windows", "Computing light and contact windows")
        for _, registration in orbiter_requests(document):
            registration.validate_only, registration.mission_id = False, document.mission.id
            await self._making.neighbours.comms_windows.register_orbiter(registration)
        if document.terrain is not None:
            request = ask.windows(document, ground.stack.terrain_stack_id, ground.waypoints)
        else:
            without_terrain = ask.windows_without_terrain(document)
            if without_terrain is None:
                return window_pb2.WindowSet(), ()
            request = without_terrain
        window_set = await self._making.neighbours.comms_windows.compute_windows(request, context.progress)
        return window_set, await self._making.neighbours.comms_windows.list_windows(window_set.window_set_id)

    async def _inputs(
        self,
        context: OperationContext,
        mission: Mission,
        document: MissionDocument,
        ground: _Ground,
        windows: Sequence[window_pb2.Window],
        precursor: Plan | None,
    ) -> ProblemInputs:
        context.stage("requests", "Collecting requests and bookings")
        lights = [
            science_pb2.PlaceLight(place_id=waypoint.waypoint_id, mean_sun_fraction=waypoint.mean_sun_fraction)
            for waypoint in ground.waypoints
        ]
        requests = await self._making.neighbours.payloads.expand_requests(mission.mission_id, mission.version, lights)
        async with self._making.stores.database.reading() as session:
            own_plan_id = await bookings_plan(
                session, self._making.stores.plans, precursor.plan_id if precursor else ""
            )
        span = (mission.start_time, mission.end_time)
        book = await read_antenna_book(self._making.neighbours.comms_windows, span, own_plan_id)
        quotas = await read_antenna_quotas(
            self._making.neighbours.comms_windows, context.identity.agency_id, mission.mission_id, span, own_plan_id
        )
        stations = book.stations
        for station_id in document.stations:
            if station_id not in stations:
                raise NotFoundError("station", station_id)
        return ProblemInputs(
            mission_id=mission.mission_id,
            mission_version=mission.version,
            document=document,
            waypoints=ground.waypoints,
            routes=ground.routes.routes,
            stations=stations,
            windows=windows,
            requests=requests,
            bookings=book.bookings,
            outages=book.outages,
            route_points=ground.routes.points,
            antenna_quotas=quotas,
        )

    def _limits(self, request: plan_pb2.GeneratePlanRequest, document: MissionDocument) -> SolveLimits:
        work_limit_s = request.work_limit_s or document.solver.work_limit.amount
        return SolveLimits(request.seed or document.solver.seed, work_limit_s, self._making.wall_limit_s)

    async def _solved(
        self, context: OperationContext, problem: PlanningProblem, limits: SolveLimits, priority: Priority
    ) -> PlanningOutcome:
        context.stage("queue", QUEUE_TITLE)
        outcome: PlanningOutcome = await self._making.solver_jobs.run(
            plan_job,
            problem,
            limits,
            priority=priority,
            key=context.operation_id,
            on_progress=follow_stages(context),
            cancelled=context.cancelled,
        )
        require_schedule(outcome.result, problem)
        require_valid(problem, outcome, self._making.defects)
        return outcome

    def _plan(
        self,
        basis: PlanBasis,
        problem: PlanningProblem,
        outcome: PlanningOutcome,
        mission: Mission,
        request: plan_pb2.GeneratePlanRequest,
        context: OperationContext,
    ) -> Plan:
        return new_plan(
            make_content(basis, problem, outcome),
            mission.reviewer_agency_ids,
            request.precursor_plan_id,
            context.identity,
            self._making.clock(),
        )


def solve_priority(asked: solve_pb2.SolvePriority.ValueType, otherwise: Priority) -> Priority:
    """Return what a request says of its solve's priority."""
    return _PRIORITIES.get(asked, otherwise)


def follow_stages(context: OperationContext) -> Callable[[StageProgress], None]:
    """Return what tells an operation how far a job is."""
    stage = ""

    def progressed(progress: StageProgress) -> None:
        nonlocal stage
        if progress.stage != stage:
            stage = progress.stage
            context.stage(stage, _STAGE_TITLES[stage])
        else:
            context.progress(progress.fraction, progress.detail, progress.found)

    return progressed


def require_valid(problem: PlanningProblem, outcome: PlanningOutcome, defects: Path) -> None:
    """Raise where the validator refused a schedule, which is a defect: it is written with its problem."""
    report = outcome.validation
    if report is None or report.valid:
        return
    path, digest = write_defect(defects, problem, outcome.result.schedule, report)
    rules = sorted({violation.rule_id for violation in report.violations})
    log.error("validator refused a plan", defect=str(path), content_hash=digest, rules=rules)
    message = f"the validator found {len(report.violations)} violations of {', '.join(rules)}; this is a defect"
    raise InternalError("PLAN_REFUSED_BY_VALIDATOR", message, metadata={"defect": digest})


def require_schedule(result: SolveResult, problem: PlanningProblem | None = None) -> None:
    """Raise where a solve ended without a schedule: INFEASIBLE where that is proven, NO_PLAN_FOUND with the limit.

    Of a problem that is given, mandatory requests that nothing can hold are told with the reason of each, and what of
    the night rule no route can keep.
    """
    nights = nowhere_left(problem) if problem and result.status in (SolveStatus.UNKNOWN, SolveStatus.INFEASIBLE) else ""
    if nights:
        raise PreconditionError("INFEASIBLE", f"no schedule is possible: {nights}", metadata={"conflict": ""})
    if result.status is SolveStatus.UNKNOWN:
        cut = result.parameters.get("wall_cut") == "true"
        limit = (
            f"wall limit of {result.parameters['wall_limit_s']}"
            if cut
            else f"work limit of {result.parameters['work_limit']}"
        )
        message = f"no schedule with every mandatory request was found at the chosen site within the {limit} s"
        raise PreconditionError("NO_PLAN_FOUND", message, metadata={"limit": limit})
    if result.status is not SolveStatus.INFEASIBLE:
        return
    if not result.conflict:
        message = "no schedule keeps battery and storage within their limits at the chosen site, even without requests"
        raise PreconditionError("INFEASIBLE", message, metadata={"conflict": ""})
    message = f"mandatory requests contradict each other at the chosen site: {', '.join(result.conflict)}"
    if not result.conflict_minimal:
        message += " (it was not proven in time that each of them is needed for that)"
    reasons = impossible_names(problem, result.conflict) if problem else {}
    message += "".join(f"; nothing can hold {name}: {reason}" for name, reason in sorted(reasons.items()))
    minimal = str(result.conflict_minimal).lower()
    metadata = {"conflict": ",".join(result.conflict), "conflict_minimal": minimal}
    raise PreconditionError("INFEASIBLE", message, metadata=metadata)


def _no_site(search: site_pb2.SiteSearch) -> str:
    refused = ", ".join(f"{item.limit} refused {item.count}" for item in search.rejections)
    return f"none of {search.candidate_count} candidates keeps the lander's limits: {refused}"
