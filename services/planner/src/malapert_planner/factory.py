"""Builds the planner from its parts."""

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path

from malapert.planner.v1 import charter_pb2_grpc, edit_pb2_grpc, robustness_pb2_grpc
from malapert.planner.v1.feasibility_pb2_grpc import add_FeasibilityServiceServicer_to_server
from malapert.planner.v1.mission_pb2_grpc import add_MissionServiceServicer_to_server
from malapert.planner.v1.plan_pb2_grpc import add_PlanServiceServicer_to_server
from malapert.planner.v1.review_pb2_grpc import add_ReviewServiceServicer_to_server
from malapert.planner.v1.thread_pb2_grpc import add_ThreadServiceServicer_to_server
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.times import utc_datetime
from malapert_core.background import background
from malapert_core.fairness.quota import StorageQuota
from malapert_core.jobs.queue import WorkQueue
from malapert_core.jobs.worker import JobWorker, Perform
from malapert_core.jobs.worker_process import running_worker
from malapert_core.logging import configure_logging
from malapert_core.policy.charters import CHARTER_SERVICE
from malapert_core.reading_processes import ReadingProcesses
from malapert_core.retention.rules import RetentionRule
from malapert_core.rpc.server import Registration
from malapert_core.service import ServiceParts, ServiceRuntime, run_until_stopped
from malapert_core.timestamps import utc_now
from malapert_core.vocabulary.units import load_units

from malapert_planner.clients import comms_window, landing_site, payload
from malapert_planner.config import PlannerSettings, SolverLimits, WorkerSettings
from malapert_planner.handlers.charter_events import CharterAnnouncer
from malapert_planner.handlers.charters import CharterHandlers
from malapert_planner.handlers.edits import EditHandlers
from malapert_planner.handlers.events import PlanAnnouncer
from malapert_planner.handlers.feasibility import FeasibilityHandlers
from malapert_planner.handlers.missions import MissionHandlers
from malapert_planner.handlers.neighbour_events import ContactEventHandler, RequestEventHandler
from malapert_planner.handlers.plans import PlanHandlers
from malapert_planner.handlers.reviews import ReviewHandlers
from malapert_planner.handlers.robustness import RobustnessHandlers
from malapert_planner.handlers.shown_plans import ShownPlans
from malapert_planner.handlers.threads import ThreadHandlers
from malapert_planner.mission_document import mission_schema
from malapert_planner.mission_document.checks import Span
from malapert_planner.services.editing.edit_drafts import EditDrafts
from malapert_planner.services.editing.plan_edits import PlanEdits
from malapert_planner.services.jobs.job_messages import WORKER_MODULES
from malapert_planner.services.jobs.solver_jobs import AREA, SolverJobs, performer
from malapert_planner.services.jobs.worker_process import WorkerProcesses
from malapert_planner.services.making.feasibility import FeasibilityCheck
from malapert_planner.services.making.generation import GENERATE_PLAN, Neighbours, PlanGeneration, PlanMaking, Stores
from malapert_planner.services.making.told_errors import ToldErrors
from malapert_planner.services.plans.archive import PlanArchive, archive_from_time_to_time
from malapert_planner.services.plans.bookings import PlanBookings
from malapert_planner.services.plans.charter_changes import CharterChanges
from malapert_planner.services.plans.charters import CharterService
from malapert_planner.services.plans.delegations import Delegations
from malapert_planner.services.plans.derived_plans import DerivedPlans
from malapert_planner.services.plans.entry import PlanEntry
from malapert_planner.services.plans.mission_checks import MissionChecks
from malapert_planner.services.plans.missions import MissionService
from malapert_planner.services.plans.noticed_plans import NoticedPlans
from malapert_planner.services.plans.notices import PlanNotices
from malapert_planner.services.plans.plan_import import PlanImport
from malapert_planner.services.plans.plans import PlanService
from malapert_planner.services.plans.proposals import ProposalService
from malapert_planner.services.plans.record import PlanRecord
from malapert_planner.services.plans.release import PlanRelease, finish_pending
from malapert_planner.services.plans.release_checks import ReleaseChecks
from malapert_planner.services.plans.reviews import PlanReviews
from malapert_planner.services.plans.standing import PlanStandings
from malapert_planner.services.plans.stored_documents import StoredDocuments
from malapert_planner.services.plans.threads import PlanThreads
from malapert_planner.services.replanning.replanning import REPLAN_PLAN, PlanReplanning
from malapert_planner.services.robustness.assessments import ASSESS_ROBUSTNESS, RobustnessAssessments
from malapert_planner.services.sharing.viewing import PlanViewing
from malapert_planner.storage.charter_changes import CharterChangeStore
from malapert_planner.storage.charters import CharterStore
from malapert_planner.storage.delegations import DelegationStore
from malapert_planner.storage.edit_drafts import EditDraftStore
from malapert_planner.storage.missions import MissionStore
from malapert_planner.storage.notices import NoticeStore
from malapert_planner.storage.plans import PlanStore
from malapert_planner.storage.proposals import ProposalStore
from malapert_planner.storage.robustness import RobustnessStore
from malapert_planner.storage.secrets import SecretStore
from malapert_planner.storage.tables import EditDraftRow
from malapert_planner.storage.threads import ThreadStore

