"""Admits calls: who it is, whether it may, and whether it comes too often."""

import math
import time
from ipaddress import IPv4Address, ip_address, ip_network

from limits import RateLimitItem, parse
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.storage import storage_from_string
from malapert_core.errors import ExhaustedError, UnauthenticatedError
from malapert_core.policy.identity import Identity

from malapert_gateway import policy
from malapert_gateway.domain.api_key import ApiKey
from malapert_gateway.services.key_service import KeyService
from malapert_gateway.services.session_service import Credentials, SessionService


class Admission:
    """Admission control of every call.

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

    async def admit(self, action: str, credentials: Credentials, address: str) -> Identity:
        """Return who calls, by a key or by a session of the page that a key opened.

        Raises
        ------
        UnauthenticatedError
            Without a valid key or session.
        ExhaustedError
            ``TOO_MANY_CALLS`` where the key, or an address without a valid one, calls too often.
        PermissionDeniedError
            ``FORBIDDEN`` where the role may not take the action, ``OUT_OF_SCOPE`` where the key is not for it,
            ``AGENCY_SUSPENDED``.
        """
        try:
            key = await self._key_of(credentials)
        except UnauthenticatedError:
            await self._count(self._refusal_limit, "address", network_of(address))
            raise
        identity = key.identity
        await self._count(self._rate_limit, "key", identity.key_id)
        await self._count(self._agency_rate_limit, "agency", identity.agency_id)
        policy.require_role(action, identity)
        policy.require_scope(action, key.scope.actions)
        return identity

    async def _key_of(self, credentials: Credentials) -> ApiKey:
        if credentials.are_of_session:
            return await self._sessions.identify(credentials)
        return await self._keys.identify(credentials.authorization)

    async def admit_unknown(self, address: str) -> None:
        """Count a call that carries no key but proves itself otherwise.

        Raises
        ------
        ExhaustedError
            ``TOO_MANY_CALLS`` where its address calls too often.
        """
        await self._count(self._refusal_limit, "address", network_of(address))

    async def _count(self, limit: RateLimitItem, kind: str, name: str) -> None:
        if await self._limiter.hit(limit, kind, name):
            return
        window = await self._limiter.get_window_stats(limit, kind, name)
        wait_s = max(1, math.ceil(window.reset_time - time.time()))
        raise ExhaustedError(
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
