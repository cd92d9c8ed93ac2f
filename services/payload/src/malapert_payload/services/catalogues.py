"""Import and reading of the catalogues of mission versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from malapert_core.db.database import Database
from malapert_core.errors import ConflictError, Fault, InvalidInputError, NotFoundError
from malapert_core.policy.identity import Identity
from malapert_core.reading_processes import ReadingProcesses
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue.catalogue import Catalogue, ItemT
from malapert_payload.domain.catalogue.content import content_hash, item_hash
from malapert_payload.domain.catalogue.figures import in_own_units
from malapert_payload.domain.catalogue.instrument import Instrument
from malapert_payload.domain.catalogue.versions import (
    Item,
    ItemHistory,
    ItemKey,
    foreign_item_faults,
    in_force,
    key_of,
    listed_by_mission,
)
from malapert_payload.domain.requests.lifecycle import Change
from malapert_payload.domain.requests.naming import named_in_mission, namespace_faults
from malapert_payload.domain.requests.reconciliation import reconcile
from malapert_payload.domain.requests.request import USUAL_BYTES, ActivityRequest
from malapert_payload.domain.validation import import_faults
from malapert_payload.domain.validation.feasibility import mandatory_faults
from malapert_payload.services.access import MissionAccess, Viewer
from malapert_payload.services.catalogue_reader import CatalogueReader
from malapert_payload.services.ports import Stores
from malapert_payload.services.record import RequestRecord
from malapert_payload.services.submissions import Asked
from malapert_payload.storage.requests import Changed


@dataclass(frozen=True, slots=True)
class _Given:
    """A mission version as it is given, and what it meets."""

    catalogue: Catalogue
    document: tuple[ActivityRequest, ...]
    stored: Mapping[str, ActivityRequest]
    before: Mapping[ItemKey, ItemHistory]
    viewer: Viewer


@dataclass(frozen=True, slots=True)
class _Taken:
    """A mission version that may be taken, and what it leaves."""

    imported: Catalogue
    before: Mapping[ItemKey, ItemHistory]
    after: dict[ItemKey, ItemHistory]
    changes: tuple[Changed, ...]


class CatalogueService:
    """Takes a mission version whole or not at all, and returns what was taken.

    Parameters
    ----------
    database : Database
    stores : Stores
    reader : CatalogueReader
    record : RequestRecord
    access : MissionAccess
    reading : ReadingProcesses
        Where large mission versions are checked.
    """

    def __init__(
        self,
        database: Database,
        stores: Stores,
        reader: CatalogueReader,
        record: RequestRecord,
        access: MissionAccess,
        reading: ReadingProcesses,
    ) -> None:
        self._database = database
        self._catalogues = stores.catalogues
        self._items = stores.items
        self._requests = stores.requests
        self._reader = reader
        self._record = record
        self._access = access
        self._reading = reading

    async def check(self, catalogue: Catalogue, document: Asked, identity: Identity) -> str:
        """Return the content hash of what could be imported; raises as `take` does."""
        catalogue = in_own_units(catalogue)
        viewer = await self._access.enter_for_import(catalogue.mission_id, identity, validate_only=True)
        async with self._database.reading() as session:
            newest = await self._catalogues.newest_version(session, catalogue.mission_id)
            return (await self._checked(session, catalogue, document, newest, viewer))[0]

    async def take(self, catalogue: Catalogue, document: Asked, identity: Identity) -> str:
        """Store a mission version and bring the mission's requests in line with it; return its content hash.

        The same content again changes nothing. What another agency handed in or published itself is left as it is.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION for an outsider of a mission that there is.
        PermissionDeniedError
            FORBIDDEN for a member that does not own the mission.
        InvalidInputError
            INVALID_CATALOGUE with every fault.
        ConflictError
            MISSION_VERSION_TAKEN where the version has other content, OLD_MISSION_VERSION where a newer one is
            stored.
        """
        catalogue = in_own_units(catalogue)
        viewer = await self._access.enter_for_import(catalogue.mission_id, identity, validate_only=False)
        async with self._database.transaction() as session:
            newest = await self._catalogues.claim_mission(session, catalogue.mission_id)
            found_hash, taken = await self._checked(session, catalogue, document, newest, viewer)
            if taken is not None:
                await self._catalogues.add(session, taken.imported, found_hash, viewer.now)
                newest_hash = (
                    await self._catalogues.find_hash(session, catalogue.mission_id, newest) if newest else None
                )
                self._record.audit_import(session, taken.imported, newest_hash or "", found_hash)
                await self._items.save(session, catalogue.mission_id, taken.before, taken.after)
                await self._record.keep(session, taken.changes)
        return found_hash

    async def get(self, mission_id: str, mission_version: int, identity: Identity) -> Catalogue:
        """Return the catalogue of a mission's version as it was taken; for 0 what is in force.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION or UNKNOWN_MISSION_VERSION, also for one from before the caller's agency took part.
        """
        viewer = await self._access.enter(mission_id, identity)
        async with self._database.reading() as session:
            catalogue = await self._reader.version(session, mission_id, mission_version)
            newest = await self._catalogues.newest_version(session, mission_id)
            created = await self._catalogues.created_time(session, mission_id, catalogue.mission_version)
        if not viewer.sees_version(created, is_newest=catalogue.mission_version == newest):
            raise NotFoundError("mission version", f"{mission_id}/{mission_version}")
        return catalogue

    async def get_instrument(
        self, mission_id: str, mission_version: int, instrument_id: str, identity: Identity
    ) -> Instrument:
        """Return an instrument.

        Raises
        ------
        NotFoundError
            UNKNOWN_INSTRUMENT, or as `get`.
        """
        instrument = (await self.get(mission_id, mission_version, identity)).instrument(instrument_id)
        if instrument is None:
            raise NotFoundError("instrument", instrument_id)
        return instrument

    async def _checked(
        self,
        session: AsyncSession,
        catalogue: Catalogue,
        document: Asked,
        newest: int | None,
        viewer: Viewer,
    ) -> tuple[str, _Taken | None]:
        """Return the content's hash and, where it is new, what is taken and what changes with it."""
        size_bytes, agency_id = document.size_bytes, viewer.agency_id
        given_hash = await self._reading.by_size(size_bytes, agency_id, content_hash, catalogue, document.requests)
        version = catalogue.mission_version
        present_hash = await self._catalogues.find_hash(session, catalogue.mission_id, version) if version else None
        if present_hash == given_hash:
            return given_hash, None
        if present_hash is not None:
            message = f"mission {catalogue.mission_id} version {version} has other content; give a new version"
            raise ConflictError("MISSION_VERSION_TAKEN", message)
        stored = await self._requests.of_mission(session, catalogue.mission_id)
        before = await self._items.of_mission(session, catalogue.mission_id)
        given = _Given(catalogue, document.requests, stored, before, viewer)
        size_bytes += USUAL_BYTES * len(stored)
        faults, taken = await self._reading.by_size(size_bytes, agency_id, _judged, given)
        if faults:
            message = f"the catalogue of mission {catalogue.mission_id!r} has {len(faults)} faults"
            raise InvalidInputError("INVALID_CATALOGUE", message, faults=faults)
        if newest is not None and version < newest:
            message = f"mission {catalogue.mission_id} is at version {newest} already; give a later one than {version}"
            raise ConflictError("OLD_MISSION_VERSION", message)
        return given_hash, taken


