"""Checks of mission documents: their form, their agencies, and what the services below know of what they name."""

from malapert_core.errors import ConflictError, Fault, InvalidInputError
from malapert_core.reading_processes import ReadingProcesses

from malapert_planner.domain.life.charter import CharterVersion
from malapert_planner.domain.life.mission import Mission
from malapert_planner.mission_document import MissionDocument, read_document, refuse
from malapert_planner.mission_document.checks import Span
from malapert_planner.services.ports import Clock, CommsWindows, Payloads
from malapert_planner.services.requests_out.catalogue import catalogue_request, document_fault
from malapert_planner.services.requests_out.orbits import orbit_fault, orbiter_requests

_VERSION_TAKEN = ("MISSION_VERSION_TAKEN", "OLD_MISSION_VERSION")
_MAX_SKIPPED_VERSIONS = 20


class MissionChecks:
    """Reads mission documents, finds every fault of them, and hands their catalogue to payload.

    Parameters
    ----------
    payloads : Payloads
    comms_windows : CommsWindows
    ephemeris_span : pair of datetime
        The epochs for which Sun, Earth and stations can be computed.
    clock : Clock
    reading : ReadingProcesses
        Reads large documents.
    """

    def __init__(
        self,
        payloads: Payloads,
        comms_windows: CommsWindows,
        ephemeris_span: Span,
        clock: Clock,
        reading: ReadingProcesses,
    ) -> None:
        self._payloads = payloads
        self._comms_windows = comms_windows
        self._ephemeris_span = ephemeris_span
        self._clock = clock
        self._reading = reading

    async def read(self, document_json: bytes, agency_id: str) -> tuple[MissionDocument, list[Fault]]:
        """Return a document of an agency with the faults of its content; one that cannot be read is refused."""
        document, faults = await self._reading.by_size(
            len(document_json), agency_id, read_document, document_json, self._ephemeris_span
        )
        if document is None:
            refuse(faults)
            raise AssertionError("a document that cannot be read has a fault")
        return document, faults

    def new_agency_faults(
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

    async def require_sound(self, document: MissionDocument, newest: Mission | None, faults: list[Fault]) -> None:
        """Refuse a document with every fault: those found already, and what the services below find."""
        stations, orbits = await self._station_faults(document), await self._orbit_faults(document)
        refuse([*faults, *stations, *orbits, *await self._catalogue_faults(document, newest, faults)])

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

    async def _catalogue_faults(
        self, document: MissionDocument, newest: Mission | None, own: list[Fault]
    ) -> list[Fault]:
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

    async def imported(self, document: MissionDocument, version: int) -> tuple[int, str]:
        """Hand a document's catalogue to payload, and return the version that it was taken as, with its hash."""
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
