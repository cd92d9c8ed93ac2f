"""Models of keys and of who calls."""

from enum import StrEnum
from typing import Annotated

from malapert_core.fairness.limit_use import LimitedThing, LimitHolder, LimitUse
from malapert_core.policy.identity import Role
from malapert_http_models.wire import UtcTime
from pydantic import BaseModel, ConfigDict, Field, Strict

from malapert_gateway.domain.api_key import ApiKey
from malapert_gateway.domain.person_token import LONGEST_SUBJECT


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


AGENCY_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
LONGEST_OVERLAP_S = 7 * 86400
"""Longest time that a rotated key goes on to work, seconds."""
AgencyId = Annotated[str, Field(pattern=AGENCY_ID, description="The agency it speaks for.", examples=["JAXA"])]
PrincipalId = Annotated[
    str,
    Field(description="Its holder in records, the same over rotations.", examples=["key:5f0c1d2e3a4b5c6d"]),
]
MissionIds = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]],
    Field(examples=[["lupex"]]),
]
Actions = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(examples=[["get_plan"]])]


Subject = Annotated[str, Field(pattern=r"^[!-~]*$", max_length=LONGEST_SUBJECT, examples=[""])]


class NewKey(KeyModel):
    """A key to make; it may be bound to missions and actions within its role."""

    agency_id: AgencyId | None = Field(
        None, description="The agency it speaks for, which is the caller's own.", examples=["JAXA"]
    )
    role: Annotated[KeyRole, Strict(False)] = Field(description="What it may do.", examples=["PLANNER"])
    label: str = Field("", max_length=200, description="What it is for.", examples=["Flight dynamics desk"])
    subject: Subject = Field(
        "",
        description="The person that it is for, by `sub` of the provider by which the agency logs its people in: "
        "it has no secret, that person's tokens open it. Empty: whoever has its secret.",
    )
    mission_ids: MissionIds = Field([], max_length=100, description="Its missions; none means all.")
    actions: Actions = Field([], max_length=300, description="Operation ids of its calls; none means all of its role.")
    expire_time: UtcTime | None = Field(
        None, description="When it ends; none means never.", examples=["2036-11-22T12:00:00Z"]
    )


class KeyRotation(KeyModel):
    """How the successor of a key is made."""

    overlap_s: int = Field(
        3600,
        ge=0,
        le=LONGEST_OVERLAP_S,
        description="How long the key goes on to work beside its successor, seconds.",
        examples=[3600],
    )


class KeyExpiry(KeyModel):
    """When a key ends."""

    expire_time: UtcTime = Field(description="When it ends.", examples=["2036-11-22T12:00:00Z"])


class Key(KeyModel):
    """A key without its secret."""

    key_id: str = Field(description="Identifier.", examples=["5f0c1d2e3a4b5c6d"])
    agency_id: AgencyId
    principal_id: PrincipalId
    role: Annotated[KeyRole, Strict(False)] = Field(description="What it may do.", examples=["PLANNER"])
    label: str = Field(description="What it is for.", examples=["Flight dynamics desk"])
    mission_ids: MissionIds = Field(description="Its missions; none means all.")
    actions: Actions = Field(description="Operation ids of its calls; none means all of its role.")
    created_time: UtcTime = Field(description="When it was made.", examples=["2026-11-22T12:00:00Z"])
    created_by: str = Field(
        description="The principal that made it; host, and its user, for one made on the installation's host.",
        examples=["key:0a1b2c3d4e5f6071"],
    )
    is_made_on_host: bool = Field(description="Whether it was made on the host, by no key.", examples=[False])
    expire_time: UtcTime | None = Field(None, description="When it ends.", examples=["2036-11-22T12:00:00Z"])
    revoked_time: UtcTime | None = Field(None, description="When it was revoked.", examples=["2026-11-23T12:00:00Z"])
    last_used_time: UtcTime | None = Field(
        None, description="When it was last used, to five minutes.", examples=["2026-11-23T12:00:00Z"]
    )
    replaced_by: str = Field(description="The key it was rotated to; empty for none.", examples=["6071829304a5b6c7"])
    subject: str = Field(description="The person whose tokens open it; empty: its secret does.", examples=[""])

    @classmethod
    def of(cls, key: ApiKey) -> "Key":
        """Return what may be shown of a key."""
        return cls(
            key_id=key.key_id,
            agency_id=key.agency_id,
            principal_id=key.principal_id,
            role=KeyRole.of(key.role),
            label=key.label,
            mission_ids=sorted(key.scope.mission_ids),
            actions=sorted(key.scope.actions),
            created_time=key.created_time,
            created_by=key.created_by,
            is_made_on_host=key.is_made_on_host,
            expire_time=key.expire_time,
            revoked_time=key.revoked_time,
            last_used_time=key.last_used_time,
            replaced_by=key.replaced_by,
            subject=key.subject,
        )


class IssuedKey(KeyModel):
    """A key just made; its secret is shown this once."""

    key: Key = Field(description="The key.")
    bearer_key: str = Field(
        description="What goes after `Bearer ` in the Authorization header; empty for a person's.",
        examples=["mlp_5f0c1d2e3a4b5c6d_0a1b…"],
    )


class Keys(KeyModel):
    """The keys that the caller looks after, oldest first."""

    keys: list[Key] = Field(description="The keys.")


class Caller(KeyModel):
    """The caller and its permissions."""

    agency_id: AgencyId
    principal_id: PrincipalId
    role: Annotated[KeyRole, Strict(False)] = Field(description="Its role.", examples=["PLANNER"])
    key_id: str = Field(description="The key it called with.", examples=["5f0c1d2e3a4b5c6d"])
    mission_ids: MissionIds = Field(description="The missions that the key is for; none means all.")
    allowed_actions: list[str] = Field(description="Operation ids that it may call.", examples=[["get_plan"]])
    expire_time: UtcTime | None = Field(None, description="When the key ends.", examples=["2036-11-22T12:00:00Z"])

    @classmethod
    def of(cls, key: ApiKey, allowed_actions: list[str]) -> "Caller":
        """Return what a caller is told of itself."""
        return cls(
            agency_id=key.agency_id,
            principal_id=key.principal_id,
            role=KeyRole.of(key.role),
            key_id=key.key_id,
            mission_ids=sorted(key.scope.mission_ids),
            allowed_actions=allowed_actions,
            expire_time=key.expire_time,
        )


class UsedLimit(KeyModel):
    """A limit of the key or of its agency, with what is used of it."""

    service: str = Field(description="Who keeps it.", examples=["gateway"])
    thing: Annotated[LimitedThing, Strict(False)] = Field(description="What is limited.", examples=["CALLS"])
    holder: Annotated[LimitHolder, Strict(False)] = Field(description="Whose limit it is.", examples=["AGENCY"])
    limit: int = Field(description="How many there may be.", examples=[3600])
    used: int = Field(description="How many there are, this call among them.", examples=[41])
    period_s: int | None = Field(
        None, description="Within how many seconds, s; null means at this moment.", examples=[60]
    )

    @classmethod
    def of(cls, service: str, use: LimitUse) -> "UsedLimit":
        """Return what a caller is told of a limit."""
        return cls(
            service=service,
            thing=use.thing,
            holder=use.holder,
            limit=use.limit,
            used=use.used,
            period_s=use.period_s,
        )


class LimitedCaller(Caller):
    """The caller, its permissions, and its limits."""

    limits: list[UsedLimit] = Field(description="Limits of the key and of its agency.")
    limits_unknown_at: list[str] = Field(
        description="Services that do not answer now: their limits are not among these.", examples=[[]]
    )
