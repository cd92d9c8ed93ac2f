"""Sessions of the page: opened once by a link that a key made, carried by a cookie, ended with their key."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from malapert_gateway.domain.api_key import hash_secret

LINK_LIFETIME = timedelta(hours=1)
SESSION_LIFETIME = timedelta(hours=12)
MOST_OF_KEY = 20
"""Largest number of sessions and unopened links of one key; the oldest end first."""
_ID_BYTES = 8
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class WebSession:
    """A session as it is kept: a link until it is opened, then what the cookie's secret opens.

    ``opened_time`` is None while it is a link. Secrets are kept as hashes; the link's is worth nothing once it was
    opened.
    """

    session_id: str
    key_id: str
    secret_hash: str
    created_time: datetime
    expire_time: datetime
    opened_time: datetime | None = None
    ended_time: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Tell whether the cookie's secret opens it."""
        return self.opened_time is not None and self.ended_time is None and now < self.expire_time

    def is_link(self, now: datetime) -> bool:
        """Tell whether the link's secret opens it."""
        return self.opened_time is None and self.ended_time is None and now < self.expire_time

    def has_secret(self, secret: str) -> bool:
        """Tell in constant time whether a secret is the present one."""
        return hmac.compare_digest(self.secret_hash, hash_secret(secret))


@dataclass(frozen=True, slots=True)
class SessionSecret:
    """The two parts of a link's ticket or a cookie as its holder has it."""

    session_id: str
    secret: str

    @property
    def text(self) -> str:
        """The ticket or the cookie's value."""
        return f"{self.session_id}_{self.secret}"

    @property
    def csrf_token(self) -> str:
        """What a change in this session carries besides: only a page of the same origin can read it."""
        return hash_secret(f"csrf:{self.secret}")

    def admits_change(self, csrf_token: str) -> bool:
        """Tell in constant time whether a token is this session's."""
        return hmac.compare_digest(self.csrf_token, csrf_token.encode("ascii", "replace").decode())


def new_secret(session_id: str = "") -> SessionSecret:
    """Return a fresh secret of 256 random bits, of a session or of a new one."""
    return SessionSecret(session_id or secrets.token_hex(_ID_BYTES), secrets.token_hex(_SECRET_BYTES))


def parse_secret(text: str) -> SessionSecret | None:
    """Return the parts of a ticket or a cookie's value, or None where it is none."""
    session_id, _, secret = text.partition("_")
    return SessionSecret(session_id, secret) if session_id and secret and secret.isascii() else None
