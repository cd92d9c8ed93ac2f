"""Registering orbiters, finding their motions, writing them out."""

import asyncio
import re
from collections.abc import Collection
from datetime import datetime

import numpy as np
from malapert_astro.ndm.epochs import utc_text
from malapert_astro.ndm.oem import Oem, write_oem
from malapert_astro.orbits import Orbit
from malapert_astro.times import utc_datetime, utc_from_tdb
from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.errors import AlreadyExistsError, Fault, InvalidInputError, NotFoundError, PermissionDeniedError
from malapert_core.fairness.limit_use import LimitUse
from malapert_core.fairness.quota import StorageQuota
from malapert_core.policy.audience import Visibility
from malapert_core.policy.charter import Part
from malapert_core.policy.identity import Identity
from malapert_core.rpc.server import FILE_LIMIT_BYTES
from malapert_core.vocabulary.content_hash import bytes_hash

from malapert_comms_window import SOFTWARE
from malapert_comms_window.domain.orbiters import Orbiter, OrbiterFilter, OrbiterRegistration, OrbitSource
from malapert_comms_window.geometry.orbit_export import exported_segments
from malapert_comms_window.geometry.orbits import ELEMENTS, element_faults, notes_on
from malapert_comms_window.services.access import Access
from malapert_comms_window.services.ports import Clock
from malapert_comms_window.services.registry.orbit_reading import OrbitReader
from malapert_comms_window.storage.orbiters import OrbiterStore

MAX_TLE_BYTES = 32 * 1024
"""Most bytes of two-line elements: two lines, and a name before them."""
MAX_STATES = 80_000
"""Largest number of states in an exported ephemeris: as XML it is still a file that can be registered."""


