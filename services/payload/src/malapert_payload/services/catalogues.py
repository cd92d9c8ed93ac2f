"""Import and reading of the catalogues of mission versions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from malapert_core.db.database import Database
from malapert_core.errors import ConflictError, InvalidInputError, NotFoundError
from malapert_core.policy.identity import PLATFORM_AGENCY_ID
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue.catalogue import Catalogue, ItemT
from malapert_payload.domain.catalogue.content import content_hash, item_hash
from malapert_payload.domain.catalogue.figures import in_own_units
from malapert_payload.domain.catalogue.instrument import Instrument
from malapert_payload.domain.catalogue.versions import Item, ItemHistory, ItemKey, in_force, key_of, listed_by_mission
from malapert_payload.domain.requests.lifecycle import Change
from malapert_payload.domain.requests.reconciliation import reconcile
from malapert_payload.domain.requests.request import ActivityRequest
from malapert_payload.domain.validation import import_faults
from malapert_payload.services.catalogue_reader import CatalogueReader
from malapert_payload.services.ports import Clock, Stores
from malapert_payload.services.record import RequestRecord


class CatalogueService:
    """Takes a mission version whole or not at all, and returns what was taken.

    Parameters
    ----------
    database : Database
    stores : Stores
    reader : CatalogueReader
    record : RequestRecord
    clock : Clock
    """

    def __init__(
        self, database: Database, stores: Stores, reader: CatalogueReader, record: RequestRecord, clock: Clock
    ) -> None:
        self._database = database
        self._catalogues = stores.catalogues
        self._items = stores.items
        self._requests = stores.requests
        self._reader = reader
        self._record = record
        self._clock = clock

    async def check(self, catalogue: Catalogue, document: Sequence[ActivityRequest]) -> str:
        """Return the content hash of what could be imported; raises as `take` does."""
        catalogue = in_own_units(catalogue)
        async with self._database.reading() as session:
            newest = await self._catalogues.newest_version(session, catalogue.mission_id)
            stored = await self._requests.of_mission(session, catalogue.mission_id)
            histories = await self._items.of_mission(session, catalogue.mission_id)
            change = Change(PLATFORM_AGENCY_ID, self._clock(), "")
            return (await self._checked(session, catalogue, document, stored, newest, histories, change))[0]

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
        catalogue = in_own_units(catalogue)
        async with self._database.transaction() as session:
            newest = await self._catalogues.lock_mission(session, catalogue.mission_id)
            stored = await self._requests.of_mission(session, catalogue.mission_id)
            before = await self._items.of_mission(session, catalogue.mission_id)
            change = Change(agency_id, self._clock(), f"mission version {catalogue.mission_version}")
            found_hash, taken = await self._checked(session, catalogue, document, stored, newest, before, change)
            if taken is not None:
                current, after = taken
                await self._catalogues.add(session, _as_imported(catalogue, after), found_hash, change.time)
                await self._items.save(session, catalogue.mission_id, before, after)
                requests = reconcile(current, document, stored, change)
                await self._record.keep(session, [(stored.get(request.request_id), request) for request in requests])
        return found_hash

    async def get(self, mission_id: str, mission_version: int) -> Catalogue:
        """Return the catalogue of a mission's version as it was taken; for 0 what is in force.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION or UNKNOWN_MISSION_VERSION.
        """
        async with self._database.reading() as session:
            return await self._reader.version(session, mission_id, mission_version)

    async def get_instrument(self, mission_id: str, mission_version: int, instrument_id: str) -> Instrument:
        """Return an instrument.

        Raises
        ------
        NotFoundError
            UNKNOWN_INSTRUMENT, or as `get`.
        """
        instrument = (await self.get(mission_id, mission_version)).instrument(instrument_id)
        if instrument is None:
            raise NotFoundError("instrument", instrument_id)
        return instrument

    async def _checked(
        self,
        session: AsyncSession,
        catalogue: Catalogue,
        document: Sequence[ActivityRequest],
        stored: dict[str, ActivityRequest],
        newest: int | None,
        histories: dict[ItemKey, ItemHistory],
        change: Change,
    ) -> tuple[str, tuple[Catalogue, dict[ItemKey, ItemHistory]] | None]:
        """Return the content's hash and, where it is new, the catalogue in force after it with its histories."""
        given_hash = content_hash(catalogue, document)
        version = catalogue.mission_version
        present_hash = await self._catalogues.find_hash(session, catalogue.mission_id, version) if version else None
        if present_hash == given_hash:
            return given_hash, None
        if present_hash is not None:
            message = f"mission {catalogue.mission_id} version {version} has other content; give a new version"
            raise ConflictError("MISSION_VERSION_TAKEN", message)
        after = listed_by_mission([*catalogue.instruments, *catalogue.activity_types], histories, change)
        current = in_force(catalogue, after)
        # The document is judged as it is given, in its order, but with the versions that are there to be named.
        judged = replace(
            catalogue,
            instruments=_numbered(catalogue.instruments, after),
            activity_types=_numbered(catalogue.activity_types, after),
            earlier_instruments=(*current.earlier_instruments, *current.instruments),
            earlier_activity_types=(*current.earlier_activity_types, *current.activity_types),
        )
        if faults := import_faults(judged, document, stored):
            message = f"the catalogue of mission {catalogue.mission_id!r} has {len(faults)} faults"
            raise InvalidInputError("INVALID_CATALOGUE", message, faults=faults)
        if newest is not None and version < newest:
            message = f"mission {catalogue.mission_id} is at version {newest} already; give a later one than {version}"
            raise ConflictError("OLD_MISSION_VERSION", message)
        return given_hash, (current, after)


def _numbered(items: tuple[ItemT, ...], histories: Mapping[ItemKey, ItemHistory]) -> tuple[ItemT, ...]:
    """Return items as given, each with the version in which its content is stored."""
    return tuple(replace(item, version=_version_of(item, histories)) for item in items)


def _version_of(item: Item, histories: Mapping[ItemKey, ItemHistory]) -> int:
    digest = item_hash(item)
    records = [version.record for version in histories[key_of(item)].versions]
    return next((record.version for record in reversed(records) if record.content_hash == digest), records[-1].version)


def _as_imported(catalogue: Catalogue, histories: Mapping[ItemKey, ItemHistory]) -> Catalogue:
    return replace(
        catalogue,
        instruments=_numbered(catalogue.instruments, histories),
        activity_types=_numbered(catalogue.activity_types, histories),
    )
