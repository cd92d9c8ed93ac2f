"""Identity of a caller: an agency with a role, carried between services as a short-lived signed token."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from malapert_core.errors import UnauthenticatedError

PLATFORM_AGENCY_ID = "malapert"


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

    def may_enter(self, mission_id: str) -> bool:
        """Tell whether the key is for a mission."""
        return not self.mission_ids or mission_id in self.mission_ids


def principal_of_key(key_id: str) -> str:
    """Return how records name the holder of a key that nothing else is known of."""
    return f"key:{key_id}"


def stored_identity(identity: Identity) -> tuple[str, ...]:
    """Return a principal as kept with what outlives its call: agency, role, key, principal, missions of the key."""
    return (
        identity.agency_id,
        identity.role.value,
        identity.key_id,
        identity.principal_id,
        *sorted(identity.mission_ids),
    )


def identity_of_stored(words: Sequence[str]) -> Identity:
    """Return the principal that `stored_identity` kept; what is older names no principal and no missions."""
    agency_id, role, key_id, principal_id, *mission_ids = (*words, "")[: max(4, len(words))]
    return Identity(agency_id, Role(role), key_id, principal_id, frozenset(mission_ids))


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
