"""Makes, checks, rotates and ends the keys of agencies."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.errors import (
    ConflictError,
    DatabaseAwayError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from malapert_core.policy.identity import Identity, Role, principal_of_key
from malapert_core.timestamps import utc_now
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_gateway.domain.agency import Agency, AgencyState
from malapert_gateway.domain.api_key import (
    ALL,
    GUARDED_ROLES,
    ApiKey,
    BearerKey,
    KeyScope,
    hash_secret,
    new_bearer_key,
    parse_bearer_key,
)
from malapert_gateway.domain.person_token import is_token
from malapert_gateway.services.key_cache import KeyCache
from malapert_gateway.services.people import People
from malapert_gateway.storage.agency_store import AgencyStore
from malapert_gateway.storage.key_store import KeyStore
from malapert_gateway.streams import until_seen

log = structlog.get_logger(__name__)

USE_RESOLUTION = timedelta(minutes=5)
"""How coarse the time of a key's last use is: it is written at most so often."""


@dataclass(frozen=True, slots=True)
class KeyWish:
    """What a key is to be."""

    role: Role
    label: str = ""
    scope: KeyScope = ALL
    expire_time: datetime | None = None
    subject: str = ""


class KeyService:
    """Keys of agencies.

    An agency's ADMINISTRATOR looks after its keys, PLATFORM after those of its own kind; the last usable key of either
    role is not to be ended.

    Parameters
    ----------
    database
    keys
        Where keys are kept.
    agencies
        Where agencies are kept.
    audit
        Records who made and ended keys.
    cache
        Keeps what was found for a moment.
    people
        Knows whose a token is.
    """

    def __init__(
        self,
        database: Database,
        keys: KeyStore,
        agencies: AgencyStore,
        audit: AuditTrail,
        cache: KeyCache,
        people: People,
    ) -> None:
        self._cache = cache
        self._people = people
        self._database = database
        self._keys = keys
        self._agencies = agencies
        self._audit = audit

    async def identify(self, authorization: str | None) -> ApiKey:
        """Return the key that an Authorization header carries, or that of the person whose token it carries.

        Raises
        ------
        UnauthenticatedError
            ``MISSING_KEY`` without a bearer key, ``INVALID_KEY`` for one that is unknown, revoked or expired,
            ``INVALID_TOKEN``, ``UNKNOWN_PERSON`` where a person has no usable key here.
        PermissionDeniedError
            ``AGENCY_SUSPENDED``.
        UnavailableError
            ``IDENTITY_PROVIDER_AWAY``.
        """
        scheme, _, text = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            raise UnauthenticatedError("MISSING_KEY", "send the header Authorization: Bearer mlp_…")
        if is_token(text.strip()):
            return await self._of_person(text.strip())
        bearer = parse_bearer_key(text.strip())
        key, agency = (None, None) if bearer is None else await self._found(bearer.key_id)
        if bearer is None or key is None or agency is None or not key.opens_with(bearer.secret, utc_now()):
            raise UnauthenticatedError("INVALID_KEY", "the key is unknown, revoked or expired")
        return await self._used(key, agency)

    async def usable(self, key_id: str) -> ApiKey:
        """Return the key that a session was opened by; a use of the session is one of the key.

        Raises
        ------
        UnauthenticatedError
            ``INVALID_KEY`` where it is revoked or expired.
        PermissionDeniedError
            ``AGENCY_SUSPENDED``.
        """
        key, agency = await self._found(key_id)
        if key is None or agency is None or not key.is_usable(utc_now()):
            raise UnauthenticatedError("INVALID_KEY", "the key that this session was opened by is revoked or expired")
        return await self._used(key, agency)

    async def _of_person(self, token: str) -> ApiKey:
        return await self.of_person(*await self._people.identified(token))

    async def of_person(self, agency_id: str, subject: str) -> ApiKey:
        """Return the key of a person whom its agency's provider has named.

        Raises
        ------
        UnauthenticatedError
            ``UNKNOWN_PERSON`` where it has no usable key here.
        PermissionDeniedError
            ``AGENCY_SUSPENDED``.
        """
        async with self._database.reading() as session:
            keys = await self._keys.of_person(session, agency_id, subject)
            agency = await self._agencies.find(session, agency_id)
        usable = [key for key in keys if key.is_usable(utc_now())]
        if agency is None or not usable:
            message = f"{agency_id} has given this person no key, or ended it: ask its ADMINISTRATOR"
            raise UnauthenticatedError("UNKNOWN_PERSON", message)
        return await self._used(usable[0], agency)

    async def _used(self, key: ApiKey, agency: Agency) -> ApiKey:
        now = utc_now()
        if agency.state is AgencyState.SUSPENDED:
            message = f"{agency.agency_id} is suspended: {agency.suspension_reason or 'no reason was given'}"
            raise PermissionDeniedError("AGENCY_SUSPENDED", message)
        if key.last_used_time is None or now - key.last_used_time >= USE_RESOLUTION:
            await self._note_use(key.key_id, now)
        return key

    async def until_ended(self, key_id: str) -> None:
        """Return within seconds of the end of a key, however it ends."""

        async def is_ended() -> bool:
            key, agency = await self._found(key_id)
            if key is None or agency is None or not key.is_usable(utc_now()):
                return True
            return agency.state is AgencyState.SUSPENDED

        await until_seen(is_ended)

    async def list(self, identity: Identity) -> list[ApiKey]:
        """Return the keys that a caller looks after, oldest first."""
        async with self._database.reading() as session:
            keys = await self._keys.of_agency(session, identity.agency_id)
        return [key for key in keys if _looks_after(identity, key.role)]

    async def own(self, identity: Identity) -> ApiKey:
        """Return the key that a caller called with."""
        if (kept := self._cache.find(identity.key_id)) is not None:
            return kept[0]
        async with self._database.reading() as session:
            return await self._known(session, identity.key_id)

    async def issue(self, identity: Identity, wish: KeyWish) -> tuple[ApiKey, str]:
        """Make a key of the caller's agency; return it and the text that its holder sends, which is kept nowhere.

        Raises
        ------
        PermissionDeniedError
            ``FORBIDDEN`` for a role that the caller does not look after.
        PreconditionError
            ``NO_IDENTITY_PROVIDER`` for a person of an agency that logs nobody in.
        ConflictError
            ``PERSON_HAS_KEY`` for a person with a usable one: it is one principal with one role.
        """
        if not _looks_after(identity, wish.role):
            needed = "PLATFORM" if wish.role is Role.PLATFORM else "ADMINISTRATOR"
            message = f"a key of the role {wish.role.name} is made by {needed}; this key has {identity.role.name}"
            raise PermissionDeniedError("FORBIDDEN", message, metadata={"needed_roles": needed})
        key, bearer = new_key(identity.agency_id, wish, identity.principal_id)
        async with self._database.transaction() as session:
            if wish.subject:
                await self._require_new_person(session, key)
            self._keys.add(session, key)
            self._record(session, "key.created", key)
        return key, "" if wish.subject else bearer.text

    async def _require_new_person(self, session: AsyncSession, key: ApiKey) -> None:
        if not self._people.are_logged_in(key.agency_id):
            message = f"{key.agency_id} has no provider here by which it logs people in: the host's settings name it"
            raise PreconditionError("NO_IDENTITY_PROVIDER", message)
        await self._agencies.locked(session, key.agency_id)
        others = await self._keys.of_person(session, key.agency_id, key.subject)
        if found := next((each for each in others if each.is_usable(utc_now())), None):
            message = f"this person has the key {found.key_id} of the role {found.role.name}: end it first"
            raise ConflictError("PERSON_HAS_KEY", message)

    async def rotate(self, identity: Identity, key_id: str, overlap: timedelta) -> tuple[ApiKey, str]:
        """Make the successor of a key, which goes on to work for the overlap; return it as `issue` does.

        The successor has the same holder, role and scope, and lasts as long as the key was to last at first.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_KEY``.
        PreconditionError
            ``KEY_ENDED`` where it is not usable any more, ``KEY_REPLACED`` where it has a successor already,
            ``NO_SECRET`` for a person's.
        """
        async with self._changing(identity, key_id) as (session, key, now):
            if not key.is_usable(now):
                raise PreconditionError("KEY_ENDED", f"key {key_id} is revoked or expired; make another")
            if key.subject:
                raise PreconditionError("NO_SECRET", f"key {key_id} is a person's, who logs in: it has no secret")
            if key.replaced_by:
                raise PreconditionError("KEY_REPLACED", f"key {key_id} was rotated to {key.replaced_by}; rotate that")
            expire_time = None if key.expire_time is None else now + (key.expire_time - key.created_time)
            wish = KeyWish(key.role, key.label, key.scope, expire_time)
            successor, bearer = new_key(key.agency_id, wish, identity.principal_id, principal_id=key.principal_id)
            until = now + overlap if key.expire_time is None else min(key.expire_time, now + overlap)
            self._keys.add(session, successor)
            await self._keys.save_end(session, replace(key, expire_time=until, replaced_by=successor.key_id))
            self._record(session, "key.rotated", key, f"to {successor.key_id}")
        return successor, bearer.text

    async def expire(self, identity: Identity, key_id: str, time: datetime) -> ApiKey:
        """Let a key end at an instant, earlier than it was to end.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_KEY``.
        PreconditionError
            ``KEY_ENDED``, ``LATER_EXPIRY``, or ``LAST_KEY`` where nobody could make another key.
        """
        async with self._changing(identity, key_id) as (session, key, now):
            if not key.is_usable(now):
                raise PreconditionError("KEY_ENDED", f"key {key_id} is revoked or expired already")
            if key.expire_time is not None and time > key.expire_time:
                raise PreconditionError("LATER_EXPIRY", f"key {key_id} ends earlier; rotate it to have a longer one")
            await self._require_another(session, key, now)
            ended = replace(key, expire_time=time)
            await self._keys.save_end(session, ended)
            self._record(session, "key.expiry_set", key)
        return ended

    async def revoke(self, identity: Identity, key_id: str) -> ApiKey:
        """Revoke a key for good; one that is revoked already stays as it is.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_KEY``.
        PreconditionError
            ``LAST_KEY`` where nobody could make another key.
        """
        async with self._changing(identity, key_id) as (session, key, now):
            if key.revoked_time is not None:
                return key
            if key.is_usable(now):
                await self._require_another(session, key, now)
            revoked = replace(key, revoked_time=now)
            await self._keys.save_end(session, revoked)
            self._record(session, "key.revoked", key)
        return revoked

    @asynccontextmanager
    async def _changing(self, identity: Identity, key_id: str) -> AsyncIterator[tuple[AsyncSession, ApiKey, datetime]]:
        async with self._database.transaction() as session:
            # Two who end the last two keys at once take turns.
            await self._agencies.locked(session, identity.agency_id)
            key = await self._known(session, key_id)
            if key.agency_id != identity.agency_id or not _looks_after(identity, key.role):
                raise NotFoundError("key", key_id)
            yield session, key, utc_now()
        self._cache.clear()

    async def _require_another(self, session: AsyncSession, key: ApiKey, now: datetime) -> None:
        if key.role not in GUARDED_ROLES:
            return
        others = await self._keys.of_agency(session, key.agency_id)
        # A person's key is worth nothing while the agency's provider is away.
        lasting = [each for each in others if each.lasts(now) and not each.subject]
        if any(each.role is key.role and each.key_id != key.key_id for each in lasting):
            return
        message = (
            f"no other {key.role.name} key of {key.agency_id} lasts for a day, and nobody else could make one: "
            "make or rotate another first"
        )
        raise PreconditionError("LAST_KEY", message)

    async def _known(self, session: AsyncSession, key_id: str) -> ApiKey:
        key = await self._keys.find(session, key_id)
        if key is None:
            raise NotFoundError("key", key_id)
        return key

    async def _found(self, key_id: str) -> tuple[ApiKey | None, Agency | None]:
        kept = self._cache.find(key_id)
        if kept is not None:
            return kept
        looked_up_s, generation = time.monotonic(), self._cache.generation
        async with self._database.reading() as session:
            key = await self._keys.find(session, key_id)
            agency = None if key is None else await self._agencies.find(session, key.agency_id)
        if key is not None and agency is not None:
            self._cache.keep(key, agency, looked_up_s, generation)
        return key, agency

    async def _note_use(self, key_id: str, now: datetime) -> None:
        try:
            async with self._database.transaction() as session:
                await self._keys.note_use(session, key_id, now)
            self._cache.clear()
        except (SQLAlchemyError, DatabaseAwayError) as error:
            log.warning("last use of a key not kept", key_id=key_id, error=repr(error))

    def _record(self, session: AsyncSession, action: str, key: ApiKey, detail: str = "") -> None:
        self._audit.record(
            session, action, entity_kind="key", entity_id=key.key_id, detail=detail or f"{key.role.name} {key.label}"
        )


def new_key(
    agency_id: str, wish: KeyWish, created_by: str, *, principal_id: str = "", is_made_on_host: bool = False
) -> tuple[ApiKey, BearerKey]:
    """Return a fresh key, not kept yet, and what its holder has."""
    bearer = new_bearer_key()
    key = ApiKey(
        key_id=bearer.key_id,
        secret_hash="" if wish.subject else hash_secret(bearer.secret),
        agency_id=agency_id,
        role=wish.role,
        label=wish.label,
        created_time=utc_now(),
        principal_id=principal_id or (f"person:{wish.subject}" if wish.subject else principal_of_key(bearer.key_id)),
        created_by=created_by,
        scope=wish.scope,
        expire_time=wish.expire_time,
        is_made_on_host=is_made_on_host,
        subject=wish.subject,
    )
    return key, bearer


def _looks_after(identity: Identity, role: Role) -> bool:
    """Tell whether a caller makes and ends the keys of a role in its agency."""
    keeper = Role.PLATFORM if role is Role.PLATFORM else Role.ADMINISTRATOR
    return identity.role is keeper
