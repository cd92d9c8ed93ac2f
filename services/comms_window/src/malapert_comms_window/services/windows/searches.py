"""Searches that a request for windows consists of, stage by stage."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from malapert_astro.ephemeris import Ephemeris
from malapert_astro.fitted_paths import SpanPaths
from malapert_astro.orbits import Orbit

from malapert_comms_window.domain.horizons import HorizonSet
from malapert_comms_window.domain.orbiters import Orbiter
from malapert_comms_window.domain.stations import Station
from malapert_comms_window.domain.window_requests import WindowRequest
from malapert_comms_window.domain.windows import Window, WindowKind
from malapert_comms_window.geometry.conditions import SearchSpan
from malapert_comms_window.geometry.optical_search import search_key_links, search_optical_links, search_optical_passes
from malapert_comms_window.geometry.orbiter_search import (
    search_eclipses,
    search_occultations,
    search_orbiter_contacts,
)
from malapert_comms_window.geometry.orbiter_views import OrbiterView
from malapert_comms_window.geometry.place_views import PlaceView
from malapert_comms_window.geometry.relay_search import Relay
from malapert_comms_window.geometry.sun_shares import search_sun_share
from malapert_comms_window.geometry.window_search import (
    search_conjunctions,
    search_contacts,
    search_earth_visibility,
    search_light,
)

_LIGHT = (WindowKind.ILLUMINATION, WindowKind.DARKNESS)


@dataclass(frozen=True)
class Search:
    """One piece of the computation: the kinds it gives, of which ends (place, station, orbiter), and how."""

    kinds: tuple[WindowKind, ...]
    ends: tuple[str, str, str]
    run: Callable[[], list[Window]]


@dataclass(frozen=True)
class Stage:
    """Searches that are reported together."""

    name: str
    title: str
    searches: tuple[Search, ...]


@dataclass(frozen=True)
class Inputs:
    """All that the searches need: both heights' skylines, stations in order, orbiters with their motions."""

    request: WindowRequest
    span: SearchSpan
    array: HorizonSet
    antenna: HorizonSet
    stations: tuple[Station, ...]
    motions: Mapping[str, tuple[Orbiter, Orbit]]
    ephemeris: Ephemeris


def stages_of(inputs: Inputs) -> list[Stage]:
    """Return the stages of a request that search anything, in their order; nothing is searched yet."""
    paths = SpanPaths(inputs.ephemeris, *inputs.span.tdb_s)
    arrays = [PlaceView(paths, horizon) for horizon in inputs.array.horizons]
    antennas = [PlaceView(paths, horizon) for horizon in inputs.antenna.horizons]
    orbiters = {
        orbiter_id: OrbiterView.over(*motion, inputs.ephemeris, inputs.span)
        for orbiter_id, motion in inputs.motions.items()
    }
    stages = (
        Stage("light", "Sunlight and darkness", _light(arrays, inputs)),
        Stage("earth", "Earth visibility", _earth(antennas, inputs.span)),
        Stage("contacts", "Contacts with stations", _contacts(antennas, inputs)),
        Stage("orbiters", "Orbiters", _orbiters(orbiters, inputs)),
        Stage("relays", "Relays", _relays(antennas, orbiters, inputs)),
        Stage("optical", "Optical links", _optical(antennas, orbiters, inputs)),
    )
    return [stage for stage in stages if stage.searches]


def _light(views: Sequence[PlaceView], inputs: Inputs) -> tuple[Search, ...]:
    span, shares = inputs.span, inputs.request.least_sun_fractions
    searches = [Search(_LIGHT, (_name(view), "", ""), partial(search_light, view, span)) for view in views]
    searches += [
        Search((WindowKind.SUN_SHARE,), (_name(view), "", ""), partial(search_sun_share, view, least, span))
        for view in views
        for least in shares
    ]
    return tuple(searches)


def _earth(views: Sequence[PlaceView], span: SearchSpan) -> tuple[Search, ...]:
    kinds = (WindowKind.EARTH_VISIBILITY,)
    return tuple(Search(kinds, (_name(view), "", ""), partial(search_earth_visibility, view, span)) for view in views)


def _contacts(views: Sequence[PlaceView], inputs: Inputs) -> tuple[Search, ...]:
    request, span, searches = inputs.request, inputs.span, []
    for view in views:
        for station in inputs.stations:
            ends = (_name(view), station.station_id, "")
            if request.terminal is not None and not station.is_optical:
                run = partial(search_contacts, view, station, request.terminal, span)
                searches.append(Search((WindowKind.CONTACT,), ends, run))
            if request.conjunction_angle_deg > 0.0:
                run = partial(search_conjunctions, view, station, request.conjunction_angle_deg, span)
                searches.append(Search((WindowKind.CONJUNCTION,), ends, run))
    return tuple(searches)


def _orbiters(views: Mapping[str, OrbiterView], inputs: Inputs) -> tuple[Search, ...]:
    searches = []
    for link in inputs.request.orbiters:
        view, ends = views[link.orbiter_id], ("", "", link.orbiter_id)
        span = view.span
        searches.append(Search((WindowKind.ORBITER_ECLIPSE,), ends, partial(search_eclipses, view, span)))
        searches.append(Search((WindowKind.ORBITER_OCCULTATION,), ends, partial(search_occultations, view, span)))
        searches += [
            Search(
                (WindowKind.ORBITER_CONTACT,),
                ("", station.station_id, link.orbiter_id),
                partial(search_orbiter_contacts, view, station, link.terminal, span),
            )
            for station in inputs.stations
            if not station.is_optical
        ]
    return tuple(searches)


def _relays(places: Sequence[PlaceView], views: Mapping[str, OrbiterView], inputs: Inputs) -> tuple[Search, ...]:
    searches = []
    stations = [station for station in inputs.stations if not station.is_optical]
    for link in inputs.request.relays:
        for place in places:
            relay = Relay(place, views[link.orbiter_id], link, views[link.orbiter_id].span)
            ends = (_name(place), "", link.orbiter_id)
            searches.append(Search((WindowKind.RELAY_CONTACT,), ends, relay.contacts))
            searches += [
                Search(
                    (WindowKind.RELAY_END_TO_END,),
                    (_name(place), station.station_id, link.orbiter_id),
                    partial(relay.end_to_end, station),
                )
                for station in stations
            ]
            if link.max_latency_s > 0.0:
                searches.append(Search((WindowKind.STORE_AND_FORWARD,), ends, partial(relay.stored, stations)))
    return tuple(searches)


def _optical(places: Sequence[PlaceView], views: Mapping[str, OrbiterView], inputs: Inputs) -> tuple[Search, ...]:
    request, span = inputs.request, inputs.span
    searches = []
    for station in inputs.stations:
        if not station.is_optical:
            continue
        if request.optical is not None:
            searches += [
                Search(
                    (WindowKind.OPTICAL_LINK,),
                    (_name(place), station.station_id, ""),
                    partial(search_optical_links, place, station, request.optical, span),
                )
                for place in places
            ]
        searches += [
            Search(
                (WindowKind.OPTICAL_LINK,),
                ("", station.station_id, link.orbiter_id),
                partial(search_optical_passes, views[link.orbiter_id], station, link, views[link.orbiter_id].span),
            )
            for link in request.optical_links
        ]
        searches += [
            Search(
                (WindowKind.KEY_LINK,),
                ("", station.station_id, link.orbiter_id),
                partial(search_key_links, views[link.orbiter_id], station, link, views[link.orbiter_id].span),
            )
            for link in request.key_links
        ]
    return tuple(searches)


def _name(view: PlaceView) -> str:
    return view.horizon.place_id
