"""Creation of missions: whole or not at all, with every fault of the document named at once."""

from malapert_core.db.database import Database
from malapert_core.errors import AlreadyExistsError, ConflictError, Fault, InvalidInputError
from malapert_core.policy.charter import Part
from malapert_core.policy.charters import require_entry, require_part
from malapert_core.policy.identity import Identity
from malapert_core.vocabulary.content_hash import bytes_hash, canonical_json

from malapert_planner.domain.life.charter import CharterVersion, first_charter, parts_by_document
from malapert_planner.domain.life.mission import ListedMission, Mission
from malapert_planner.mission_document import MissionDocument, read_document, refuse
from malapert_planner.mission_document.checks import Span, horizon_span
from malapert_planner.services.ports import Clock, CommsWindows, Payloads
from malapert_planner.services.requests_out.catalogue import catalogue_request, document_fault
from malapert_planner.services.requests_out.orbits import orbit_fault, orbiter_requests
from malapert_planner.storage.charters import CharterStore
from malapert_planner.storage.missions import MissionStore

_VERSION_TAKEN = ("MISSION_VERSION_TAKEN", "OLD_MISSION_VERSION")
_MAX_SKIPPED_VERSIONS = 20


class MissionService:
    """Takes and returns missions.

    Parameters
    ----------
    database : Database
    missions : MissionStore
    charters : CharterStore
    payloads : Payloads
    comms_windows : CommsWindows
    ephemeris_span : pair of datetime
        The epochs for which Sun, Earth and stations can be computed.
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        missions: MissionStore,
        charters: CharterStore,
        payloads: Payloads,
        comms_windows: CommsWindows,
        ephemeris_span: Span,
        clock: Clock,
    ) -> None:
        self._database = database
        self._missions = missions
        self._charters = charters
        self._payloads = payloads
        self._comms_windows = comms_windows
        self._ephemeris_span = ephemeris_span
        self._clock = clock

    async def create(self, document_json: bytes, identity: Identity, *, validate_only: bool = False) -> Mission:
        """Take a mission document of an owner; the newest version's content again gives that version.

        The catalogue goes to the payload service first: where it is refused, nothing is stored.

        Raises
        ------
        InvalidInputError
            ``INVALID_MISSION`` with every fault and its path.
        AlreadyExistsError
            ``MISSION_ID_NOT_FREE`` where others own the mission; nothing else is told of it.
        """
        document, faults = self._read(document_json)
        charter = await self._writable(document.mission.id, identity)
        await self._check(document, faults)
        canonical = canonical_json(document.model_dump(mode="json", exclude_none=True))
        newest = await self._newest(document.mission.id)
        if newest is not None and newest.content_hash == bytes_hash(canonical):
            if not validate_only:
                await self._payloads.import_catalogue(catalogue_request(document, newest.version, validate_only=False))
            return newest
        version = newest.version + 1 if newest else 1
        if validate_only:
            return self._mission(document, canonical, version, "", identity.agency_id)
        version, catalogue_hash = await self._imported(document, version)
        mission = self._mission(document, canonical, version, catalogue_hash, identity.agency_id)
        await self._store(mission, charter, await self._parts(document), identity)
        return mission

    async def get(self, mission_id: str, version: int = 0) -> Mission:
        """Return a mission's version, the newest for 0; raise NotFoundError where there is none."""
        async with self._database.reading() as session:
            return await self._missions.get(session, mission_id, version)

    async def page(self, size: int, after_id: str) -> list[ListedMission]:
        """Return the newest version of at most so many missions, by identifier."""
        async with self._database.reading() as session:
            return await self._missions.page(session, size, after_id)

    def _read(self, document_json: bytes) -> tuple[MissionDocument, list[Fault]]:
        document, faults = read_document(document_json, self._ephemeris_span)
        if document is None:
            refuse(faults)
            raise AssertionError("a document that cannot be read has a fault")
        return document, faults

    async def _writable(self, mission_id: str, identity: Identity) -> CharterVersion | None:
        """Return the charter of a mission that the principal may write, None where the identifier is free."""
        require_entry(identity, mission_id)
        async with self._database.reading() as session:
            charter = await self._charters.newest(session, mission_id)
        if charter is None:
            return None
        parts = charter.charter.parts_of(identity.agency_id, self._clock())
        if not parts:
            message = f"the identifier {mission_id!r} is not free; choose another, best one with your agency's name"
            raise AlreadyExistsError("MISSION_ID_NOT_FREE", message, metadata={"mission_id": mission_id})
        require_part(identity, mission_id, charter.charter, Part.OWNER)
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
        self, mission: Mission, charter: CharterVersion | None, parts: dict[str, frozenset[Part]], identity: Identity
    ) -> None:
        writer = (identity.agency_id, identity.principal_id)
        async with self._database.transaction() as session:
            await self._missions.add(session, mission)
            if charter is None:
                await self._charters.add(
                    session, first_charter(mission.mission_id, writer, parts, mission.created_time)
                )

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


def mission_document(mission: Mission) -> MissionDocument:
    """Return a stored mission's document."""
    return MissionDocument.model_validate_json(mission.document_json)
