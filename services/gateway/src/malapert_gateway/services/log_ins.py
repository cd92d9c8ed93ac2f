"""Log-ins on the page: sends a browser to its agency's provider, and redeems the code that it comes back with."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

import httpx
import structlog
from malapert_core.errors import NotFoundError, UnauthenticatedError

from malapert_gateway.domain.api_key import ApiKey
from malapert_gateway.domain.log_in import LogIn, RelyingParty, new_log_in, parse_log_in
from malapert_gateway.domain.person_token import IdentityProvider, require_private, stated_claims
from malapert_gateway.services.key_service import KeyService
from malapert_gateway.services.people import People
from malapert_gateway.services.provider_documents import (
    NOT_FETCHED,
    ProviderAwayError,
    Publication,
    discovered,
    document,
    provider_client,
)

LOG_IN_COOKIE = "malapert_log_in"
_REFUSALS = (400, 401, 403)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Published:
    """Where a provider logs in and gives tokens, and whether it always says who it is (RFC 9207)."""

    authorization_endpoint: str
    token_endpoint: str
    states_issuer: bool


class LogIns:
    """Log-ins by the providers at which this platform is a client.

    Parameters
    ----------
    parties : iterable of RelyingParty
    keys : KeyService
        Knows people's keys.
    """

    def __init__(self, parties: Iterable[RelyingParty], keys: KeyService) -> None:
        self._parties = {each.provider.agency_id: each for each in parties}
        self._published = {name: Publication[_Published](each.provider) for name, each in self._parties.items()}
        self._people = People(each.provider for each in self._parties.values())
        self._keys = keys

    @property
    def agency_ids(self) -> list[str]:
        """Agencies whose people log in here, in order."""
        return sorted(self._parties)

    async def begin(self, agency_id: str) -> tuple[LogIn, str]:
        """Begin a log-in, and return it with the address at the provider to which the browser goes.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_LOG_IN`` where nobody logs in here by a provider of that agency.
        ProviderAwayError
            ``IDENTITY_PROVIDER_AWAY``.
        """
        party = self._parties.get(agency_id)
        if party is None:
            raise NotFoundError("log-in", agency_id)
        begun = new_log_in(agency_id)
        return begun, begun.authorization_url((await self._published_by(agency_id)).authorization_endpoint, party)

    async def finish(self, cookie: str, state: str, code: str, issuer: str) -> ApiKey:
        """Return the key of the person who has logged in.

        Parameters
        ----------
        cookie
            What the browser that began it kept.
        state, code, issuer
            What the provider sent it back with; the issuer where it states one.

        Raises
        ------
        UnauthenticatedError
            ``LOG_IN_NOT_BEGUN`` where this browser began none with this state, ``LOG_IN_REFUSED`` where the provider
            does not take the code, ``INVALID_TOKEN``, ``UNKNOWN_PERSON``.
        PermissionDeniedError
            ``AGENCY_SUSPENDED``.
        ProviderAwayError
            ``IDENTITY_PROVIDER_AWAY``.
        """
        begun = parse_log_in(cookie)
        party = None if begun is None else self._parties.get(begun.agency_id)
        if begun is None or party is None or not begun.has_state(state):
            message = "this browser began no such log-in, or too long ago: begin another one"
            raise UnauthenticatedError("LOG_IN_NOT_BEGUN", message)
        published = await self._published_by(begun.agency_id)
        if issuer != party.provider.issuer and (issuer or published.states_issuer):
            raise UnauthenticatedError("LOG_IN_REFUSED", "the answer is of another provider than was asked")
        token = await _redeemed(party, begun, code, published.token_endpoint)
        agency_id, subject = await self._people.identified(token)
        nonce = stated_claims(token).get("nonce")
        if agency_id != begun.agency_id or not isinstance(nonce, str) or not _same(nonce, begun.nonce):
            raise UnauthenticatedError("INVALID_TOKEN", "the token cannot be taken: it is of another log-in")
        return await self._keys.of_person(agency_id, subject)

    async def _published_by(self, agency_id: str) -> _Published:
        return await self._published[agency_id].current(_fetched, lambda _published: True)


async def _fetched(provider: IdentityProvider) -> _Published:
    async with provider_client() as http:
        found = await discovered(http, provider)
    return _Published(
        require_private(found["authorization_endpoint"]),
        require_private(found["token_endpoint"]),
        found.get("authorization_response_iss_parameter_supported") is True,
    )


async def _redeemed(party: RelyingParty, begun: LogIn, code: str, endpoint: str) -> str:
    """Return the token that a code is worth."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": party.redirect_uri,
        "client_id": party.provider.audience,
        "code_verifier": begun.code_verifier,
    }
    try:
        async with provider_client() as http:
            answer = await document(http, "POST", endpoint, data=form, **_proof(party))
    except httpx.HTTPStatusError as error:
        if error.response.status_code not in _REFUSALS:
            raise _away(party, error) from error
        log.warning("code not redeemed", agency_id=begun.agency_id, status=error.response.status_code)
        raise UnauthenticatedError("LOG_IN_REFUSED", "the provider does not take the code: log in again") from error
    except NOT_FETCHED as error:
        raise _away(party, error) from error
    token = answer.get("id_token") if isinstance(answer, dict) else None
    if not isinstance(token, str):
        raise UnauthenticatedError("INVALID_TOKEN", "the provider gave no token")
    return token


def _proof(party: RelyingParty) -> dict[str, Any]:
    """Return how the client proves itself: name and secret, form-encoded (RFC 6749, 2.3.1); a public one has none."""
    if not party.client_secret:
        return {}
    return {"auth": httpx.BasicAuth(quote_plus(party.provider.audience), quote_plus(party.client_secret))}


def _same(text: str, other: str) -> bool:
    return hmac.compare_digest(text.encode("utf-8", "replace"), other.encode())


def _away(party: RelyingParty, error: Exception) -> ProviderAwayError:
    log.warning("provider not reached", agency_id=party.provider.agency_id, error=repr(error))
    return ProviderAwayError(party.provider.agency_id, "redeem the code")
