"""Creation of missions: whole or not at all, with every fault of the document named at once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.errors import AlreadyExistsError, ConflictError, Fault, InvalidInputError
from malapert_core.policy.charter import Part
from malapert_core.policy.charters import require_entry, require_part
from malapert_core.policy.identity import Identity
from malapert_core.reading_processes import QUICK_BYTES, ReadingProcesses
from malapert_core.vocabulary.content_hash import bytes_hash, canonical_json
from malapert_core.vocabulary.identifiers import new_identifier
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.charter import CharterVersion, first_charter, parts_by_document
from malapert_planner.domain.life.mission import ListedMission, Mission
from malapert_planner.domain.life.proposal import MissionProposal
from malapert_planner.mission_document import MissionDocument, read_document, refuse
from malapert_planner.mission_document.activities import Visibility
from malapert_planner.mission_document.checks import Span, horizon_span
from malapert_planner.services.plans.notices import PlanNotices
from malapert_planner.services.ports import CharterAnnouncer, Clock, CommsWindows, Payloads
from malapert_planner.services.requests_out.catalogue import catalogue_request, document_fault
from malapert_planner.services.requests_out.orbits import orbit_fault, orbiter_requests
from malapert_planner.storage.charters import CharterStore
from malapert_planner.storage.missions import MissionStore
from malapert_planner.storage.proposals import ProposalStore

_VERSION_TAKEN = ("MISSION_VERSION_TAKEN", "OLD_MISSION_VERSION")
_MAX_SKIPPED_VERSIONS = 20
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
    ephemeris_span : pair of datetime
        The epochs for which Sun, Earth and stations can be computed.
    clock : Clock
    reading : ReadingProcesses
        Reads large documents.
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
        ephemeris_span: Span,
        clock: Clock,
        reading: ReadingProcesses,
    ) -> None:
        self._reading = reading
        self._database = database
        self._missions = missions
        self._charters = charters
        self._proposals = proposals
        self._announcer = announcer
        self._trail = trail
        self._payloads = payloads
        self._comms_windows = comms_windows
        self._notices = notices
        self._ephemeris_span = ephemeris_span
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
        """
        document, faults = await self._read(document_json, identity.agency_id)
        charter = await self._entered(document.mission.id, identity)
        newest = await self._newest(document.mission.id)
        faults += self._new_agency_faults(document, newest, charter)
        completed = _completed(document, newest, identity.agency_id)
        await self._check(completed, faults)
        if charter is not None and Part.OWNER not in charter.charter.parts_of(identity.agency_id, self._clock()):
            # As its writer wrote it: what it does not see is not put into its hands by its own proposal.
            return await self._proposed(document, newest, identity, validate_only=validate_only)
        return await self._taken(completed, newest, charter, identity, validate_only=validate_only)

    async def accept(self, proposal: MissionProposal, identity: Identity) -> Mission:
        """Make a proposed version the mission's next one; raises as `create`."""
        proposal.require_open()
        document, faults = await self._read(proposal.document_json, proposal.agency_id)
        charter = await self._entered(proposal.mission_id, identity)
        newest = await self._newest(proposal.mission_id)
        faults += self._new_agency_faults(document, newest, charter)
        document = _completed(document, newest, proposal.agency_id)
        await self._check(document, faults)

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
        canonical = await asyncio.to_thread(_canonical, document)
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
        version, catalogue_hash = await self._imported(document, version)
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
        canonical = await asyncio.to_thread(_canonical, document)
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

    async def _read(self, document_json: bytes, agency_id: str) -> tuple[MissionDocument, list[Fault]]:
        if len(document_json) <= QUICK_BYTES:
            document, faults = read_document(document_json, self._ephemeris_span)
        else:
            document, faults = await self._reading.run(agency_id, read_document, document_json, self._ephemeris_span)
        if document is None:
            refuse(faults)
            raise AssertionError("a document that cannot be read has a fault")
        return document, faults

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

    async def _check(self, document: MissionDocument, faults: list[Fault]) -> None:
        stations, orbits = await self._station_faults(document), await self._orbit_faults(document)
        refuse([*faults, *stations, *orbits, *await self._catalogue_faults(document, faults)])

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

    def _new_agency_faults(
        self, document: MissionDocument, newest: Mission | None, charter: CharterVersion | None
    ) -> list[Fault]:
        """Return a fault for each agency that a later version newly names and that takes no part in the mission."""
        if newest is None or charter is None:
            return []
        known = {*newest.agency_ids, *charter.charter.agencies(self._clock())}
        return [
            Fault(
                f"agencies[{index}].id",
                "NO_MEMBER",
                f"{agency.id!r} takes no part in the mission; let its owners put it into the charter first",
            )
            for index, agency in enumerate(document.agencies)
            if agency.id not in known
        ]

    async def _station_faults(self, document: MissionDocument) -> list[Fault]:
        known = {station.station_id for station in await self._comms_windows.list_stations()}
        return [
            Fault(
                f"stations[{index}]",
                "UNKNOWN_STATION",
                f"there is no station {name!r}; known: {', '.join(sorted(known))}",
            )
            for index, name in enumerate(document.stations)
            if name not in known
        ]

    async def _orbit_faults(self, document: MissionDocument) -> list[Fault]:
        faults = []
        for path, request in orbiter_requests(document):
            try:
                await self._comms_windows.check_orbiter(request)
            except InvalidInputError as error:
                faults += [orbit_fault(fault, path) for fault in error.faults]
        return faults

    async def _catalogue_faults(self, document: MissionDocument, own: list[Fault]) -> list[Fault]:
        newest = await self._newest(document.mission.id)
        version = newest.version + 1 if newest else 1
        try:
            await self._payloads.import_catalogue(catalogue_request(document, version, validate_only=True))
        except InvalidInputError as error:
            told = {fault.path for fault in own}
            return [fault for fault in map(document_fault, error.faults) if fault.path not in told]
        except ConflictError as error:
            if error.reason not in _VERSION_TAKEN:
                raise
        return []

    async def _newest(self, mission_id: str) -> Mission | None:
        async with self._database.reading() as session:
            version = await self._missions.newest_version(session, mission_id)
            return await self._missions.get(session, mission_id, version) if version else None

    async def _imported(self, document: MissionDocument, version: int) -> tuple[int, str]:
        # A version may be taken there by an import whose mission was never stored here: the next one is free.
        for candidate in range(version, version + _MAX_SKIPPED_VERSIONS):
            try:
                request = catalogue_request(document, candidate, validate_only=False)
                return candidate, await self._payloads.import_catalogue(request)
            except ConflictError as error:
                if error.reason not in _VERSION_TAKEN:
                    raise
        message = f"no version from {version} to {version + _MAX_SKIPPED_VERSIONS - 1} is free"
        raise ConflictError("MISSION_VERSION_TAKEN", message)

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


def _completed(document: MissionDocument, newest: Mission | None, writer_agency_id: str) -> MissionDocument:
    """Return a document with what the newest version does not show its writer, which it cannot have meant to drop."""
    if newest is None or writer_agency_id == newest.owner_agency_id:
        return document
    unseen = [
        request
        for request in mission_document(newest).requests
        if request.visibility is Visibility.OWNER and request.agency != writer_agency_id
    ]
    taken = {request.id for request in unseen}
    faults = [
        Fault(f"requests[{index}].id", "ID_NOT_FREE", f"the identifier {request.id!r} is not free; choose another")
        for index, request in enumerate(document.requests)
        if request.id in taken
    ]
    refuse(faults)
    return document.model_copy(update={"requests": [*document.requests, *unseen]})


def _canonical(document: MissionDocument) -> bytes:
    return canonical_json(document.model_dump(mode="json", exclude_none=True))


def mission_document(mission: Mission) -> MissionDocument:
    """Return a stored mission's document."""
    return MissionDocument.model_validate_json(mission.document_json)