class OrbiterService:
    """Keeps orbiters, each version for good.

    Parameters
    ----------
    database : Database
    orbiters : OrbiterStore
    reader : OrbitReader
    clock : Clock
    quota : StorageQuota
        Of the files of one agency's orbiters.
    access : Access
    audit : AuditTrail
    """

    def __init__(
        self,
        database: Database,
        orbiters: OrbiterStore,
        reader: OrbitReader,
        clock: Clock,
        quota: StorageQuota,
        access: Access,
        audit: AuditTrail,
    ) -> None:
        self._audit = audit
        self._quota = quota
        self._access = access
        self._database = database
        self._orbiters = orbiters
        self._reader = reader
        self._clock = clock

    async def register(
        self, registration: OrbiterRegistration, identity: Identity, *, validate_only: bool = False
    ) -> Orbiter:
        """Register an orbiter or a new motion of one, and return it; the same content again changes nothing.

        An orbiter of a mission gets new motions from its agency and from the mission's planners; who contributes may
        have one checked. Where only to be validated, nothing is stored, and the orbiter is returned as it would be.

        Raises
        ------
        InvalidInputError
            ``INVALID_ORBITER`` or ``INVALID_ORBIT`` with every fault.
        PermissionDeniedError
            ``FOREIGN_ORBITER`` where it is another agency's.
        AlreadyExistsError
            ``ORBITER_ID_NOT_FREE`` where it is one that the caller does not see, or named as an asset of a mission to
            which it does not contribute.
        ExhaustedError
            ``STORED_BYTES_LIMIT`` where its agency has stored too much, ``READING_LIMIT`` where its file takes more
            time or memory to read than there is.
        """
        _check(registration)
        file = registration.content
        if registration.source is OrbitSource.KEPLERIAN and registration.elements is not None:
            file = ELEMENTS.dump_json(registration.elements)
        orbit = await self._reader.read(identity.agency_id, registration.source, file, registration.naif_id)
        described = f"{registration.source} {registration.naif_id} {registration.position_error_km!r}".encode()
        content_hash = bytes_hash(described + b"\n" + file)
        async with self._database.transaction() as session:
            present = (await self._orbiters.find(session, [registration.orbiter_id])).get(registration.orbiter_id)
            await self._require_own(registration, present, identity, validate_only=validate_only)
            mission_id, visibility = _audience(registration, present)
            as_before = present and (present.mission_id, present.visibility) == (mission_id, visibility)
            if present and as_before and present.content_hash == content_hash:
                return present
            orbiter = Orbiter(
                orbiter_id=registration.orbiter_id,
                version=present.version + 1 if present else 1,
                name=registration.name or registration.orbiter_id,
                agency_id=present.agency_id if present else identity.agency_id,
                source=registration.source,
                center=orbit.center.value,
                spans=_spans(orbit),
                position_error_km=registration.position_error_km,
                origin=registration.origin,
                content_hash=content_hash,
                notes=notes_on(registration.source),
                created_time=self._clock(),
                naif_id=registration.naif_id,
                passed_over=orbit.passed_over,
                mission_id=mission_id,
                visibility=visibility,
            )
            stored_bytes = await self._orbiters.stored_bytes(session, orbiter.agency_id)
            self._quota.check(orbiter.agency_id, stored_bytes, len(file))
            if not validate_only:
                await self._orbiters.add(session, orbiter, file)
                self._audit.record(
                    session,
                    "orbiter.registered",
                    entity_kind="orbiter",
                    entity_id=orbiter.orbiter_id,
                    mission_id=orbiter.mission_id,
                    before_hash=present.content_hash if present else "",
                    after_hash=content_hash,
                )
        return orbiter

    async def limit_uses(self, identity: Identity) -> list[LimitUse]:
        """Return how many bytes of files a principal's agency may store, and has stored."""
        async with self._database.reading() as session:
            return [self._quota.use(await self._orbiters.stored_bytes(session, identity.agency_id))]

    async def get(self, orbiter_id: str) -> Orbiter:
        """Return an orbiter in its newest version.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_ORBITER``, alike where the caller does not see it.
        """
        found = await self.find([orbiter_id])
        if orbiter_id not in found:
            raise NotFoundError("orbiter", orbiter_id)
        return found[orbiter_id]

    async def find(self, orbiter_ids: Collection[str]) -> dict[str, Orbiter]:
        """Return those of the orbiters that there are and that the caller sees."""
        if not orbiter_ids:
            return {}
        async with self._database.reading() as session:
            found = await self._orbiters.find(session, orbiter_ids)
        return await self._access.seen(found.values())

    async def page(self, wanted: OrbiterFilter, after: str, limit: int) -> list[Orbiter]:
        """Return at most so many of the wanted orbiters that the caller sees, after an identifier."""
        async with self._database.reading() as session:
            mission_ids = await self._orbiters.missions(session)
        scope = await self._access.scope(mission_ids)
        async with self._database.reading() as session:
            return await self._orbiters.page(session, scope, wanted, after, limit)

    async def motions(self, orbiter_ids: Collection[str]) -> dict[str, tuple[Orbiter, Orbit]]:
        """Return the orbiters with their motions; those that there are not are left out."""
        if not orbiter_ids:
            return {}
        async with self._database.reading() as session:
            files = await self._orbiters.files(session, orbiter_ids)
        return {
            orbiter_id: (
                orbiter,
                await self._reader.read(orbiter.agency_id, orbiter.source, file, orbiter.naif_id),
            )
            for orbiter_id, (orbiter, file) in files.items()
        }

    async def export(self, orbiter_id: str, span: tuple[datetime, datetime], step_s: float, *, xml: bool) -> bytes:
        """Return an OEM of an orbiter's states in EME2000 over a span.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_ORBITER``.
        InvalidInputError
            ``INVALID_EXPORT`` with every fault: a step too short or long, a span outside the motion.
        """
        orbiter = await self.get(orbiter_id)
        _check_export(orbiter, span, step_s)
        _, orbit = (await self.motions([orbiter_id]))[orbiter_id]
        return await asyncio.to_thread(self._oem, orbiter, orbit, span, step_s, xml=xml)

    async def _require_own(
        self,
        registration: OrbiterRegistration,
        present: Orbiter | None,
        identity: Identity,
        *,
        validate_only: bool,
    ) -> None:
        """Refuse a motion of what is another agency's."""
        named = registration.orbiter_id
        if identity.is_service:
            return
        if present is None:
            is_free = not await self._access.are_of_others(registration.identifier_missions)
        else:
            is_free = bool(await self._access.seen([present]))
        if not is_free:
            message = f"the identifier {named!r} is not free; choose another"
            raise AlreadyExistsError("ORBITER_ID_NOT_FREE", message, metadata={"orbiter_id": named})
        if present is None or present.agency_id == identity.agency_id:
            return
        part = Part.CONTRIBUTOR if validate_only else Part.PLANNER
        if not (present.mission_id and await self._access.has_part(present.mission_id, part)):
            raise PermissionDeniedError("FOREIGN_ORBITER", f"orbiter {named} is {present.agency_id}'s")

    def _oem(
        self, orbiter: Orbiter, orbit: Orbit, span: tuple[datetime, datetime], step_s: float, *, xml: bool
    ) -> bytes:
        segments = exported_segments(orbiter, orbit, span, step_s)
        made_from = f"{orbiter.source} file of {orbiter.origin}, {orbiter.content_hash}"
        comments = [f"Written by {SOFTWARE}", f"Orbiter {orbiter.orbiter_id} version {orbiter.version}: {made_from}"]
        return write_oem(Oem("2.0", "MALAPERT", utc_text(self._clock()), segments), xml=xml, comments=comments)


