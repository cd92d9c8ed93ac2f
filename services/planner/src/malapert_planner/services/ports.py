"""Ports of the use cases: interfaces of the services below, worker processes, events, the time."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from malapert.comms_window.v1 import agreement_pb2, contact_pb2, orbiter_pb2, outage_pb2, window_pb2
from malapert.landing_site.v1 import route_pb2, site_pb2, terrain_pb2
from malapert.payload.v1 import catalogue_pb2, execution_pb2, request_pb2, science_pb2
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.charter import CharterChange, CharterVersion
from malapert_planner.domain.life.listing import NoticedPlan
from malapert_planner.domain.life.notices import PlanNotice
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.proposal import MissionProposal
from malapert_planner.domain.life.reviews import Review
from malapert_planner.domain.life.threads import Thread, ThreadAction

Clock = Callable[[], datetime]
"""Returns the present instant as an aware UTC datetime."""

Progress = Callable[[float, str], None]
"""Callback of progress: the share done, 0 to 1, and the current stage."""


class LandingSites(Protocol):
    """Terrain, sites, waypoints and routes."""

    async def create_terrain_stack(self, request: terrain_pb2.CreateTerrainStackRequest) -> terrain_pb2.TerrainStack:
        """Return the stack that a request describes."""

    async def get_terrain_stack(self, terrain_stack_id: str) -> terrain_pb2.TerrainStack:
        """Return a stack."""

    async def search_sites(self, request: site_pb2.SearchSitesRequest, progress: Progress) -> site_pb2.SiteSearch:
        """Return the sites that a search finds, best first."""

    async def get_site(self, site_id: str) -> site_pb2.Site:
        """Return a site."""

    async def resolve_waypoints(self, request: route_pb2.ResolveWaypointsRequest) -> Sequence[route_pb2.Waypoint]:
        """Return waypoints in the order of their definitions."""

    async def find_routes(self, request: route_pb2.FindRoutesRequest) -> route_pb2.FindRoutesResponse:
        """Return the routes between every ordered pair of waypoints."""


class CommsWindows(Protocol):
    """Stations, orbits, windows and the contact book."""

    async def check_orbiter(self, request: orbiter_pb2.RegisterOrbiterRequest) -> None:
        """Raise ``INVALID_ORBITER`` or ``INVALID_ORBIT`` with every fault where an orbit cannot be followed."""

    async def register_orbiter(self, request: orbiter_pb2.RegisterOrbiterRequest) -> None:
        """Register an orbiter; the same motion again changes nothing. Raises as ``check_orbiter``."""

    async def list_stations(self) -> Sequence[window_pb2.Station]:
        """Return every station."""

    async def compute_windows(
        self, request: window_pb2.ComputeWindowsRequest, progress: Progress
    ) -> window_pb2.WindowSet:
        """Return what a computed set of windows holds."""

    async def list_windows(self, window_set_id: str) -> Sequence[window_pb2.Window]:
        """Return every window of a set with its profiles."""

    async def list_bookings(self, span: tuple[datetime, datetime]) -> Sequence[contact_pb2.Contact]:
        """Return the contacts that hold an antenna within a span."""

    async def list_outages(self, span: tuple[datetime, datetime]) -> Sequence[outage_pb2.Outage]:
        """Return the outages of antennas within a span."""

    async def list_antenna_quotas(
        self, agency_id: str, mission_id: str, span: tuple[datetime, datetime], plan_id: str
    ) -> Sequence[agreement_pb2.AntennaQuota]:
        """Return what an agency could still book of the antennas of others within a span, in place of a plan's."""

    async def list_plan_contacts(
        self, mission_id: str, plan_ids: Sequence[str], *, only_holding: bool = True
    ) -> Sequence[contact_pb2.Contact]:
        """Return the contacts of plans of a mission, only those that hold an antenna unless all are asked for."""

    async def reserve_contacts(self, request: contact_pb2.ReserveContactsRequest) -> Sequence[contact_pb2.Contact]:
        """Return the booked contacts in the order asked, or raise ``CONTACT_CONFLICT`` and book none."""

    async def supersede_contacts(
        self, request: contact_pb2.SupersedeContactsRequest
    ) -> contact_pb2.SupersedeContactsResponse:
        """Return a plan's contacts in the place of another's, or raise as `reserve_contacts` and change nothing."""

    async def release_contacts(self, contact_ids: Sequence[str], reason: str) -> None:
        """Give contacts back."""


class Payloads(Protocol):
    """Instruments, activity types and requests."""

    async def import_catalogue(self, request: catalogue_pb2.ImportCatalogueRequest) -> str:
        """Take, or only check, a mission version's catalogue and return its content hash."""

    async def expand_requests(
        self, mission_id: str, mission_version: int, places: Sequence[science_pb2.PlaceLight]
    ) -> request_pb2.ExpandRequestsResponse:
        """Return a mission's live requests as single activities, worth what they are at places in such light."""

    async def list_requests(
        self, mission_id: str, states: "Sequence[request_pb2.RequestState.ValueType]"
    ) -> Sequence[request_pb2.ActivityRequest]:
        """Return the requests of a mission in some states."""

    async def list_executions(self, mission_id: str) -> Sequence[execution_pb2.Execution]:
        """Return the reports on what was run of a mission's requests, by request and oldest first."""


class Announcer(Protocol):
    """Tells others about plans."""

    def announce(self, session: AsyncSession, plan: Plan) -> None:
        """Announce with the session's transaction what became of a plan."""

    def announce_notice(
        self, session: AsyncSession, plan: NoticedPlan, notice: PlanNotice, audience: Sequence[str] | None = None
    ) -> None:
        """Announce, with the session's transaction, a notice on a plan: to some agencies, or to who sees the plan."""

    def announce_review(self, session: AsyncSession, plan: Plan, review: Review, now: datetime) -> None:
        """Announce, with the session's transaction, what an agency says of a plan."""


class ThreadAnnouncer(Protocol):
    """Tells others about consultation threads."""

    def announce_thread(
        self,
        session: AsyncSession,
        thread: Thread,
        action: ThreadAction,
        agency_id: str,
        mentioned_agency_ids: Sequence[str],
        seeing_agency_ids: Sequence[str],
    ) -> None:
        """Announce, with the session's transaction, to who sees a thread what an agency did to it."""


class CharterAnnouncer(Protocol):
    """Tells others about charters and proposed versions of missions."""

    def announce_charter(self, session: AsyncSession, version: CharterVersion) -> None:
        """Announce, with the session's transaction, the charter in force."""

    def announce_change(self, session: AsyncSession, change: CharterChange, agency_id: str) -> None:
        """Announce, with the session's transaction, what an agency did with a proposed charter."""

    def announce_proposal(self, session: AsyncSession, proposal: MissionProposal) -> None:
        """Announce, with the session's transaction, where a proposed version of a mission stands."""
