"""The payload catalogue of a mission: its scope, instruments and activity types."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from malapert_core.vocabulary.figure import Figure
from malapert_core.vocabulary.interval import Interval

from malapert_payload.domain.catalogue.activity_type import ActivityType, InstrumentUse
from malapert_payload.domain.catalogue.figures import figure
from malapert_payload.domain.catalogue.instrument import Exclusion, Instrument, Mode
from malapert_payload.domain.catalogue.resource import Resource
from malapert_payload.domain.science.science import ScienceModel

ItemT = TypeVar("ItemT", Instrument, ActivityType)


@dataclass(frozen=True, slots=True)
class PlaceSet:
    """A named list of places, such as the points of a grid."""

    place_set_id: str
    place_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgencyShare:
    """Share of the mission's science that an agency is promised."""

    agency_id: str
    share: Figure | None = figure("1")


@dataclass(frozen=True, slots=True)
class RequestSet:
    """Requests of which at most so many are planned, each of them once and at one place."""

    request_set_id: str
    title: str
    request_ids: tuple[str, ...]
    count: int


@dataclass(frozen=True)
class Catalogue:
    """A mission version's share of the payload service.

    `instruments` and `activity_types` are in force, the newest version of each; `earlier_instruments` and
    `earlier_activity_types` are the other versions, which uses and requests may name. An identifier that is given
    twice is found where it was given first.
    """

    mission_id: str
    mission_version: int
    agency_ids: tuple[str, ...]
    asset_ids: tuple[str, ...]
    place_ids: tuple[str, ...]
    station_ids: tuple[str, ...]
    resource_ids: tuple[str, ...]
    horizon: Interval
    instruments: tuple[Instrument, ...] = ()
    activity_types: tuple[ActivityType, ...] = ()
    resources: tuple[Resource, ...] = ()
    place_sets: tuple[PlaceSet, ...] = ()
    mobility_resource_ids: tuple[str, ...] = ()
    agency_shares: tuple[AgencyShare, ...] = ()
    science: ScienceModel | None = None
    calendar_ids: tuple[str, ...] = ()
    orbiter_ids: tuple[str, ...] = ()
    request_sets: tuple[RequestSet, ...] = ()
    earlier_instruments: tuple[Instrument, ...] = ()
    earlier_activity_types: tuple[ActivityType, ...] = ()

    @cached_property
    def known_agency_ids(self) -> frozenset[str]:
        """The agencies, for looking them up."""
        return frozenset(self.agency_ids)

    @cached_property
    def known_asset_ids(self) -> frozenset[str]:
        """The assets, for looking them up."""
        return frozenset(self.asset_ids)

    @cached_property
    def known_place_ids(self) -> frozenset[str]:
        """The places, for looking them up."""
        return frozenset(self.place_ids)

    @cached_property
    def known_resource_ids(self) -> frozenset[str]:
        """The unary resources, for looking them up."""
        return frozenset(self.resource_ids)

    @cached_property
    def instruments_by_id(self) -> dict[str, Instrument]:
        """Instruments in force."""
        return {item.instrument_id: item for item in reversed(self.instruments)}

    @cached_property
    def activity_types_by_id(self) -> dict[str, ActivityType]:
        """Activity types in force."""
        return {item.activity_type_id: item for item in reversed(self.activity_types)}

    @cached_property
    def amounts_by_id(self) -> dict[str, Resource]:
        """Resources of assets and instruments that are not unary."""
        owned = [resource for instrument in self.instruments for resource in instrument.resources]
        return {resource.resource_id: resource for resource in reversed([*self.resources, *owned])}

    @cached_property
    def place_sets_by_id(self) -> dict[str, PlaceSet]:
        """Named lists of places."""
        return {places.place_set_id: places for places in reversed(self.place_sets)}

    @cached_property
    def sets_by_request_id(self) -> dict[str, RequestSet]:
        """The set that a request is one of; of several the first."""
        return {name: group for group in reversed(self.request_sets) for name in group.request_ids}

    @cached_property
    def exclusions(self) -> tuple[tuple[str, Exclusion], ...]:
        """Every exclusion with the instrument that states it."""
        return tuple((item.instrument_id, one) for item in self.instruments for one in item.exclusions)

    @cached_property
    def _instrument_versions(self) -> dict[tuple[str, int], Instrument]:
        return {(i.instrument_id, i.version): i for i in (*self.earlier_instruments, *self.instruments)}

    @cached_property
    def _activity_type_versions(self) -> dict[tuple[str, int], ActivityType]:
        return {(t.activity_type_id, t.version): t for t in (*self.earlier_activity_types, *self.activity_types)}

    def instrument(self, instrument_id: str, version: int = 0) -> Instrument | None:
        """Return a version of an instrument, the newest for 0, None where there is none."""
        if version:
            return self._instrument_versions.get((instrument_id, version))
        return self.instruments_by_id.get(instrument_id)

    def activity_type(self, activity_type_id: str, version: int = 0) -> ActivityType | None:
        """Return a version of an activity type, the newest for 0, None where there is none."""
        if version:
            return self._activity_type_versions.get((activity_type_id, version))
        return self.activity_types_by_id.get(activity_type_id)

    def mode(self, use: InstrumentUse) -> Mode | None:
        """Return the mode that a use names, None where there is none."""
        instrument = self.instrument(use.instrument_id, use.version)
        return None if instrument is None else instrument.mode(use.mode_id)

    def instrument_versions(self, instrument_id: str) -> list[int]:
        """Return the versions that there are of an instrument, in order."""
        return sorted(version for known, version in self._instrument_versions if known == instrument_id)

    def activity_type_versions(self, activity_type_id: str) -> list[int]:
        """Return the versions that there are of an activity type, in order."""
        return sorted(version for known, version in self._activity_type_versions if known == activity_type_id)


def by_identifier(items: Iterable[ItemT]) -> list[ItemT]:
    """Return instruments or activity types in order of identifier and version."""
    return sorted(items, key=lambda item: (item_id(item), item.version))


def item_id(item: Instrument | ActivityType) -> str:
    """Return the identifier of an instrument or activity type."""
    return item.instrument_id if isinstance(item, Instrument) else item.activity_type_id