MIGRATIONS = Path(__file__).parent / "migrations"


@asynccontextmanager
async def build(runtime: ServiceRuntime[PlannerSettings]) -> AsyncIterator[ServiceParts]:
    """Build the planner: its stores, the services that it asks, its use cases and what it serves."""
    stores = Stores(runtime.database, MissionStore(), PlanStore(), SecretStore())
    charter_store = CharterStore()
    charters = CharterService(runtime.database, charter_store, stores.missions)
    charter_announcer, proposal_store = CharterAnnouncer(runtime.outbox), ProposalStore()
    charter_changes = CharterChanges(
        runtime.database, charter_store, CharterChangeStore(), charter_announcer, runtime.audit, utc_now
    )
    neighbours = _neighbours(runtime)
    reading = ReadingProcesses(["malapert_planner.mission_document"], niceness=runtime.settings.reading_niceness)
    mission_schema()  # It is made once, before anybody waits for it.
    load_units()
    queue = WorkQueue(runtime.nats, AREA)
    solver_jobs = SolverJobs(queue)
    announcer = PlanAnnouncer(runtime.outbox)
    notices = PlanNotices(runtime.database, NoticeStore(), stores.plans, announcer, runtime.audit, utc_now)
    quota = StorageQuota(runtime.settings.stored_bytes_of_agency)
    stored = StoredDocuments(runtime.database, stores.missions, proposal_store, quota)
    missions = MissionService(
        runtime.database,
        stores.missions,
        charter_store,
        proposal_store,
        charter_announcer,
        runtime.audit,
        neighbours.payloads,
        neighbours.comms_windows,
        notices,
        MissionChecks(neighbours.payloads, neighbours.comms_windows, ephemeris_span(), utc_now, reading),
        stored,
        utc_now,
    )
    proposals = ProposalService(
        runtime.database, proposal_store, charters, missions, charter_announcer, runtime.audit, utc_now
    )
    record = PlanRecord(stores.plans, announcer, runtime.audit)
    standings = PlanStandings(runtime.database, stores.plans, neighbours.comms_windows, solver_jobs, utc_now)
    plans = PlanService(
        runtime.database, stores.plans, stores.secrets, charters, solver_jobs, record, standings, utc_now
    )
    delegation_store = DelegationStore()
    reviews = PlanReviews(runtime.database, stores.plans, delegation_store, record, announcer, runtime.audit, utc_now)
    delegations = Delegations(runtime.database, delegation_store, charters, runtime.audit, utc_now)
    threads = PlanThreads(runtime.database, stores.plans, ThreadStore(), charters, announcer, runtime.audit, utc_now)
    viewing = PlanViewing(charters, utc_now)
    shown = ShownPlans(viewing, utc_now)
    untouched = timedelta(days=runtime.settings.draft_retention_days)
    archive = PlanArchive(runtime.database, stores.plans, record, utc_now, untouched)
    checks = ReleaseChecks(neighbours.payloads, stores.missions, viewing)
    bookings = PlanBookings(neighbours.comms_windows, utc_now)
    release = PlanRelease(runtime.database, stores.plans, record, bookings, checks, notices, utc_now)
    making = PlanMaking(
        stores,
        neighbours,
        solver_jobs,
        record,
        defects=runtime.settings.data_dir / "defects",
        wall_limit_s=runtime.settings.solver_wall_limit_s,
        clock=utc_now,
        told_errors=ToldErrors(charters, utc_now),
    )
    derived = DerivedPlans(making)
    edit_drafts = EditDrafts(runtime.database, EditDraftStore(), runtime.audit, utc_now)
    runtime.operations.register(GENERATE_PLAN, PlanGeneration(making).run)
    runtime.operations.register(REPLAN_PLAN, PlanReplanning(making).run)
    assessments = RobustnessAssessments(
        runtime.database, stores.plans, RobustnessStore(), solver_jobs, runtime.audit, viewing, utc_now
    )
    runtime.operations.register(ASSESS_ROBUSTNESS, assessments.run)
    async with (
        reading,
        _own_worker(runtime, queue),
        background(finish_pending(release)),
        background(archive_from_time_to_time(archive)),
    ):
        yield ServiceParts(
            registrations=[
                Registration(
                    "malapert.planner.v1.MissionService",
                    add_MissionServiceServicer_to_server,
                    MissionHandlers(missions, charters, proposals),
                ),
                Registration(
                    CHARTER_SERVICE,
                    charter_pb2_grpc.add_CharterServiceServicer_to_server,
                    CharterHandlers(charters, charter_changes),
                ),
                Registration(
                    "malapert.planner.v1.FeasibilityService",
                    add_FeasibilityServiceServicer_to_server,
                    FeasibilityHandlers(
                        FeasibilityCheck(runtime.database, stores.missions, stores.plans, neighbours.comms_windows)
                    ),
                ),
                Registration(
                    "malapert.planner.v1.PlanService",
                    add_PlanServiceServicer_to_server,
                    PlanHandlers(
                        missions,
                        plans,
                        release,
                        PlanImport(derived),
                        notices,
                        archive,
                        runtime.operations,
                        reviews,
                        shown,
                        charters,
                        NoticedPlans(plans, viewing),
                    ),
                ),
                Registration(
                    "malapert.planner.v1.ReviewService",
                    add_ReviewServiceServicer_to_server,
                    ReviewHandlers(reviews, delegations, plans, shown),
                ),
                Registration(
                    "malapert.planner.v1.EditService",
                    edit_pb2_grpc.add_EditServiceServicer_to_server,
                    EditHandlers(plans, PlanEdits(solver_jobs, derived, edit_drafts), edit_drafts, shown),
                ),
                Registration(
                    "malapert.planner.v1.RobustnessService",
                    robustness_pb2_grpc.add_RobustnessServiceServicer_to_server,
                    RobustnessHandlers(plans, assessments, runtime.operations, shown),
                ),
                Registration(
                    "malapert.planner.v1.ThreadService",
                    add_ThreadServiceServicer_to_server,
                    ThreadHandlers(threads),
                ),
            ],
            subscriptions=[
                *RequestEventHandler(notices).subscriptions(),
                *ContactEventHandler(notices, release.wake).subscriptions(),
            ],
            retention=retention(runtime.settings),
            entry=PlanEntry(runtime.database, stores.plans, charters),
            limits=[stored.limit_uses],
        )


