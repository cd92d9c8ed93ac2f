"""Taking and reading the catalogues of mission versions."""

from collections.abc import Sequence

from malapert_core.database import Database
from malapert_core.errors import ConflictError, InvalidInputError, NotFoundError
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue import Catalogue, Instrument
from malapert_payload.domain.content import content_hash
from malapert_payload.domain.lifecycle import Change
from malapert_payload.domain.reconciliation import reconcile
from malapert_payload.domain.request import ActivityRequest
from malapert_payload.domain.validation import import_faults
from malapert_payload.services.ports import Clock
from malapert_payload.services.record import RequestRecord
from malapert_payload.storage.catalogues import CatalogueStore
from malapert_payload.storage.requests import RequestStore


class CatalogueService:
    """Takes a mission version whole or not at all, and returns what was taken.

    Parameters
    ----------
    database : Database
    catalogues : CatalogueStore
    requests : RequestStore
    record : RequestRecord
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        catalogues: CatalogueStore,
        requests: RequestStore,
        record: RequestRecord,
        clock: Clock,
    ) -> None:
        self._database = database
        self._catalogues = catalogues
        self._requests = requests
        self._record = record
        self._clock = clock

    async def check(self, catalogue: Catalogue, document: Sequence[ActivityRequest]) -> str:
        """Return the content hash of what could be imported; raises as `take` does."""
        async with self._database.reading() as session:
            newest = await self._catalogues.newest_version(session, catalogue.mission_id)
            stored = await self._requests.of_mission(session, catalogue.mission_id)
            return (await self._checked(session, catalogue, document, stored, newest))[0]

    async def take(self, catalogue: Catalogue, document: Sequence[ActivityRequest], agency_id: str) -> str:
        """Store a mission version and bring the mission's requests in line with it; return its content hash.

        The same content again changes nothing.

        Raises
        ------
        InvalidInputError
            INVALID_CATALOGUE with every fault.
        ConflictError
            MISSION_VERSION_TAKEN where the version has other content, OLD_MISSION_VERSION where a newer one is
            stored, CONCURRENT_IMPORT where somebody else imports the mission's first version now.
        """
        async with self._database.transaction() as session:
            newest = await self._catalogues.lock_mission(session, catalogue.mission_id)
            stored = await self._requests.of_mission(session, catalogue.mission_id)
            found_hash, is_new = await self._checked(session, catalogue, document, stored, newest)
            if is_new:
                change = Change(agency_id, self._clock(), f"mission version {catalogue.mission_version}")
                await self._catalogues.add(session, catalogue, found_hash, change.time)
                for request in reconcile(catalogue, document, stored, change):
                    await self._record.keep(session, stored.get(request.request_id), request)
        return found_hash

    async def get(self, mission_id: str, mission_version: int) -> Catalogue:
        """Return the catalogue of a mission's version, of the newest for 0.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION or UNKNOWN_MISSION_VERSION.
        """
        async with self._database.reading() as session:
            return await stored_catalogue(self._catalogues, session, mission_id, mission_version)

    async def get_instrument(self, mission_id: str, mission_version: int, instrument_id: str) -> Instrument:
        """Return an instrument.

        Raises
        ------
        NotFoundError
            UNKNOWN_INSTRUMENT, or as `get`.
        """
        catalogue = await self.get(mission_id, mission_version)
        for instrument in catalogue.instruments:
            if instrument.instrument_id == instrument_id:
                return instrument
        raise NotFoundError("instrument", instrument_id)

    async def _checked(
        self,
        session: AsyncSession,
        catalogue: Catalogue,
        document: Sequence[ActivityRequest],
        stored: dict[str, ActivityRequest],
        newest: int | None,
    ) -> tuple[str, bool]:
        given_hash = content_hash(catalogue, document)
        version = catalogue.mission_version
        present_hash = await self._catalogues.find_hash(session, catalogue.mission_id, version) if version else None
        if present_hash == given_hash:
            return given_hash, False
        if present_hash is not None:
            message = f"mission {catalogue.mission_id} version {version} has other content; give a new version"
            raise ConflictError("MISSION_VERSION_TAKEN", message)
        if faults := import_faults(catalogue, document, stored):
            message = f"the catalogue of mission {catalogue.mission_id!r} has {len(faults)} faults"
            raise InvalidInputError("INVALID_CATALOGUE", message, faults=faults)
        if newest is not None and version < newest:
            message = f"mission {catalogue.mission_id} is at version {newest} already; give a later one than {version}"
            raise ConflictError("OLD_MISSION_VERSION", message)
        return given_hash, True


async def stored_catalogue(
    catalogues: CatalogueStore, session: AsyncSession, mission_id: str, mission_version: int = 0
) -> Catalogue:
    """Return the catalogue of a mission's version, of the newest for 0.

    Raises
    ------
    NotFoundError
        UNKNOWN_MISSION or UNKNOWN_MISSION_VERSION.
    """
    catalogue = await catalogues.find(session, mission_id, mission_version)
    if catalogue is not None:
        return catalogue
    if await catalogues.newest_version(session, mission_id) is None:
        raise NotFoundError("mission", mission_id)
    raise NotFoundError("mission version", f"{mission_id}/{mission_version}")
