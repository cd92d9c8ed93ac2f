"""Requests for windows, and their validation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from malapert_core.errors import Fault, InvalidInputError

from malapert_comms_window.domain.catalogue import check_station
from malapert_comms_window.domain.links import LinkTerminal, terminal_faults
from malapert_comms_window.domain.orbiter_links import (
    KeyLink,
    OpticalLink,
    OpticalRules,
    OrbiterLink,
    RelayLink,
    key_link_faults,
    optical_faults,
    relay_faults,
)
from malapert_comms_window.domain.orbiters import Orbiter, OrbitSource
from malapert_comms_window.domain.stations import Station

MAX_SPAN = timedelta(days=400)
MAX_PLACES = 100
MIN_PROFILE_STEP_S, MAX_PROFILE_STEP_S = 10.0, 86_400.0
MAX_ORBITERS = 20
MAX_SUN_FRACTIONS = 10


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the Moon: selenographic degrees, metres above the 1,737,400 m sphere."""

    place_id: str
    longitude_deg: float
    latitude_deg: float
    elevation_m: float


@dataclass(frozen=True, slots=True)
class WindowRequest:
    """Request for windows: places, stations, span and radio."""

    mission_id: str
    terrain_stack_id: str
    places: tuple[Place, ...]
    station_ids: tuple[str, ...]
    start_time: datetime
    end_time: datetime
    terminal: LinkTerminal | None
    array_height_m: float
    antenna_height_m: float
    profile_step_s: float
    relays: tuple[RelayLink, ...] = ()
    orbiters: tuple[OrbiterLink, ...] = ()
    conjunction_angle_deg: float = 0.0
    optical: OpticalRules | None = None
    key_links: tuple[KeyLink, ...] = ()
    clock_error_s: float = 0.0
    own_stations: tuple[Station, ...] = ()
    on_sphere: bool = False
    optical_links: tuple[OpticalLink, ...] = ()
    least_sun_fractions: tuple[float, ...] = ()

    @property
    def all_station_ids(self) -> tuple[str, ...]:
        """Every station that is asked for: those of the catalogue, then those that this request alone knows."""
        return (*self.station_ids, *(station.station_id for station in self.own_stations))

    @property
    def has_light(self) -> bool:
        """Whether any link with optical stations is asked for."""
        return bool(self.optical or self.optical_links or self.key_links)

    @property
    def orbiter_ids(self) -> tuple[str, ...]:
        """Every orbiter that is asked for, once."""
        links: list[RelayLink | OrbiterLink | OpticalLink | KeyLink] = [
            *self.relays,
            *self.orbiters,
            *self.optical_links,
            *self.key_links,
        ]
        return tuple(dict.fromkeys(link.orbiter_id for link in links))


def check_window_request(
    request: WindowRequest,
    stations: Mapping[str, Station],
    orbiters: Mapping[str, Orbiter],
    allowed: tuple[datetime, datetime],
) -> None:
    """Check a request against the station catalogue and the ephemeris.

    Parameters
    ----------
    request
        What is asked.
    stations
        The catalogue, and the request's own stations where they are none of its, by identifier.
    orbiters
        Those of the asked orbiters that there are, by identifier.
    allowed
        First and last instant that the ephemeris covers.

    Raises
    ------
    InvalidInputError
        ``INVALID_WINDOW_REQUEST`` with every fault.
    """
    faults = [
        *_span_faults(request, allowed),
        *_place_faults(request),
        *_station_faults(request, stations),
        *_number_faults(request),
        *_orbiter_faults(request, orbiters),
        *_optical_faults(request, stations),
    ]
    if request.places and bool(request.terrain_stack_id) == request.on_sphere:
        message = "the terrain stack that gives the skylines is needed, or on_sphere where none is known"
        code = "CONTRADICTION" if request.on_sphere else "MISSING"
        faults.append(Fault("terrain_stack_id", code, message))
    if faults:
        raise InvalidInputError("INVALID_WINDOW_REQUEST", f"the request has {len(faults)} faults", faults=faults)


