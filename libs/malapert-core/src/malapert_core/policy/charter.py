"""Charter of a mission: who owns it, who takes part in which way and from when, and what it publishes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from malapert_core.signing.sign_off import SignOffRule


class Part(StrEnum):
    """Part of an agency in a mission; an agency may have several."""

    OWNER = "owner"
    PLANNER = "planner"
    CONTRIBUTOR = "contributor"
    APPROVER = "approver"
    STATION_PROVIDER = "station_provider"
    OBSERVER = "observer"


class Consent(StrEnum):
    """Rule of who consents before a charter changes: every owner, or the one that proposes it alone."""

    ALL_OWNERS = "all_owners"
    ANY_OWNER = "any_owner"


_GRANTS: dict[Part, frozenset[Part]] = {
    Part.OWNER: frozenset({Part.OWNER, Part.PLANNER, Part.CONTRIBUTOR, Part.OBSERVER}),
    Part.PLANNER: frozenset({Part.PLANNER, Part.CONTRIBUTOR, Part.OBSERVER}),
    Part.CONTRIBUTOR: frozenset({Part.CONTRIBUTOR, Part.OBSERVER}),
    Part.APPROVER: frozenset({Part.APPROVER, Part.OBSERVER}),
    Part.STATION_PROVIDER: frozenset({Part.STATION_PROVIDER, Part.OBSERVER}),
    Part.OBSERVER: frozenset({Part.OBSERVER}),
}


@dataclass(frozen=True, slots=True)
class Membership:
    """An agency's parts in a mission from one instant to another, UTC; without ``until`` they do not end.

    ``sees_earlier`` grants what happened before ``since``.
    """

    agency_id: str
    parts: frozenset[Part]
    since: datetime
    until: datetime | None = None
    sees_earlier: bool = False

    def holds_at(self, time: datetime) -> bool:
        """Tell whether the membership holds at an instant, UTC."""
        return self.since <= time and (self.until is None or time < self.until)


@dataclass(frozen=True, slots=True)
class Charter:
    """The agencies of a mission and their parts. A change makes a new version.

    ``is_public`` shows to every agency what a member marked as public. ``asset_ids`` are the assets of the mission's
    newest version; ``sign_off`` says who must approve its plans.
    """

    mission_id: str
    version: int
    members: tuple[Membership, ...]
    is_public: bool = False
    asset_ids: frozenset[str] = frozenset()
    consent: Consent = Consent.ALL_OWNERS
    sign_off: SignOffRule = field(default_factory=SignOffRule)

    def parts_of(self, agency_id: str, time: datetime) -> frozenset[Part]:
        """Return the parts that an agency has at an instant, with those that they include; none for an outsider."""
        held = [member for member in self.members if member.agency_id == agency_id and member.holds_at(time)]
        return frozenset(granted for member in held for part in member.parts for granted in _GRANTS[part])

    def is_member(self, agency_id: str, time: datetime) -> bool:
        """Tell whether an agency takes part at an instant."""
        return bool(self.parts_of(agency_id, time))

    def agencies(self, time: datetime, parts: Collection[Part] = tuple(Part)) -> tuple[str, ...]:
        """Return the agencies that have one of some parts at an instant, in order of their names."""
        named = {member.agency_id for member in self.members}
        return tuple(sorted(agency_id for agency_id in named if self.parts_of(agency_id, time) & set(parts)))

    def shows_since(self, agency_id: str, happened: datetime, time: datetime) -> bool:
        """Tell whether a member may see at ``time`` what happened at an earlier instant."""
        return any(
            member.holds_at(time) and (member.sees_earlier or member.since <= happened)
            for member in self.members
            if member.agency_id == agency_id
        )

    def sees_since(self, agency_id: str, time: datetime) -> datetime | None:
        """Return the instant since which a member at ``time`` sees what happened, None where it sees all."""
        held = [member for member in self.members if member.agency_id == agency_id and member.holds_at(time)]
        if not held:
            raise ValueError(f"{agency_id} takes no part in {self.mission_id}")
        return None if any(member.sees_earlier for member in held) else min(member.since for member in held)