def _judged(given: _Given) -> tuple[list[Fault], _Taken | None]:
    """Return every fault of a mission version; or what is taken, where there is none."""
    catalogue, document, stored, before, viewer = (
        given.catalogue,
        given.document,
        given.stored,
        given.before,
        given.viewer,
    )
    change = _change(catalogue, viewer)
    after = listed_by_mission([*catalogue.instruments, *catalogue.activity_types], before, change)
    named = named_in_mission(document, stored, viewer.sees)
    catalogue = _with_named_sets(catalogue, document, named)
    current = in_force(catalogue, after)
    # The document is judged as it is given, in its order, but with the versions that are there to be named.
    judged = replace(
        catalogue,
        instruments=_numbered(catalogue.instruments, after),
        activity_types=_numbered(catalogue.activity_types, after),
        earlier_instruments=(*current.earlier_instruments, *current.instruments),
        earlier_activity_types=(*current.earlier_activity_types, *current.activity_types),
    )
    faults = [
        *import_faults(judged, named, stored, viewer.agency_id),
        *namespace_faults(document, catalogue.agency_ids),
        *foreign_item_faults(catalogue.instruments, before, viewer.agency_id, "instruments"),
        *foreign_item_faults(catalogue.activity_types, before, viewer.agency_id, "activity_types"),
    ]
    faults = faults or list(mandatory_faults(named, current, ()))
    if faults:
        return faults, None
    requests = reconcile(viewer.with_members(current), named, stored, change)
    changes = tuple((stored.get(request.request_id), request) for request in requests)
    return [], _Taken(_as_imported(catalogue, after), before, after, changes)


def _change(catalogue: Catalogue, viewer: Viewer) -> Change:
    return viewer.change(f"mission version {catalogue.mission_version}")


def _with_named_sets(
    catalogue: Catalogue, document: Sequence[ActivityRequest], named: Sequence[ActivityRequest]
) -> Catalogue:
    """Return a catalogue whose sets call the document's requests by their names in the mission."""
    names = {given.request_id: own.request_id for given, own in zip(document, named, strict=True)}
    sets = [
        replace(group, request_ids=tuple(names.get(name, name) for name in group.request_ids))
        for group in catalogue.request_sets
    ]
    return replace(catalogue, request_sets=tuple(sets))


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
