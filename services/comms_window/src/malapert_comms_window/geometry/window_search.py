"""Searches the windows of one place, and of one place with one station, and fills in their profiles."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from malapert_astro.earth_stations import StationLink, StationPosition
from malapert_astro.times import utc_datetime
from malapert_astro.windows import complement, find_windows, intersect
from numpy.typing import NDArray

from malapert_comms_window.domain.links import LinkTerminal, allowed_rate_bps
from malapert_comms_window.domain.stations import Station
from malapert_comms_window.domain.windows import RATE, Predictability, Profile, Window, WindowKind
from malapert_comms_window.geometry.place_views import PlaceView

Floats = NDArray[np.float64]

EDGE_TOLERANCE_S = 0.0005
# The Sun crosses the usual step of a skyline's azimuths, 0.5 degrees, in an hour; a station rises once a day.
_STEP_S = 1200.0


@dataclass(frozen=True)
class SearchSpan:
    """The span to search, Unix seconds UTC, and the step of the profiles, seconds."""

    start_s: float
    end_s: float
    profile_step_s: float


@dataclass(frozen=True)
class _Samples:
    """What holds at instants: clearance of the condition, degrees, and quantities, each of shape (n,)."""

    clearance_deg: Floats
    quantities: dict[str, Floats] = field(default_factory=dict)


_Sampler = Callable[[Floats], _Samples]


def search_light(view: PlaceView, span: SearchSpan) -> list[Window]:
    """Return the illumination windows of a place, then its darkness windows, over the span."""

    def sample(utc_s: Floats) -> _Samples:
        sun = view.sun(utc_s)
        quantities = {
            "sun_fraction": view.sun_fraction(sun),
            "sun_elevation_deg": sun.elevation_deg,
            "sun_azimuth_deg": sun.azimuth_deg,
        }
        return _Samples(view.sun_clearance_deg(utc_s), quantities)

    def sample_dark(utc_s: Floats) -> _Samples:
        lit = sample(utc_s)
        return _Samples(-lit.clearance_deg, lit.quantities)

    lit = find_windows(view.sun_clearance_deg, span.start_s, span.end_s, _STEP_S, EDGE_TOLERANCE_S)
    dark = complement(lit, span.start_s, span.end_s)
    return [
        *_windows(WindowKind.ILLUMINATION, view, "", lit, span, sample),
        *_windows(WindowKind.DARKNESS, view, "", dark, span, sample_dark),
    ]


def search_earth_visibility(view: PlaceView, span: SearchSpan) -> list[Window]:
    """Return the windows in which the Earth's centre is above the skyline of a place."""

    def sample(utc_s: Floats) -> _Samples:
        azimuth, elevation = view.earth(utc_s)
        clearance = view.clearance_deg((azimuth, elevation))
        return _Samples(clearance, {"elevation_deg": elevation, "azimuth_deg": azimuth})

    found = find_windows(
        lambda utc_s: view.clearance_deg(view.earth(utc_s)), span.start_s, span.end_s, _STEP_S, EDGE_TOLERANCE_S
    )
    return _windows(WindowKind.EARTH_VISIBILITY, view, "", found, span, sample)


def search_contacts(view: PlaceView, station: Station, terminal: LinkTerminal, span: SearchSpan) -> list[Window]:
    """Return the windows in which a station and a place see each other.

    The site is at or above the station's least elevation as the station receives it, and the station's own direction
    clears the site's skyline as the site receives it, both at the same UTC.
    """
    position = StationPosition(station.longitude_deg, station.latitude_deg, station.height_m)
    link = StationLink(view.paths, view.site, position)
    g_over_t_db_k = station.g_over_t_db_k(terminal.band)

    def sample(utc_s: Floats) -> _Samples:
        path = link.geometry(utc_s)
        quantities = {
            "elevation_deg": path.site_elevation_deg,
            "azimuth_deg": path.site_azimuth_deg,
            "station_elevation_deg": path.station_elevation_deg,
            "range_km": path.range_km,
            "range_rate_km_s": path.range_rate_km_s,
            "light_time_s": path.light_time_s,
            RATE: allowed_rate_bps(terminal, g_over_t_db_k, path.range_km),
        }
        return _Samples(view.clearance_deg((path.site_azimuth_deg, path.site_elevation_deg)), quantities)

    risen = find_windows(
        lambda utc_s: link.site_direction_deg(utc_s)[1] - station.min_elevation_deg.value,
        span.start_s,
        span.end_s,
        _STEP_S,
        EDGE_TOLERANCE_S,
    )
    clear = find_windows(
        lambda utc_s: view.clearance_deg(link.station_direction_deg(utc_s)),
        span.start_s,
        span.end_s,
        _STEP_S,
        EDGE_TOLERANCE_S,
    )
    return _windows(WindowKind.CONTACT, view, station.station_id, intersect(risen, clear), span, sample)


def _windows(
    kind: WindowKind, view: PlaceView, station_id: str, intervals: Floats, span: SearchSpan, sampler: _Sampler
) -> list[Window]:
    if not len(intervals):
        return []
    offsets = [_offsets(end - start, span.profile_step_s) for start, end in intervals]
    samples = sampler(np.concatenate([start + offset for (start, _), offset in zip(intervals, offsets, strict=True)]))
    bounds = np.cumsum([0, *(len(offset) for offset in offsets)])
    place_id = view.horizon.place_id
    name = ":".join(part for part in (place_id, kind, station_id) if part)
    return [
        Window(
            window_id=f"{name}:{index:04d}",
            kind=kind,
            place_id=place_id,
            station_id=station_id,
            start_time=utc_datetime(start),
            end_time=utc_datetime(end),
            predictability=_predictability(samples.clearance_deg[first:last], view),
            profiles=tuple(
                _profile(quantity, offset, values[first:last]) for quantity, values in samples.quantities.items()
            ),
        )
        for index, ((start, end), offset, (first, last)) in enumerate(
            zip(intervals, offsets, pairwise(bounds), strict=True)
        )
    ]


def _offsets(duration_s: float, step_s: float) -> Floats:
    """Return sample times from the window's start: both ends, every step, and the middle of a short one."""
    inner = np.arange(step_s, duration_s, step_s)
    if not len(inner):
        inner = np.array([duration_s / 2.0])
    return np.concatenate(([0.0], inner, [duration_s]))


def _predictability(clearance_deg: Floats, view: PlaceView) -> Predictability:
    """A window is predicted where a skyline wrong by its stated error would still leave some of it."""
    sure = float(np.max(clearance_deg)) > view.horizon.elevation_error_deg
    return Predictability.PREDICTED if sure else Predictability.POTENTIAL


def _profile(quantity: str, offset_s: Floats, value: Floats) -> Profile:
    if quantity != RATE:
        return Profile(quantity, offset_s, value)
    # A rate must hold until the next sample, so the worse of both ends counts; repeated values are left out.
    held = np.minimum(value[:-1], value[1:])
    change = np.concatenate(([True], held[1:] != held[:-1]))
    return Profile(quantity, offset_s[:-1][change], held[change])
