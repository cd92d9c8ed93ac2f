"""People whom their agencies log in: tokens are verified by keys that are fetched from the agency's provider."""

from collections.abc import Iterable

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
from malapert_gateway.services.provider_documents import Publication, discovered, document, provider_client


class People:
    """Finds whose a token is.

    Parameters
    ----------
    providers : iterable of IdentityProvider
    """

    def __init__(self, providers: Iterable[IdentityProvider] = ()) -> None:
        self._providers = {(each.issuer, each.audience): each for each in providers}
        self._keys = {key: Publication[KeySet](each) for key, each in self._providers.items()}

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
        wanted = key_name(token)
        keys = await self._keys[found[0]].current(_fetched_keys, lambda keys: _has(keys, wanted))
        return provider.agency_id, verified_subject(token, keys, provider, utc_now().timestamp())


async def _fetched_keys(provider: IdentityProvider) -> KeySet:
    async with provider_client() as http:
        address = provider.keys_url or (await discovered(http, provider))["jwks_uri"]
        return public_keys(await document(http, "GET", require_private(address)))


def _has(keys: KeySet, wanted: str) -> bool:
    return not wanted or any(key.kid == wanted for key in keys.keys)