def _audience(registration: OrbiterRegistration, present: Orbiter | None) -> tuple[str, Visibility]:
    """Return the mission and the visibility of an orbiter: as they are stated, else as they were."""
    if not registration.mission_id and registration.visibility is None and present is not None:
        return present.mission_id, present.visibility
    usual = Visibility.MISSION if registration.mission_id else Visibility.OWNER
    return registration.mission_id, registration.visibility or usual


def _check(registration: OrbiterRegistration) -> None:
    faults = []
    if re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,62}", registration.orbiter_id) is None:
        faults.append(Fault("orbiter_id", "NOT_AN_IDENTIFIER", "1 to 63 of a-z, 0-9, '.', '_' and '-' are needed"))
    if not 0.0 <= registration.position_error_km <= 1e5:
        message = f"{registration.position_error_km} is not in 0 to 1e5 km"
        faults.append(Fault("position_error_km", "OUT_OF_RANGE", message))
    if not registration.origin.strip():
        faults.append(Fault("origin", "MISSING", "where the motion comes from is needed"))
    if registration.source is OrbitSource.KEPLERIAN:
        if registration.elements is None:
            faults.append(Fault("elements", "MISSING", "Keplerian elements are needed"))
        else:
            faults += element_faults(registration.elements)
    elif not registration.content:
        faults.append(Fault("content", "MISSING", f"the {registration.source} file is needed"))
    elif len(registration.content) > (most := _most_bytes(registration.source)):
        message = f"{len(registration.content)} bytes are more than {most}"
        faults.append(Fault("content", "TOO_LARGE", message))
    if registration.visibility is Visibility.MISSION and not registration.mission_id:
        faults.append(Fault("mission_id", "MISSING", "name the mission whose members are to see it"))
    faults += _unused(registration)
    if faults:
        raise InvalidInputError("INVALID_ORBITER", f"the orbiter has {len(faults)} faults", faults=faults)


def _most_bytes(source: OrbitSource) -> int:
    return MAX_TLE_BYTES if source is OrbitSource.TLE else FILE_LIMIT_BYTES


def _unused(registration: OrbiterRegistration) -> list[Fault]:
    """Return what is given and another source would use: it would count for nothing."""
    source, by_elements = registration.source, registration.source is OrbitSource.KEPLERIAN
    given = (
        ("content", by_elements and bool(registration.content)),
        ("elements", not by_elements and registration.elements is not None),
        ("naif_id", source is not OrbitSource.SPK and registration.naif_id != 0),
    )
    return [Fault(path, "NOT_USED", f"the source {source.name} does not use it") for path, unused in given if unused]


def _check_export(orbiter: Orbiter, span: tuple[datetime, datetime], step_s: float) -> None:
    faults = []
    if not span[0] < span[1]:
        faults.append(Fault("span", "EMPTY_SPAN", f"the span ends at {span[1].isoformat()}, not after its start"))
    elif not orbiter.covers(*span):
        message = f"the motion of {orbiter.orbiter_id} covers {orbiter.spans_text()}"
        faults.append(Fault("span", "OUTSIDE_ORBIT", message))
    if not 1.0 <= step_s <= 86_400.0:
        faults.append(Fault("step_s", "OUT_OF_RANGE", f"{step_s} is not in 1 to 86400 seconds"))
    elif (span[1] - span[0]).total_seconds() / step_s > MAX_STATES:
        faults.append(Fault("step_s", "TOO_MANY_STATES", f"more than {MAX_STATES} states; take a longer step"))
    if faults:
        raise InvalidInputError("INVALID_EXPORT", f"the export has {len(faults)} faults", faults=faults)


def _spans(orbit: Orbit) -> tuple[tuple[datetime, datetime], ...]:
    return tuple(
        (utc_datetime(float(first)), utc_datetime(float(last)))
        for first, last in (utc_from_tdb(np.array(span)) for span in orbit.spans_tdb_s)
    )
