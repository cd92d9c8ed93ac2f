"""Models of keys and of who calls."""

from enum import StrEnum
from typing import Annotated

from malapert_core.policy.identity import Identity, Role
from malapert_http_models.wire import UtcTime
from pydantic import BaseModel, ConfigDict, Field, Strict

from malapert_gateway.domain.api_key import ApiKey


class KeyRole(StrEnum):
    """Role of a key, which sets its permissions; each role but the last two may all that VIEWER may."""

    VIEWER = "VIEWER"  # Reads.
    REQUESTER = "REQUESTER"  # Hands in and withdraws its agency's requests.
    PLANNER = "PLANNER"  # Brings in missions and terrain, computes, plans, releases its agency's plans.
    APPROVER = "APPROVER"  # Approves or rejects plans for its agency.
    OPERATOR = "OPERATOR"  # All that a PLANNER may, and its agency's stations, outages and reports.
    ADMINISTRATOR = "ADMINISTRATOR"  # Makes, rotates and revokes its agency's keys.
    PLATFORM = "PLATFORM"  # Admits and suspends agencies; sees nothing of missions.

    @property
    def role(self) -> Role:
        """The platform's role of this name."""
        return Role[self.name]

    @classmethod
    def of(cls, role: Role) -> "KeyRole":
        """Return the API's name of a role."""
        return cls[role.name]


class KeyModel(BaseModel):
    """A strict model of what the gateway itself owns."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


AgencyId = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="The agency it speaks for.", examples=["JAXA"]),
]


class NewKey(KeyModel):
    """A key to make."""

    agency_id: AgencyId
    role: Annotated[KeyRole, Strict(False)] = Field(description="What it may do.", examples=["PLANNER"])
    label: str = Field("", max_length=200, description="What it is for.", examples=["Flight dynamics desk"])


class Key(KeyModel):
    """A key without its secret."""

    key_id: str = Field(description="Identifier.", examples=["5f0c1d2e3a4b5c6d"])
    agency_id: AgencyId
    role: Annotated[KeyRole, Strict(False)] = Field(description="What it may do.", examples=["PLANNER"])
    label: str = Field(description="What it is for.", examples=["Flight dynamics desk"])
    created_time: UtcTime = Field(description="When it was made.", examples=["2026-11-22T12:00:00Z"])
    revoked_time: UtcTime | None = Field(None, description="When it was revoked.", examples=["2026-11-23T12:00:00Z"])

    @classmethod
    def of(cls, key: ApiKey) -> "Key":
        """Return what may be shown of a key."""
        return cls(
            key_id=key.key_id,
            agency_id=key.agency_id,
            role=KeyRole.of(key.role),
            label=key.label,
            created_time=key.created_time,
            revoked_time=key.revoked_time,
        )


class IssuedKey(KeyModel):
    """A key just made; its secret is shown this once."""

    key: Key = Field(description="The key.")
    bearer_key: str = Field(
        description="What goes after `Bearer ` in the Authorization header.", examples=["mlp_5f0c1d2e3a4b5c6d_0a1b…"]
    )


class Keys(KeyModel):
    """All keys, oldest first."""

    keys: list[Key] = Field(description="The keys.")


class Caller(KeyModel):
    """The caller and its permissions."""

    agency_id: AgencyId
    role: Annotated[KeyRole, Strict(False)] = Field(description="Its role.", examples=["PLANNER"])
    key_id: str = Field(description="The key it called with.", examples=["5f0c1d2e3a4b5c6d"])
    allowed_actions: list[str] = Field(description="Operation ids that it may call.", examples=[["get_plan"]])

    @classmethod
    def of(cls, identity: Identity, allowed_actions: list[str]) -> "Caller":
        """Return what a caller is told of itself."""
        role = KeyRole.of(identity.role)
        return cls(agency_id=identity.agency_id, role=role, key_id=identity.key_id, allowed_actions=allowed_actions)
