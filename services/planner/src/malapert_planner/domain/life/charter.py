"""Charter of a mission as it is made and changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from malapert_core.policy.charter import Charter, Membership, Part


@dataclass(frozen=True, slots=True)
class CharterVersion:
    """A charter with the instant from which it is in force, UTC, and the agency and principal that changed it."""

    charter: Charter
    changed_time: datetime
    changed_by: tuple[str, str]


def parts_by_document(
    agency_ids: Iterable[str], reviewer_agency_ids: Iterable[str], station_agency_ids: Iterable[str]
) -> dict[str, frozenset[Part]]:
    """Return the parts that a mission document gives to the agencies it names."""
    parts: dict[str, set[Part]] = {agency_id: {Part.CONTRIBUTOR} for agency_id in agency_ids}
    for agency_id in reviewer_agency_ids:
        parts.setdefault(agency_id, set()).add(Part.APPROVER)
    for agency_id in station_agency_ids:
        parts.setdefault(agency_id, set()).add(Part.STATION_PROVIDER)
    return {agency_id: frozenset(held) for agency_id, held in parts.items()}


def first_charter(
    mission_id: str, owner: tuple[str, str], parts: Mapping[str, frozenset[Part]], now: datetime
) -> CharterVersion:
    """Return the charter of a new mission: the creator owns it, the others have the parts of its document."""
    held = dict(parts) | {owner[0]: parts.get(owner[0], frozenset()) | {Part.OWNER}}
    members = tuple(Membership(agency_id, held[agency_id], now) for agency_id in sorted(held))
    return CharterVersion(Charter(mission_id, 1, members), now, owner)
