"""Bearer keys of agencies: `mlp_<id>_<secret>`, of which only a hash is kept."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

from malapert_core.policy.identity import Identity, Role

_PREFIX = "mlp"
_ID_BYTES = 8
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept: without its secret."""

    key_id: str
    secret_hash: str
    agency_id: str
    role: Role
    label: str
    created_time: datetime
    revoked_time: datetime | None = None

    @property
    def identity(self) -> Identity:
        """Whom the key speaks for."""
        return Identity(self.agency_id, self.role, self.key_id)

    def opens_with(self, secret: str) -> bool:
        """Tell in constant time whether a secret is this key's and the key is not revoked."""
        matches = hmac.compare_digest(self.secret_hash, hash_secret(secret))
        return matches and self.revoked_time is None


@dataclass(frozen=True, slots=True)
class BearerKey:
    """The two parts of a key as its holder has it."""

    key_id: str
    secret: str

    @property
    def text(self) -> str:
        """The key as it goes into the Authorization header."""
        return f"{_PREFIX}_{self.key_id}_{self.secret}"


def new_bearer_key() -> BearerKey:
    """Return a fresh key with a secret of 256 random bits."""
    return BearerKey(secrets.token_hex(_ID_BYTES), secrets.token_hex(_SECRET_BYTES))


def parse_bearer_key(text: str) -> BearerKey | None:
    """Return the parts of a key's text, or None where it is none."""
    parts = text.split("_")
    if len(parts) != 3 or parts[0] != _PREFIX or not parts[1] or not parts[2]:
        return None
    return BearerKey(parts[1], parts[2])


def hash_secret(secret: str) -> str:
    """Return the hash under which a secret is kept; it has 256 random bits, so that one round of SHA-256 is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
