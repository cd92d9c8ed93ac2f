"""Creation of missions: whole or not at all, with every fault of the document named at once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.errors import AlreadyExistsError
from malapert_core.policy.charter import Part
from malapert_core.policy.charters import require_entry, require_part
from malapert_core.policy.identity import Identity
from malapert_core.vocabulary.content_hash import bytes_hash
from malapert_core.vocabulary.identifiers import new_identifier
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.charter import CharterVersion, first_charter, parts_by_document
from malapert_planner.domain.life.mission import ListedMission, Mission
from malapert_planner.domain.life.proposal import MissionProposal
from malapert_planner.mission_document import MissionDocument
from malapert_planner.mission_document.checks import horizon_span
from malapert_planner.services.plans.mission_checks import MissionChecks
from malapert_planner.services.plans.mission_documents import canonical_document, completed_document
from malapert_planner.services.plans.notices import PlanNotices
from malapert_planner.services.plans.stored_documents import StoredDocuments
from malapert_planner.services.ports import CharterAnnouncer, Clock, CommsWindows, Payloads
from malapert_planner.services.requests_out.catalogue import catalogue_request
from malapert_planner.storage.charters import CharterStore
from malapert_planner.storage.missions import MissionStore
from malapert_planner.storage.proposals import ProposalStore

Beside = Callable[[AsyncSession, Mission], Awaitable[None]]
"""What is stored with a version, in one transaction."""


class MissionService:
    """Takes and returns missions.

    Parameters
    ----------
    database : Database
    missions : MissionStore
    charters : CharterStore
    proposals : ProposalStore
    announcer : CharterAnnouncer
    trail : AuditTrail
    payloads : Payloads
    comms_windows : CommsWindows
    notices : PlanNotices
    checks : MissionChecks
    stored : StoredDocuments
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        missions: MissionStore,
        charters: CharterStore,
        proposals: ProposalStore,
        announcer: CharterAnnouncer,
        trail: AuditTrail,
        payloads: Payloads,
        comms_windows: CommsWindows,
        notices: PlanNotices,
        checks: MissionChecks,
        stored: StoredDocuments,
        clock: Clock,
    ) -> None:
        self._database = database
        self._missions = missions
        self._charters = charters
        self._proposals = proposals
        self._announcer = announcer
        self._trail = trail
        self._payloads = payloads
        self._comms_windows = comms_windows
        self._notices = notices
        self._checks = checks
        self._stored = stored
        self._clock = clock

    async def create(
        self, document_json: bytes, identity: Identity, *, validate_only: bool = False
    ) -> Mission | MissionProposal:
        """Take a mission document of an owner; the newest version's content again gives that version.

        From a member that does not own the mission it is a proposal. The catalogue goes to the payload service first:
        where it is refused, nothing is stored.

        Raises
        ------
        InvalidInputError
            ``INVALID_MISSION`` with every fault and its path.
        AlreadyExistsError
            ``MISSION_ID_NOT_FREE`` where others own the mission; nothing else is told of it.
        ExhaustedError
            ``STORED_BYTES_LIMIT`` where the agency has no room for another document.
        """
        document, faults = await self._checks.read(document_json, identity.agency_id)
        charter = await self._entered(document.mission.id, identity)
        newest = await self._newest(document.mission.id)
        faults += self._checks.new_agency_faults(document, newest, charter)
        completed = completed_document(document, newest, identity.agency_id)
        await self._checks.require_sound(completed, newest, faults)
        if charter is not None and Part.OWNER not in charter.charter.parts_of(identity.agency_id, self._clock()):
            # As its writer wrote it: what it does not see is not put into its hands by its own proposal.
            return await self._proposed(document, newest, identity, validate_only=validate_only)
        return await self._taken(completed, newest, charter, identity, validate_only=validate_only)

    async def accept(self, proposal: MissionProposal, identity: Identity) -> Mission:
        """Make a proposed version the mission's next one; raises as `create`."""
        proposal.require_open()
        document, faults = await self._checks.read(proposal.document_json, proposal.agency_id)
        charter = await self._entered(proposal.mission_id, identity)
        newest = await self._newest(proposal.mission_id)
        faults += self._checks.new_agency_faults(document, newest, charter)
        document = completed_document(document, newest, proposal.agency_id)
        await self._checks.require_sound(document, newest, faults)

        async def decide(session: AsyncSession, mission: Mission) -> None:
            accepted = proposal.accepted(identity.agency_id, mission.version)
            await self._proposals.decide(session, accepted)
            self._announcer.announce_proposal(session, accepted)
            self._record(session, "mission.proposal_accepted", proposal.proposal_id, mission)

        return await self._taken(document, newest, charter, identity, validate_only=False, beside=decide)

    async def _taken(
        self,
        document: MissionDocument,
        newest: Mission | None,
        charter: CharterVersion | None,
        identity: Identity,
        *,
        validate_only: bool,
        beside: Beside | None = None,
    ) -> Mission:
        canonical = await asyncio.to_thread(canonical_document, document)
        if newest is not None and newest.content_hash == bytes_hash(canonical):
            if not validate_only:
                await self._payloads.import_catalogue(catalogue_request(document, newest.version, validate_only=False))
            if beside is not None:
                async with self._database.transaction() as session:
                    await beside(session, newest)
            return newest
        version = newest.version + 1 if newest else 1
        if validate_only:
            return self._mission(document, canonical, version, "", identity.agency_id)
        await self._stored.require_room(identity.agency_id, canonical)
        version, catalogue_hash = await self._checks.imported(document, version)
        mission = self._mission(document, canonical, version, catalogue_hash, identity.agency_id)
        await self._store(mission, charter, await self._parts(document), identity, beside)
        return mission

    async def _proposed(
        self,
        document: MissionDocument,
        newest: Mission | None,
        identity: Identity,
        *,
        validate_only: bool,
    ) -> MissionProposal:
        canonical = await asyncio.to_thread(canonical_document, document)
        proposal = MissionProposal(
            proposal_id=f"proposal-{new_identifier()}",
            mission_id=document.mission.id,
            base_version=newest.version if newest else 0,
            title=document.mission.title,
            agency_id=identity.agency_id,
            principal_id=identity.principal_id,
            document_json=canonical,
            content_hash=bytes_hash(canonical),
            created_time=self._clock(),
        )
        if validate_only:
            return replace(proposal, proposal_id="")
        await self._stored.require_room(identity.agency_id, canonical)
        async with self._database.transaction() as session:
            same = await self._proposals.same(session, proposal.mission_id, proposal.agency_id, proposal.content_hash)
            if same is not None:
                return same
            self._proposals.add(session, proposal)
            self._announcer.announce_proposal(session, proposal)
            self._record(session, "mission.proposed", proposal.proposal_id, proposal)
        return proposal

    async def get(self, mission_id: str, version: int = 0) -> Mission:
        """Return a mission's version, the newest for 0; raise NotFoundError where there is none."""
        async with self._database.reading() as session:
            return await self._missions.get(session, mission_id, version)

    async def newest_version(self, mission_id: str) -> int:
        """Return the newest version of a mission, 0 where there is none."""
        async with self._database.reading() as session:
            return await self._missions.newest_version(session, mission_id)

    async def page(self, size: int, after_id: str, mission_ids: frozenset[str] | None) -> list[ListedMission]:
        """Return the newest version of at most so many missions, of some or, for None, of all, by identifier."""
        async with self._database.reading() as session:
            return await self._missions.page(session, size, after_id, mission_ids)

    async def _entered(self, mission_id: str, identity: Identity) -> CharterVersion | None:
        """Return the charter of a mission in which the principal takes part, None where the identifier is free."""
        require_entry(identity, mission_id)
        async with self._database.reading() as session:
            charter = await self._charters.newest(session, mission_id)
        if charter is None:
            return None
        if not charter.charter.is_member(identity.agency_id, self._clock()):
            message = f"the identifier {mission_id!r} is not free; choose another, best one with your agency's name"
            raise AlreadyExistsError("MISSION_ID_NOT_FREE", message, metadata={"mission_id": mission_id})
        require_part(identity, mission_id, charter.charter, Part.CONTRIBUTOR)
        return charter

    async def _parts(self, document: MissionDocument) -> dict[str, frozenset[Part]]:
        stations = await self._comms_windows.list_stations()
        return parts_by_document(
            (agency.id for agency in document.agencies),
            (agency.id for agency in document.agencies if agency.reviewer),
            {station.agency_id for station in stations if station.station_id in document.stations},
        )

    async def _store(
        self,
        mission: Mission,
        charter: CharterVersion | None,
        parts: dict[str, frozenset[Part]],
        identity: Identity,
        beside: Beside | None,
    ) -> None:
        writer = (identity.agency_id, identity.principal_id)
        async with self._database.transaction() as session:
            await self._missions.add(session, mission)
            self._record(session, "mission.taken", f"{mission.mission_id}/{mission.version}", mission)
            if mission.version > 1:
                await self._notices.mission_changed(
                    session, mission.mission_id, mission.version, identity.agency_id, mission.created_time
                )
            if charter is None:
                first = first_charter(mission.mission_id, writer, parts, mission.created_time)
                await self._charters.add(session, first)
            if beside is not None:
                await beside(session, mission)

    def _record(self, session: AsyncSession, action: str, entity_id: str, made: Mission | MissionProposal) -> None:
        self._trail.record(
            session,
            action,
            entity_kind="mission",
            entity_id=entity_id,
            mission_id=made.mission_id,
            after_hash=made.content_hash,
        )

    async def _newest(self, mission_id: str) -> Mission | None:
        async with self._database.reading() as session:
            version = await self._missions.newest_version(session, mission_id)
            return await self._missions.get(session, mission_id, version) if version else None

    def _mission(
        self, document: MissionDocument, canonical: bytes, version: int, catalogue_hash: str, agency_id: str
    ) -> Mission:
        start_time, end_time = horizon_span(document)
        return Mission(
            mission_id=document.mission.id,
            version=version,
            title=document.mission.title,
            agency_ids=tuple(agency.id for agency in document.agencies),
            reviewer_agency_ids=tuple(agency.id for agency in document.agencies if agency.reviewer),
            start_time=start_time,
            end_time=end_time,
            document_json=canonical,
            content_hash=bytes_hash(canonical),
            catalogue_hash=catalogue_hash,
            owner_agency_id=agency_id,
            created_time=self._clock(),
        )
