"""Bearer keys of agencies: `mlp_<id>_<secret>`, of which only a hash is kept."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from malapert_core.policy.identity import Identity, Role

_PREFIX = "mlp"
_ID_BYTES = 8
_SECRET_BYTES = 32
GUARDED_ROLES = (Role.ADMINISTRATOR, Role.PLATFORM)
"""Roles of whose usable keys each agency that has one keeps at least one: nobody else could make another."""
LEAST_REMAINING = timedelta(days=1)
"""How long the key that remains of such a role is still to last, where it expires."""


@dataclass(frozen=True, slots=True)
class KeyScope:
    """What a key is for, within its role: missions and actions; none of a kind means all."""

    mission_ids: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()


ALL = KeyScope()
"""Scope of a key for all that its role may."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept: without its secret.

    ``principal_id`` names its holder in records, and stays over rotations; ``created_by`` is the principal that made
    it, ``host`` for the command line of the host. ``replaced_by`` is the key that followed it. A key with a ``subject``
    has no secret: it is opened by tokens of that person, by the provider by which its agency logs its people in.
    """

    key_id: str
    secret_hash: str
    agency_id: str
    role: Role
    label: str
    created_time: datetime
    principal_id: str
    created_by: str
    scope: KeyScope = ALL
    expire_time: datetime | None = None
    revoked_time: datetime | None = None
    last_used_time: datetime | None = None
    replaced_by: str = ""
    is_made_on_host: bool = False
    subject: str = ""

    @property
    def identity(self) -> Identity:
        """Whom the key speaks for."""
        return Identity(self.agency_id, self.role, self.key_id, self.principal_id, self.scope.mission_ids)

    def is_usable(self, now: datetime) -> bool:
        """Tell whether the key is neither revoked nor expired."""
        return self.revoked_time is None and (self.expire_time is None or now < self.expire_time)

    def lasts(self, now: datetime) -> bool:
        """Tell whether the key is usable for some time yet, so that its agency is not locked out without another."""
        return self.is_usable(now) and (self.expire_time is None or self.expire_time >= now + LEAST_REMAINING)

    def opens_with(self, secret: str, now: datetime) -> bool:
        """Tell in constant time whether a secret is this key's and the key is usable."""
        return hmac.compare_digest(self.secret_hash, hash_secret(secret)) and self.is_usable(now)


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
