"""What a provider of identity publishes and answers, fetched over HTTP: bounded in size and time, never redirected."""

import asyncio
import json
from typing import Any

import httpx
from joserfc.errors import JoseError
from malapert_core.errors import UnavailableError

from malapert_gateway.domain.person_token import IdentityProvider

FETCH_LIMIT_S = 5.0
KEPT_S = 3600.0
"""How long what a provider publishes is used without asking for it anew, seconds."""
LEAST_PAUSE_S = 30.0
"""Least time between two looks at what a provider publishes, seconds: anybody may cause one."""
NOT_FETCHED = (httpx.HTTPError, httpx.InvalidURL, ValueError, TypeError, KeyError, JoseError, TimeoutError)
"""What fetching and reading a document of a provider may raise."""
_LONGEST_DOCUMENT = 1 << 20


class ProviderAwayError(UnavailableError):
    """A provider of identity does not answer now."""

    def __init__(self, agency_id: str, what: str) -> None:
        super().__init__(
            "IDENTITY_PROVIDER_AWAY",
            f"the provider by which {agency_id} logs in does not {what}; ask again",
            metadata={"retry_after_s": f"{LEAST_PAUSE_S:.0f}"},
        )


async def discovered(http: httpx.AsyncClient, provider: IdentityProvider) -> dict[str, Any]:
    """Return a provider's discovery document (OpenID Connect Discovery 1.0).

    Raises
    ------
    ValueError
        Where it is none, or of another issuer.
    """
    found = await document(http, "GET", f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
    if not isinstance(found, dict) or found.get("issuer") != provider.issuer:
        raise ValueError("the discovery document is of another issuer")
    return found


async def document(http: httpx.AsyncClient, method: str, address: str, **asked: Any) -> Any:
    """Return the JSON that an address answers with; raises for a status that is no success."""
    async with (
        asyncio.timeout(FETCH_LIMIT_S),
        http.stream(method, address, headers={"Accept": "application/json"}, **asked) as answer,
    ):
        answer.raise_for_status()
        body = bytearray()
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > _LONGEST_DOCUMENT:
                raise ValueError(f"{address} is longer than {_LONGEST_DOCUMENT} bytes")
    return json.loads(body)