def _span_faults(request: WindowRequest, allowed: tuple[datetime, datetime]) -> Iterable[Fault]:
    start, end = request.start_time, request.end_time
    if not start < end:
        yield Fault("span", "EMPTY_SPAN", f"the span ends at {end.isoformat()}, not after its start")
    elif end - start > MAX_SPAN:
        yield Fault("span", "SPAN_TOO_LONG", f"the span is longer than {MAX_SPAN.days} days")
    for name, time in (("start_time", start), ("end_time", end)):
        if not allowed[0] <= time <= allowed[1]:
            limits = f"{allowed[0].isoformat()} to {allowed[1].isoformat()}"
            yield Fault(f"span.{name}", "OUTSIDE_EPHEMERIS", f"{time.isoformat()} is outside the ephemeris: {limits}")


def _place_faults(request: WindowRequest) -> Iterable[Fault]:
    places = request.places
    if not places and not request.orbiters and not request.optical_links and not request.key_links:
        yield Fault("places", "WRONG_COUNT", f"1 to {MAX_PLACES} places are needed where no orbiter is asked for")
    if len(places) > MAX_PLACES:
        yield Fault("places", "WRONG_COUNT", f"at most {MAX_PLACES} places, not {len(places)}")
    seen: set[str] = set()
    for index, place in enumerate(places):
        path = f"places[{index}]"
        if not place.place_id or place.place_id in seen:
            yield Fault(f"{path}.place_id", "DUPLICATE", f"{place.place_id!r} is empty or there already")
        seen.add(place.place_id)
        if not -180.0 <= place.longitude_deg <= 180.0:
            yield Fault(f"{path}.point.longitude_deg", "OUT_OF_RANGE", f"{place.longitude_deg} is not in -180 to 360")
        if not -90.0 <= place.latitude_deg <= 90.0:
            yield Fault(f"{path}.point.latitude_deg", "OUT_OF_RANGE", f"{place.latitude_deg} is not in -90 to 90")
        if not abs(place.elevation_m) <= 12_000.0:
            yield Fault(f"{path}.point.elevation_m", "OUT_OF_RANGE", f"{place.elevation_m} is no lunar elevation")


def _station_faults(request: WindowRequest, stations: Mapping[str, Station]) -> Iterable[Fault]:
    first: dict[str, int] = {}
    for index, station_id in enumerate(request.station_ids):
        path = f"station_ids[{index}]"
        if station_id not in stations:
            yield Fault(path, "UNKNOWN_STATION", f"there is no station {station_id!r}")
        elif station_id in first:
            yield Fault(path, "DUPLICATE", f"{station_id!r} is already station_ids[{first[station_id]}]")
        first.setdefault(station_id, index)
    yield from _own_station_faults(request, stations)
    others = request.relays or request.orbiters or request.has_light
    if request.all_station_ids and request.terminal is None and not others:
        yield Fault("terminal", "MISSING", "contact windows need the asset's radio")


def _own_station_faults(request: WindowRequest, stations: Mapping[str, Station]) -> Iterable[Fault]:
    others = {key: station for key, station in stations.items() if station not in request.own_stations}
    first: dict[str, int] = {}
    for index, station in enumerate(request.own_stations):
        path = f"own_stations[{index}]"
        if station.station_id in others or station.station_id in request.station_ids:
            yield Fault(f"{path}.station_id", "DUPLICATE", f"there is a station {station.station_id!r} already")
        if station.station_id in first:
            message = f"{station.station_id!r} is already own_stations[{first[station.station_id]}]"
            yield Fault(f"{path}.station_id", "DUPLICATE", message)
        first.setdefault(station.station_id, index)
        try:
            check_station(station, others)
        except InvalidInputError as error:
            for fault in error.faults:
                yield Fault(path + fault.path.removeprefix("station"), fault.code, fault.message)


