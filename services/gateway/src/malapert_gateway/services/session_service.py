"""Sessions of the page: links that open one, the cookies that carry it, its end."""

from dataclasses import dataclass, replace
from datetime import datetime

from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.errors import PermissionDeniedError, UnauthenticatedError
from malapert_core.policy.identity import Identity, acting_as
from malapert_core.timestamps import utc_now
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_gateway.domain.api_key import ApiKey, hash_secret
from malapert_gateway.domain.web_session import (
    LINK_LIFETIME,
    MOST_OF_KEY,
    SESSION_LIFETIME,
    SessionSecret,
    WebSession,
    new_secret,
    parse_secret,
)
from malapert_gateway.services.key_service import KeyService
from malapert_gateway.storage.session_store import SessionStore
from malapert_gateway.streams import until_seen

SESSION_COOKIE = "malapert_session"
CSRF_HEADER = "X-CSRF-Token"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a call carries to tell who calls: a key, or a session's cookie and with a change its token."""

    authorization: str | None = None
    cookie: str = ""
    csrf_token: str = ""
    is_change: bool = False

    @property
    def are_of_session(self) -> bool:
        """True where the cookie tells who calls; a key goes before it."""
        return self.authorization is None and bool(self.cookie)


class SessionService:
    """Sessions of the page.

    A session speaks as the key whose link opened it: the same principal, role and scope, no longer than the key is
    usable.

    Parameters
    ----------
    database
    keys
        Knows keys.
    audit
        Records who opened and ended sessions.
    """

    def __init__(self, database: Database, keys: KeyService, audit: AuditTrail) -> None:
        self._database = database
        self._keys = keys
        self._audit = audit
        self._store = SessionStore()

    async def make_link(self, identity: Identity) -> tuple[WebSession, SessionSecret]:
        """Make a link that opens one session of the caller's key, once."""
        now = utc_now()
        ticket = new_secret()
        made = WebSession(
            ticket.session_id, identity.key_id, hash_secret(ticket.secret), now, expire_time=now + LINK_LIFETIME
        )
        async with self._database.transaction() as session:
            await self._make_room(session, identity.key_id)
            self._store.add(session, made)
            self._record(session, "session.link_made", made)
        return made, ticket

    async def open(self, ticket: str) -> tuple[WebSession, SessionSecret, ApiKey]:
        """Open a link's session; its ticket is worth nothing afterwards.

        Raises
        ------
        UnauthenticatedError
            ``INVALID_TICKET`` where it is unknown, used or expired, ``INVALID_KEY`` where its key is not usable.
        PermissionDeniedError
            ``AGENCY_SUSPENDED``.
        """
        given = parse_secret(ticket)
        link = None if given is None else await self._found(given.session_id)
        now = utc_now()
        if given is None or link is None or not link.has_secret(given.secret) or not link.is_link(now):
            raise _invalid_ticket()
        key = await self._keys.usable(link.key_id)
        cookie = new_secret(link.session_id)
        opened = replace(
            link, secret_hash=hash_secret(cookie.secret), opened_time=now, expire_time=_end_of_session(key, now)
        )
        async with self._database.transaction() as session:
            if not await self._store.open(session, opened):
                raise _invalid_ticket()
            with acting_as(key.identity):
                self._record(session, "session.opened", opened)
        return opened, cookie, key

    async def open_by_log_in(self, key: ApiKey) -> tuple[WebSession, SessionSecret]:
        """Open a session of a person's key; the person has logged in by the agency's provider."""
        now, cookie = utc_now(), new_secret()
        opened = WebSession(
            cookie.session_id, key.key_id, hash_secret(cookie.secret), now, _end_of_session(key, now), opened_time=now
        )
        async with self._database.transaction() as session:
            await self._make_room(session, key.key_id)
            self._store.add(session, opened)
            with acting_as(key.identity):
                self._record(session, "session.opened", opened)
        return opened, cookie

    async def identify(self, credentials: Credentials) -> ApiKey:
        """Return the key that opened the session of a cookie.

        Raises
        ------
        UnauthenticatedError
            ``SESSION_ENDED`` where the cookie opens no session, ``INVALID_KEY`` where its key is not usable any more.
        PermissionDeniedError
            ``CSRF_TOKEN_REQUIRED`` where a change does not carry the session's token, ``AGENCY_SUSPENDED``.
        """
        found, secret = await self._opened(credentials.cookie)
        if credentials.is_change and not secret.admits_change(credentials.csrf_token):
            message = f"a change in a session of the page carries its token in the header {CSRF_HEADER}"
            raise PermissionDeniedError("CSRF_TOKEN_REQUIRED", message)
        return await self._keys.usable(found.key_id)

    async def own(self, cookie: str) -> tuple[WebSession, SessionSecret]:
        """Return the session of a cookie, with its secret."""
        return await self._opened(cookie)

    async def end(self, cookie: str) -> None:
        """End the session of a cookie."""
        found, _ = await self._opened(cookie)
        async with self._database.transaction() as session:
            await self._store.end(session, found.session_id, utc_now())
            self._record(session, "session.ended", found)

    async def until_ended(self, cookie: str) -> None:
        """Return within seconds of the end of a cookie's session: by log-out, by its time, or for want of room."""

        async def is_ended() -> bool:
            try:
                await self._opened(cookie)
            except UnauthenticatedError:
                return True
            return False

        await until_seen(is_ended)

    async def _opened(self, cookie: str) -> tuple[WebSession, SessionSecret]:
        secret = parse_secret(cookie)
        found = None if secret is None else await self._found(secret.session_id)
        if secret is None or found is None or not found.has_secret(secret.secret) or not found.is_open(utc_now()):
            raise UnauthenticatedError("SESSION_ENDED", "the session has ended: open the page by a new link")
        return found, secret

    async def _found(self, session_id: str) -> WebSession | None:
        async with self._database.reading() as session:
            return await self._store.find(session, session_id)

    async def _make_room(self, session: AsyncSession, key_id: str) -> None:
        now = utc_now()
        kept = await self._store.of_key(session, key_id)
        lasting = [each for each in kept if each.is_open(now) or each.is_link(now)]
        oldest = lasting[: max(0, len(lasting) - MOST_OF_KEY + 1)]
        gone = [each.session_id for each in kept if each not in lasting or each in oldest]
        if gone:
            await self._store.remove(session, gone)

    def _record(self, session: AsyncSession, action: str, which: WebSession) -> None:
        self._audit.record(session, action, entity_kind="session", entity_id=which.session_id)


def _end_of_session(key: ApiKey, now: datetime) -> datetime:
    ends = [now + SESSION_LIFETIME, *([key.expire_time] if key.expire_time else [])]
    return min(ends)


def _invalid_ticket() -> UnauthenticatedError:
    return UnauthenticatedError("INVALID_TICKET", "the link is unknown, was used or has expired: make a new one")
