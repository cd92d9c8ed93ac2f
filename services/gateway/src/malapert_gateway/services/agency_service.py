"""Admits, suspends and enrols agencies, and keeps the public keys by which their signatures are known."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.errors import AlreadyExistsError, NotFoundError, PreconditionError
from malapert_core.policy.identity import Identity, Role
from malapert_core.timestamps import utc_now
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_gateway.domain.agency import Agency, AgencyState
from malapert_gateway.domain.api_key import ApiKey
from malapert_gateway.domain.key_set import checked_key_set, key_set_hash, require_proof
from malapert_gateway.services.key_cache import KeyCache
from malapert_gateway.services.key_service import KeyWish, new_key
from malapert_gateway.storage.agency_store import AgencyStore
from malapert_gateway.storage.key_store import KeyStore

ENROLMENT = "enrol"
KEY_SET_CHANGE = "rotate-key-set"


class AgencyService:
    """Agencies of the installation.

    Parameters
    ----------
    database
    agencies, keys
        Where agencies and keys are kept.
    audit
        Records what happens to agencies.
    installation_id
        Name of this installation, for which alone an agency's proofs are meant.
    cache
        Forgets keys of an agency that was changed.
    """

    def __init__(
        self,
        database: Database,
        agencies: AgencyStore,
        keys: KeyStore,
        audit: AuditTrail,
        installation_id: str,
        cache: KeyCache,
    ) -> None:
        self._cache = cache
        self._database = database
        self._agencies = agencies
        self._keys = keys
        self._audit = audit
        self._installation_id = installation_id

    async def list(self) -> list[Agency]:
        """Return all agencies in order of their identifiers."""
        async with self._database.reading() as session:
            return await self._agencies.all(session)

    async def get(self, agency_id: str) -> Agency:
        """Return an agency; raise NotFoundError (``UNKNOWN_AGENCY``) where there is none."""
        async with self._database.reading() as session:
            agency = await self._agencies.find(session, agency_id)
        if agency is None:
            raise NotFoundError("agency", agency_id)
        return agency

    async def admit(self, identity: Identity, agency_id: str, name: str, keys: Sequence[Mapping[str, Any]]) -> Agency:
        """Admit an agency and pin its public keys.

        Raises
        ------
        InvalidInputError
            ``INVALID_KEY_SET``.
        AlreadyExistsError
            ``AGENCY_EXISTS``, also for one whose identifier differs in the case of letters alone.
        """
        key_set = checked_key_set(keys)
        agency = Agency(agency_id, name, AgencyState.ADMITTED, key_set, 1, utc_now(), identity.principal_id)
        async with self._database.transaction() as session:
            alike = await self._agencies.find_alike(session, agency_id)
            if alike is not None:
                raise AlreadyExistsError("AGENCY_EXISTS", f"{alike.agency_id} is admitted already")
            self._agencies.add(session, agency)
            self._record(session, "agency.admitted", agency, after_hash=key_set_hash(key_set))
        return agency

    async def suspend(self, identity: Identity, agency_id: str, reason: str) -> Agency:
        """Refuse all keys of an agency until it is admitted again.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_AGENCY``.
        PreconditionError
            ``OWN_AGENCY``: who suspended its own could not admit it again.
        """
        async with self._changing(agency_id) as (session, agency):
            if agency_id == identity.agency_id:
                raise PreconditionError("OWN_AGENCY", f"{agency_id} is this key's own agency")
            if agency.state is AgencyState.SUSPENDED:
                return agency
            changed = replace(agency, state=AgencyState.SUSPENDED, suspended_time=utc_now(), suspension_reason=reason)
            await self._agencies.save(session, changed)
            self._record(session, "agency.suspended", changed)
        return changed

    async def readmit(self, agency_id: str) -> Agency:
        """Let the keys of a suspended agency work again."""
        async with self._changing(agency_id) as (session, agency):
            if agency.state is AgencyState.ADMITTED:
                return agency
            changed = replace(agency, state=AgencyState.ADMITTED, suspended_time=None, suspension_reason="")
            await self._agencies.save(session, changed)
            self._record(session, "agency.readmitted", changed)
        return changed

    async def enrol(self, agency_id: str, proof: str, label: str) -> tuple[ApiKey, str]:
        """Make an agency's first ADMINISTRATOR key for whoever holds its private key; return it as a key is issued.

        Raises
        ------
        UnauthenticatedError
            ``INVALID_PROOF``, also for an agency that is unknown or suspended.
        PreconditionError
            ``ENROLLED`` where it was done before: an ADMINISTRATOR makes further keys.
        """
        async with self._database.transaction() as session:
            agency = await self._agencies.find_locked(session, agency_id)
            is_open = agency is not None and agency.state is AgencyState.ADMITTED
            keys = agency.key_set if agency is not None and is_open else ()
            require_proof(proof, keys, self.claims(agency_id, ENROLMENT), utc_now())
            # Under no keys no proof holds: there is such an agency.
            if agency is None or agency.enrolled_time is not None:
                raise PreconditionError("ENROLLED", f"{agency_id} is enrolled; its ADMINISTRATOR makes further keys")
            key, bearer = new_key(agency_id, KeyWish(Role.ADMINISTRATOR, label), f"agency:{agency_id}")
            await self._agencies.save(session, replace(agency, enrolled_time=key.created_time))
            self._keys.add(session, key)
            self._audit.record(
                session, "agency.enrolled", entity_kind="key", entity_id=key.key_id, identity=key.identity
            )
        return key, bearer.text

    async def rotate_key_set(self, agency_id: str, keys: Sequence[Mapping[str, Any]], proof: str) -> Agency:
        """Replace the public keys of an agency, as one of the present ones signed.

        Raises
        ------
        InvalidInputError
            ``INVALID_KEY_SET``.
        UnauthenticatedError
            ``INVALID_PROOF``: a proof states the hash of the new set and the version that it replaces, and so holds
            once.
        """
        key_set = checked_key_set(keys)
        async with self._changing(agency_id) as (session, agency):
            claims = self.claims(agency_id, KEY_SET_CHANGE) | {
                "key_set_hash": key_set_hash(key_set),
                "replaces_version": agency.key_set_version,
            }
            require_proof(proof, agency.key_set, claims, utc_now())
            changed = replace(agency, key_set=key_set, key_set_version=agency.key_set_version + 1)
            await self._agencies.save(session, changed)
            before_hash, after_hash = key_set_hash(agency.key_set), key_set_hash(key_set)
            self._record(session, "agency.key_set_rotated", changed, before_hash=before_hash, after_hash=after_hash)
        return changed

    def claims(self, agency_id: str, purpose: str) -> dict[str, Any]:
        """Return what a proof for a purpose states, beside when."""
        return {"iss": agency_id, "aud": self._installation_id, "purpose": purpose}

    @asynccontextmanager
    async def _changing(self, agency_id: str) -> AsyncIterator[tuple[AsyncSession, Agency]]:
        async with self._database.transaction() as session:
            yield session, await self._agencies.locked(session, agency_id)
        self._cache.clear()

    def _record(
        self, session: AsyncSession, action: str, agency: Agency, *, before_hash: str = "", after_hash: str = ""
    ) -> None:
        self._audit.record(
            session,
            action,
            entity_kind="agency",
            entity_id=agency.agency_id,
            detail=agency.suspension_reason,
            before_hash=before_hash,
            after_hash=after_hash,
        )