def _number_faults(request: WindowRequest) -> Iterable[Fault]:
    step = request.profile_step_s
    if not MIN_PROFILE_STEP_S <= step <= MAX_PROFILE_STEP_S:
        limits = f"{MIN_PROFILE_STEP_S:g} to {MAX_PROFILE_STEP_S:g} seconds"
        yield Fault("profile_step_s", "OUT_OF_RANGE", f"{step} is not in {limits}")
    if not 0.0 <= request.conjunction_angle_deg <= 90.0:
        message = f"{request.conjunction_angle_deg} is not in 0 to 90 degrees"
        yield Fault("conjunction_angle_deg", "OUT_OF_RANGE", message)
    if not 0.0 <= request.clock_error_s <= 86_400.0:
        yield Fault("clock_error_s", "OUT_OF_RANGE", f"{request.clock_error_s} is not in 0 to 86400 seconds")
    yield from _sun_fraction_faults(request.least_sun_fractions)
    for name in ("array_height_m", "antenna_height_m"):
        height_m = getattr(request, name)
        if not 0.0 <= height_m <= 100.0:
            yield Fault(name, "OUT_OF_RANGE", f"{height_m} is not in 0 to 100 metres")
    if request.terminal is not None:
        yield from terminal_faults(request.terminal)


def _sun_fraction_faults(fractions: tuple[float, ...]) -> Iterable[Fault]:
    if len(fractions) > MAX_SUN_FRACTIONS:
        message = f"at most {MAX_SUN_FRACTIONS} shares, not {len(fractions)}"
        yield Fault("least_sun_fractions", "WRONG_COUNT", message)
    for index, least in enumerate(fractions[:MAX_SUN_FRACTIONS]):
        path = f"least_sun_fractions[{index}]"
        if not 0.0 < least <= 1.0:
            yield Fault(path, "OUT_OF_RANGE", f"{least} is no share of the disc above 0 and at most 1")
        elif least in fractions[:index]:
            yield Fault(path, "DUPLICATE", f"{least:g} is already least_sun_fractions[{fractions.index(least)}]")


def _orbiter_faults(request: WindowRequest, orbiters: Mapping[str, Orbiter]) -> Iterable[Fault]:
    if len(request.orbiter_ids) > MAX_ORBITERS:
        yield Fault("orbiters", "WRONG_COUNT", f"at most {MAX_ORBITERS} orbiters, not {len(request.orbiter_ids)}")
    for kind in ("relays", "orbiters", "optical_links", "key_links"):
        first: dict[str, int] = {}
        for index, link in enumerate(getattr(request, kind)):
            path = f"{kind}[{index}].orbiter_id"
            orbiter = orbiters.get(link.orbiter_id)
            if orbiter is None:
                yield Fault(path, "UNKNOWN_ORBITER", f"there is no orbiter {link.orbiter_id!r}")
                continue
            if link.orbiter_id in first:
                yield Fault(path, "DUPLICATE", f"{link.orbiter_id!r} is already {kind}[{first[link.orbiter_id]}]")
            first.setdefault(link.orbiter_id, index)
            if not orbiter.overlaps(request.start_time, request.end_time):
                code = "TLE_TOO_OLD" if orbiter.source is OrbitSource.TLE else "OUTSIDE_ORBIT"
                yield Fault("span", code, f"the motion of {link.orbiter_id} covers {orbiter.spans_text()}")
    for index, relay in enumerate(request.relays):
        yield from relay_faults(relay, f"relays[{index}]")
    for index, own in enumerate(request.orbiters):
        yield from terminal_faults(own.terminal, f"orbiters[{index}].terminal")


def _optical_faults(request: WindowRequest, stations: Mapping[str, Station]) -> Iterable[Fault]:
    if request.optical is not None:
        yield from optical_faults(request.optical, "optical")
    for index, light in enumerate(request.optical_links):
        yield from optical_faults(light.rules, f"optical_links[{index}].rules")
    for index, link in enumerate(request.key_links):
        yield from key_link_faults(link, f"key_links[{index}]", request.all_station_ids)
    known = [stations[station_id] for station_id in request.all_station_ids if station_id in stations]
    if request.has_light and not any(station.is_optical for station in known):
        yield Fault("station_ids", "NO_OPTICAL_STATION", "optical links need a station with the band 'optical'")