@asynccontextmanager
async def _own_worker(runtime: ServiceRuntime[PlannerSettings], queue: WorkQueue) -> AsyncIterator[None]:
    """Do jobs within the service too, where its settings say so."""
    slots = runtime.settings.solver_processes
    if not slots:
        yield
        return
    with _performer(runtime.settings, slots) as perform:
        worker = JobWorker(queue, perform, slots=slots, tracer=runtime.telemetry.tracer)
        async with background(worker.run()):
            yield


@contextmanager
def _performer(settings: SolverLimits, slots: int) -> Iterator[Perform]:
    # One more than its slots: a worker keeps one for those who wait for an answer.
    processes = WorkerProcesses(
        slots + 1, WORKER_MODULES, settings.solver_memory_limit_bytes, niceness=settings.solver_niceness
    )
    try:
        yield performer(processes, settings.solver_job_limit_s)
    finally:
        processes.close()


@asynccontextmanager
async def solver_worker(settings: WorkerSettings) -> AsyncIterator[int]:
    """Do the planner's jobs for the length of a block; yields the port of its health."""
    slots = settings.solver_processes
    with _performer(settings, slots) as perform:
        async with running_worker(settings, AREA, perform, slots=slots) as port:
            yield port


def retention(settings: PlannerSettings) -> Sequence[RetentionRule]:
    """Return what is deleted once it is old; plans are archived, not deleted."""
    kept = timedelta(days=settings.edits_kept_days)
    return (RetentionRule("edits under way", kept, EditDraftRow, EditDraftRow.updated_time),)


def build_for_process(runtime: ServiceRuntime[PlannerSettings]) -> AbstractAsyncContextManager[ServiceParts]:
    """Build the planner in a process of its own, which keeps compiled code in the data directory."""
    keep_compiled(runtime.settings.data_dir)
    return build(runtime)


def keep_compiled(data_dir: Path) -> None:
    """Have processes that are started from now on keep compiled code in a data directory, unless told where."""
    os.environ.setdefault("NUMBA_CACHE_DIR", str((data_dir / "numba").absolute()))


async def work() -> None:
    """Be a solver worker until SIGTERM or SIGINT."""
    settings = WorkerSettings()
    keep_compiled(settings.data_dir)
    configure_logging(settings)
    await run_until_stopped(solver_worker(settings))


def _neighbours(runtime: ServiceRuntime[PlannerSettings]) -> Neighbours:
    settings = runtime.settings
    targets = (
        (landing_site, settings.landing_site_target),
        (comms_window, settings.comms_window_target),
        (payload, settings.payload_target),
    )
    channels = [
        runtime.open_channel(target, client.SERVICES, idempotent_methods=client.IDEMPOTENT_METHODS)
        for client, target in targets
    ]
    return Neighbours(
        landing_site.LandingSiteClient(channels[0]),
        comms_window.CommsWindowClient(channels[1]),
        payload.PayloadClient(channels[2]),
    )


def ephemeris_span() -> Span:
    """Return the epochs for which Sun, Earth and stations can be computed."""
    start_s, end_s = Ephemeris().span_utc_s
    return utc_datetime(start_s), utc_datetime(end_s)
