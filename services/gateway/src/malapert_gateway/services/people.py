"""People whom their agencies log in: tokens are verified by keys that are fetched from the agency's provider."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import httpx
import structlog
from joserfc.jwk import KeySet
from malapert_core.errors import UnauthenticatedError
from malapert_core.timestamps import utc_now

from malapert_gateway.domain.person_token import (
    IdentityProvider,
    audiences_of,
    key_name,
    public_keys,
    require_private,
    stated_claims,
    verified_subject,
)
from malapert_gateway.services.provider_documents import (
    FETCH_LIMIT_S,
    KEPT_S,
    LEAST_PAUSE_S,
    NOT_FETCHED,
    ProviderAwayError,
    discovered,
    document,
)

log = structlog.get_logger(__name__)

_KEYS_USABLE_S = 86_400.0


@dataclass(slots=True)
class _Kept:
    """Keys of a provider, when they came and when they were last looked for, monotonic seconds."""

    keys: KeySet | None = None
    came_s: float = 0.0
    looked_s: float | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class People:
    """Finds whose a token is.

    Parameters
    ----------
    providers : iterable of IdentityProvider
    """

    def __init__(self, providers: Iterable[IdentityProvider] = ()) -> None:
        self._providers = {(each.issuer, each.audience): each for each in providers}
        self._kept = {key: _Kept() for key in self._providers}

    def are_logged_in(self, agency_id: str) -> bool:
        """Tell whether an agency has a provider by which it logs its people in."""
        return any(each.agency_id == agency_id for each in self._providers.values())

    async def identified(self, token: str) -> tuple[str, str]:
        """Return the agency and the subject of a token.

        Raises
        ------
        UnauthenticatedError
            ``INVALID_TOKEN``.
        ProviderAwayError
            ``IDENTITY_PROVIDER_AWAY`` where the keys that it is to be verified by cannot be fetched.
        """
        claims = stated_claims(token)
        issuer = claims.get("iss")
        stated = [(issuer, audience) for audience in audiences_of(claims)] if isinstance(issuer, str) else []
        found = [key for key in dict.fromkeys(stated) if key in self._providers]
        if len(found) != 1:
            raise UnauthenticatedError(
                "INVALID_TOKEN", "the token cannot be taken: no agency here logs in by its issuer"
            )
        provider = self._providers[found[0]]
        keys = await self._keys_of(provider, self._kept[found[0]], key_name(token))
        return provider.agency_id, verified_subject(token, keys, provider, utc_now().timestamp())

    async def _keys_of(self, provider: IdentityProvider, kept: _Kept, wanted: str) -> KeySet:
        if kept.keys is not None and time.monotonic() - kept.came_s < KEPT_S and _has(kept.keys, wanted):
            # A token that names another key may set off a look; those by a known one do not wait for it.
            return kept.keys
        async with kept.lock:
            now_s = time.monotonic()
            is_fresh = kept.keys is not None and now_s - kept.came_s < KEPT_S and _has(kept.keys, wanted)
            if not is_fresh and (kept.looked_s is None or now_s - kept.looked_s >= LEAST_PAUSE_S):
                kept.looked_s = now_s
                try:
                    kept.keys, kept.came_s = await _fetched_keys(provider), now_s
                except NOT_FETCHED as error:
                    log.warning("keys of a provider not fetched", agency_id=provider.agency_id, error=repr(error))
            if kept.keys is None or now_s - kept.came_s >= _KEYS_USABLE_S:
                raise ProviderAwayError(provider.agency_id, "give its keys")
            return kept.keys


async def _fetched_keys(provider: IdentityProvider) -> KeySet:
    async with httpx.AsyncClient(timeout=FETCH_LIMIT_S, follow_redirects=False) as http:
        address = provider.keys_url or (await discovered(http, provider))["jwks_uri"]
        return public_keys(await document(http, "GET", require_private(address)))


def _has(keys: KeySet, wanted: str) -> bool:
    return not wanted or any(key.kid == wanted for key in keys.keys)
