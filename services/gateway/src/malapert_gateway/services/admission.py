"""Admits calls: who it is, whether it may, and whether it comes too often."""

import hashlib
import math
import time
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address, ip_network

from limits import RateLimitItem, parse
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.storage import storage_from_string
from malapert_core.errors import ExhaustedError, PermissionDeniedError, UnauthenticatedError
from malapert_core.fairness.limit_use import LimitedThing, LimitHolder, LimitUse
from malapert_core.policy.identity import Identity

from malapert_gateway import policy
from malapert_gateway.domain.api_key import ApiKey
from malapert_gateway.services.key_service import KeyService
from malapert_gateway.services.provider_documents import ProviderAwayError
from malapert_gateway.services.session_service import Credentials, SessionService

REMEMBERED_S = 1.0
"""Longest time for which a refused caller is refused again without another look: so long an ended key may be told that
it calls too often."""
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class _Wait:
    """Wait of a refused caller, in Unix seconds: when a place is free at the earliest, and until when it is known."""

    limit: RateLimitItem
    free_at: float
    remembered_until: float


class Admission:
    """Admission control of every call.

    A caller that was told to wait and does not is refused before its key is looked up and before anything is counted.

    Parameters
    ----------
    keys
        Knows keys.
    sessions
        Knows sessions of the page.
    rate_limit, agency_rate_limit
        Calls of one key and of all keys of an agency, such as ``600/minute``.
    refusal_limit
        Refused keys from one address, such as ``60/minute``.
    storage_url
        Where calls are counted, such as ``async+memory://``.
    """

    def __init__(
        self,
        keys: KeyService,
        sessions: SessionService,
        *,
        rate_limit: str,
        agency_rate_limit: str,
        refusal_limit: str,
        storage_url: str,
    ) -> None:
        self._keys = keys
        self._sessions = sessions
        self._rate_limit = parse(rate_limit)
        self._agency_rate_limit = parse(agency_rate_limit)
        self._refusal_limit = parse(refusal_limit)
        self._limiter = SlidingWindowCounterRateLimiter(storage_from_string(storage_url))
        self._waits: dict[tuple[bytes, str], _Wait] = {}

    async def admit(self, action: str, credentials: Credentials, address: str) -> Identity:
        """Return who calls, by a key or by a session of the page that a key opened.

        Raises
        ------
        UnauthenticatedError
            Without a valid key or session.
        ExhaustedError
            ``TOO_MANY_CALLS`` where the key, or an address without a usable one, calls too often.
        PermissionDeniedError
            ``FORBIDDEN`` where the role may not take the action, ``OUT_OF_SCOPE`` where the key is not for it,
            ``AGENCY_SUSPENDED``, ``CSRF_TOKEN_REQUIRED``.
        """
        caller = _caller(credentials, network_of(address))
        self._refuse_waiting(caller)
        try:
            key = await self._key_of(credentials)
        except (UnauthenticatedError, PermissionDeniedError, ProviderAwayError):
            # Of a suspended agency, a session's change without its token, or a token that nobody can verify while its
            # provider is away: nothing else would count them.
            await self._count(self._refusal_limit, "address", network_of(address), caller)
            raise
        identity = key.identity
        await self._count(self._rate_limit, "key", identity.key_id, caller)
        await self._count(self._agency_rate_limit, "agency", identity.agency_id, caller)
        policy.require_role(action, identity)
        policy.require_scope(action, key.scope.actions)
        return identity

    async def _key_of(self, credentials: Credentials) -> ApiKey:
        if credentials.are_of_session:
            return await self._sessions.identify(credentials)
        return await self._keys.identify(credentials.authorization)

    async def used(self, identity: Identity) -> list[LimitUse]:
        """Return how many calls a caller's key and its agency may make, and have made."""
        return [
            await self._use_of(self._rate_limit, LimitHolder.KEY, identity.key_id),
            await self._use_of(self._agency_rate_limit, LimitHolder.AGENCY, identity.agency_id),
        ]

    async def _use_of(self, limit: RateLimitItem, holder: LimitHolder, name: str) -> LimitUse:
        window = await self._limiter.get_window_stats(limit, holder.lower(), name)
        used = limit.amount - window.remaining
        return LimitUse(LimitedThing.CALLS, holder, limit.amount, used, limit.get_expiry())

    async def admit_unknown(self, address: str) -> None:
        """Count a call that carries no key but proves itself otherwise.

        Raises
        ------
        ExhaustedError
            ``TOO_MANY_CALLS`` where its address calls too often.
        """
        await self._count(self._refusal_limit, "address", network_of(address))

    async def _count(self, limit: RateLimitItem, kind: str, name: str, caller: tuple[bytes, str] | None = None) -> None:
        if await self._limiter.hit(limit, kind, name):
            return
        window = await self._limiter.get_window_stats(limit, kind, name)
        if caller is not None:
            self._remember(caller, limit, window.reset_time)
        raise _too_many(limit, window.reset_time)

    def _refuse_waiting(self, caller: tuple[bytes, str]) -> None:
        wait = self._waits.get(caller)
        if wait is None:
            return
        if time.time() < wait.remembered_until:
            raise _too_many(wait.limit, wait.free_at)
        del self._waits[caller]

    def _remember(self, caller: tuple[bytes, str], limit: RateLimitItem, free_at: float) -> None:
        self._waits.pop(caller, None)
        if len(self._waits) >= _MOST_REMEMBERED:
            del self._waits[next(iter(self._waits))]
        # No call is refused that the limit would let through: a place is free again at that time at the earliest.
        self._waits[caller] = _Wait(limit, free_at, min(free_at, time.time() + REMEMBERED_S))


def _caller(credentials: Credentials, network: str) -> tuple[bytes, str]:
    """Return under what a refused caller is remembered: no secret of it."""
    text = credentials.cookie if credentials.authorization is None else credentials.authorization
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(), network


def _too_many(limit: RateLimitItem, free_at: float) -> ExhaustedError:
    wait_s = max(1, math.ceil(free_at - time.time()))
    return ExhaustedError(
        "TOO_MANY_CALLS",
        f"at most {limit} are allowed; ask again in {wait_s} s",
        metadata={"limit": str(limit), "retry_after_s": str(wait_s)},
    )


def network_of(address: str) -> str:
    """Return under what a peer is counted: its address, or of IPv6 the network of 64 bits that one host may have."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((found, 64), strict=False))
