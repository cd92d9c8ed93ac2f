"""Identity of a caller: an agency with a role, carried between services as a short-lived signed token."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from malapert_core.errors import UnauthenticatedError

ISSUER = "malapert"
AUDIENCE = "malapert-services"
PLATFORM_AGENCY_ID = "malapert"
_ALGORITHMS = ["HS256"]
_CLOCK_LEEWAY_S = 10
_MOST_KEPT = 4096

K = TypeVar("K")
V = TypeVar("V")


class Role(StrEnum):
    """Role of a principal within its agency, which sets its permissions.

    OPERATOR operates its agency's stations and assets, ADMINISTRATOR makes its agency's keys, PLATFORM runs the
    installation and admits agencies; SERVICE is one of the platform's own services acting for itself.
    """

    VIEWER = "viewer"
    REQUESTER = "requester"
    PLANNER = "planner"
    APPROVER = "approver"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"
    PLATFORM = "platform"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Identity:
    """A principal of one agency in one role, and the key it called with.

    ``principal_id`` names the person or machine in records; ``mission_ids`` are the missions that the key is for, all
    where there is none; ``via_service`` is the service that acts on the principal's behalf, empty for a direct call.
    """

    agency_id: str
    role: Role
    key_id: str
    principal_id: str = ""
    mission_ids: frozenset[str] = frozenset()
    via_service: str = ""

    @property
    def is_service(self) -> bool:
        """True for one of the platform's own services acting for itself."""
        return self.role is Role.SERVICE

    @property
    def sees_all_agencies(self) -> bool:
        """True for roles that look after the whole platform."""
        return self.role in (Role.OPERATOR, Role.SERVICE)

    def may_enter(self, mission_id: str) -> bool:
        """Tell whether the key is for a mission."""
        return not self.mission_ids or mission_id in self.mission_ids


def service_identity(service_name: str) -> Identity:
    """Return the identity of one of the platform's own services."""
    return Identity(PLATFORM_AGENCY_ID, Role.SERVICE, service_name)


_identity: ContextVar[Identity | None] = ContextVar("malapert_identity", default=None)


def current_identity() -> Identity | None:
    """Return who the present call or operation acts for, or None outside of any."""
    return _identity.get()


def require_identity() -> Identity:
    """Return who the present call acts for.

    Raises
    ------
    UnauthenticatedError
        ``NO_IDENTITY`` outside of any call.
    """
    identity = _identity.get()
    if identity is None:
        raise UnauthenticatedError("NO_IDENTITY", "the call carries no identity")
    return identity


def set_current_identity(identity: Identity) -> None:
    """Let the rest of the present task act for an identity."""
    _identity.set(identity)


@contextmanager
def acting_as(identity: Identity) -> Iterator[None]:
    """Act for an identity within a block."""
    token = _identity.set(identity)
    try:
        yield
    finally:
        _identity.reset(token)


class IdentitySigner:
    """Signs and verifies identities as JSON Web Tokens (HS256).

    Parameters
    ----------
    secret : str
        Shared by all services; at least 32 characters.

    Raises
    ------
    ValueError
        Where the secret is too short.
    """

    def __init__(self, secret: str) -> None:
        if len(secret.encode()) < 32:
            raise ValueError("the identity secret must have at least 32 characters")
        self._key = OctKey.import_key(secret)
        self._signed: dict[tuple[Identity, float], tuple[str, int]] = {}
        self._verified: dict[str, tuple[Identity, int]] = {}
        self._claims = jwt.JWTClaimsRegistry(
            leeway=_CLOCK_LEEWAY_S,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
            sub={"essential": True},
        )

    def sign(self, identity: Identity, lifetime_s: float = 300) -> str:
        """Return a token that states an identity for some seconds, or at least for half of them."""
        now_s = int(time.time())
        token, until_s = self._signed.get((identity, lifetime_s), ("", 0))
        if until_s > now_s:
            return token
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": now_s,
            "exp": now_s + int(lifetime_s),
            "sub": identity.agency_id,
            "role": identity.role.value,
            "key": identity.key_id,
            "principal": identity.principal_id,
            "missions": sorted(identity.mission_ids),
            "via": identity.via_service,
        }
        token = jwt.encode({"alg": "HS256"}, claims, self._key, algorithms=_ALGORITHMS)
        _keep(self._signed, (identity, lifetime_s), (token, now_s + int(lifetime_s) // 2))
        return token

    def verify(self, token: str) -> Identity:
        """Return the identity that a token states.

        Raises
        ------
        UnauthenticatedError
            ``INVALID_IDENTITY`` where it was not signed by this secret, has expired, or is meant for somebody else.
        """
        known, until_s = self._verified.get(token, (None, 0))
        if known is not None and until_s > time.time():
            return known
        try:
            claims = jwt.decode(token, self._key, algorithms=_ALGORITHMS).claims
            self._claims.validate(claims)
            identity = Identity(
                str(claims["sub"]),
                Role(claims["role"]),
                str(claims["key"]),
                str(claims.get("principal", "")),
                frozenset(claims.get("missions", ())),
                str(claims.get("via", "")),
            )
            _keep(self._verified, token, (identity, int(claims["exp"])))
            return identity
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise UnauthenticatedError("INVALID_IDENTITY", "the identity token is not valid") from error


def _keep(kept: dict[K, V], key: K, value: V) -> None:
    """Keep a value among the latest; a token is sent with every call, and its signature need be worked out once."""
    if len(kept) >= _MOST_KEPT:
        del kept[next(iter(kept))]
    kept[key] = value
