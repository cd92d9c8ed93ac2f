"""What a provider of identity publishes and answers, fetched over HTTP: bounded in size and time, never redirected."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import httpx
import structlog
from joserfc.errors import JoseError
from malapert_core.errors import UnavailableError

from malapert_gateway.domain.person_token import IdentityProvider

FETCH_LIMIT_S = 5.0
KEPT_S = 3600.0
"""How long what a provider publishes is used without asking for it anew, seconds."""
USABLE_S = 86_400.0
"""How long it is used where it was asked for anew and did not come, seconds."""
LEAST_PAUSE_S = 30.0
"""Least time between two looks at what a provider publishes, seconds: anybody may cause one."""
NOT_FETCHED = (httpx.HTTPError, httpx.InvalidURL, ValueError, TypeError, KeyError, JoseError, TimeoutError)
"""What fetching and reading a document of a provider may raise."""
_LONGEST_DOCUMENT = 1 << 20
T = TypeVar("T")
log = structlog.get_logger(__name__)


class ProviderAwayError(UnavailableError):
    """A provider of identity does not answer now."""

    def __init__(self, agency_id: str, what: str) -> None:
        super().__init__(
            "IDENTITY_PROVIDER_AWAY",
            f"the provider by which {agency_id} logs in does not {what}; ask again",
            metadata={"retry_after_s": f"{LEAST_PAUSE_S:.0f}"},
        )


@dataclass(slots=True)
class Publication(Generic[T]):
    """What a provider publishes and is kept of it; when it came and was last looked for in monotonic seconds."""

    provider: IdentityProvider
    found: T | None = None
    came_s: float = 0.0
    looked_s: float | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def current(self, fetch: Callable[[IdentityProvider], Awaitable[T]], serves: Callable[[T], bool]) -> T:
        """Return what is kept, looked for anew where it is old or does not serve; the last known where it stays away.

        Raises
        ------
        ProviderAwayError
            ``IDENTITY_PROVIDER_AWAY`` where there is none that is usable.
        """
        if self.found is not None and self._is_younger(KEPT_S) and serves(self.found):
            # Whoever asks for what there is not may set off a look; the others do not wait for it.
            return self.found
        async with self.lock:
            now_s = time.monotonic()
            is_needed = self.found is None or not self._is_younger(KEPT_S) or not serves(self.found)
            if is_needed and (self.looked_s is None or now_s - self.looked_s >= LEAST_PAUSE_S):
                self.looked_s = now_s
                try:
                    self.found, self.came_s = await fetch(self.provider), now_s
                except NOT_FETCHED as error:
                    log.warning("nothing fetched from a provider", agency_id=self.provider.agency_id, error=repr(error))
            if self.found is None or not self._is_younger(USABLE_S):
                raise ProviderAwayError(self.provider.agency_id, "answer")
            return self.found

    def _is_younger(self, than_s: float) -> bool:
        return time.monotonic() - self.came_s < than_s


def provider_client() -> httpx.AsyncClient:
    """Return a client for what a provider answers."""
    return httpx.AsyncClient(timeout=FETCH_LIMIT_S, follow_redirects=False)


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
