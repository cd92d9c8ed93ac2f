"""A log-in on the page by an agency's provider: OpenID Connect's authorization code, with state, nonce and PKCE."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode, urlsplit, urlunsplit

from malapert_gateway.domain.person_token import IdentityProvider

LOG_IN_LIFETIME = timedelta(minutes=10)
"""How long a person may take at the provider."""
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """What this platform is to a provider: the client of its tokens' audience, where people come back, its secret."""

    provider: IdentityProvider
    redirect_uri: str
    client_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class LogIn:
    """A log-in under way: an agency, and a secret that nobody but the browser that began it has.

    State, nonce and code verifier follow from the secret, so that nothing is kept: whoever has not its cookie ends no
    log-in, and a code or token that another log-in obtained ends none either.
    """

    agency_id: str
    secret: str = field(repr=False)

    @property
    def cookie(self) -> str:
        """The cookie's value."""
        return f"{self.agency_id}.{self.secret}"

    @property
    def state(self) -> str:
        """What comes back with the code (RFC 6749, 10.12)."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What the provider writes into the token."""
        return self._derived("nonce")

    @property
    def code_verifier(self) -> str:
        """What proves that the code is redeemed by who asked for it (RFC 7636)."""
        return self._derived("code verifier")

    @property
    def code_challenge(self) -> str:
        """The verifier's hash, which the provider is shown first."""
        return _text(hashlib.sha256(self.code_verifier.encode()).digest())

    def has_state(self, state: str) -> bool:
        """Tell in constant time whether a state is this log-in's."""
        return hmac.compare_digest(self.state.encode(), state.encode("utf-8", "replace"))

    def authorization_url(self, endpoint: str, party: RelyingParty) -> str:
        """Return where the browser goes to log in."""
        asked = urlencode(
            {
                "response_type": "code",
                "scope": "openid",
                "client_id": party.provider.audience,
                "redirect_uri": party.redirect_uri,
                "state": self.state,
                "nonce": self.nonce,
                "code_challenge": self.code_challenge,
                "code_challenge_method": "S256",
            }
        )
        parts = urlsplit(endpoint)
        return urlunsplit(parts._replace(query=f"{parts.query}&{asked}" if parts.query else asked, fragment=""))

    def _derived(self, purpose: str) -> str:
        key, said = self.secret.encode(), f"{purpose}:{self.agency_id}"
        return _text(hmac.digest(key, said.encode(), "sha256"))


def new_log_in(agency_id: str) -> LogIn:
    """Return a log-in with a fresh secret of 256 random bits."""
    return LogIn(agency_id, secrets.token_hex(_SECRET_BYTES))


def parse_log_in(cookie: str) -> LogIn | None:
    """Return the log-in of a cookie, or None where it is none."""
    agency_id, _, secret = cookie.rpartition(".")
    is_one = bool(agency_id) and len(secret) == 2 * _SECRET_BYTES and cookie.isascii()
    return LogIn(agency_id, secret) if is_one else None


def _text(digest: bytes) -> str:
    return urlsafe_b64encode(digest).decode().rstrip("=")
