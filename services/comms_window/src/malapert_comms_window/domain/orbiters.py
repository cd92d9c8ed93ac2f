"""Orbiters: whose motion it is, how it was given, and how well it is known."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from malapert_core.policy.audience import Visibility

_MOST_SPANS = 20


class OrbitSource(StrEnum):
    """Format in which an orbiter's motion is given."""

    OEM = "oem"
    TLE = "tle"
    KEPLERIAN = "keplerian"
    SPK = "spk"


@dataclass(frozen=True, slots=True)
class Elements:
    """Mean elements about the equator of a body, km and degrees."""

    center: str
    epoch_time: datetime
    semi_major_axis_km: float
    eccentricity: float
    inclination_deg: float
    ascending_node_deg: float
    argument_of_pericenter_deg: float
    mean_anomaly_deg: float


@dataclass(frozen=True, slots=True)
class OrbiterRegistration:
    """Request to register an orbiter; `content` is the file, `elements` those of a Keplerian orbit.

    Without an audience it keeps the one that it has; a new one is its mission's members', or its agency's alone.
    """

    orbiter_id: str
    name: str
    source: OrbitSource
    content: bytes
    elements: Elements | None
    position_error_km: float
    origin: str
    naif_id: int
    mission_id: str = ""
    visibility: Visibility | None = None

    @property
    def identifier_missions(self) -> tuple[str, ...]:
        """Missions for whose assets the identifier could be made: what stands before each of its dots."""
        parts = self.orbiter_id.split(".")
        return tuple(".".join(parts[:count]) for count in range(1, len(parts)))


@dataclass(frozen=True, slots=True)
class Orbiter:
    """A registered orbiter in one version, which never changes.

    `spans` are those that its motion covers, none meaning any; `position_error_km` is one standard deviation;
    `passed_over` says what the file holds that is not used. `mission_id` is the mission whose members see it where
    `visibility` says so, empty for none.
    """

    orbiter_id: str
    version: int
    name: str
    agency_id: str
    source: OrbitSource
    center: str
    spans: tuple[tuple[datetime, datetime], ...]
    position_error_km: float
    origin: str
    content_hash: str
    notes: tuple[str, ...]
    created_time: datetime
    naif_id: int = 0
    passed_over: tuple[str, ...] = ()
    mission_id: str = ""
    visibility: Visibility = Visibility.OWNER

    def overlaps(self, start_time: datetime, end_time: datetime) -> bool:
        """Return whether the motion covers some of a span."""
        return not self.spans or any(first < end_time and start_time < last for first, last in self.spans)

    def covers(self, start_time: datetime, end_time: datetime) -> bool:
        """Return whether the motion covers all of a span."""
        return not self.spans or any(first <= start_time and end_time <= last for first, last in self.spans)

    def spans_text(self) -> str:
        """Return the covered spans in words, gaps between them showing."""
        if not self.spans:
            return "any time"
        words = " and ".join(f"{first.isoformat()} to {last.isoformat()}" for first, last in self.spans[:_MOST_SPANS])
        return words + (f" and {len(self.spans) - _MOST_SPANS} more" if len(self.spans) > _MOST_SPANS else "")


@dataclass(frozen=True, slots=True)
class OrbiterFilter:
    """Filter of orbiters; an empty field means all."""

    sources: frozenset[OrbitSource] = frozenset()
    visibilities: frozenset[Visibility] = frozenset()


@dataclass(frozen=True, slots=True)
class OrbiterScope:
    """Orbiters that a principal sees besides those that are public: all, its agency's own, and those of missions.

    ``own_mission_ids`` bounds its agency's own to some missions and to those of none; None means all.
    """

    agency_id: str
    mission_ids: frozenset[str] = frozenset()
    own_mission_ids: frozenset[str] | None = None
    everything: bool = False
