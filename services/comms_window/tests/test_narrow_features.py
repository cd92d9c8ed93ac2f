"""No window is missed: narrow masts, notches and vertical edges, rough skylines and grazing passes, second by second.

What is scanned is the definition of a window, sampled every second. Directions between a site and a station come from
the ephemeris without a fit and masks from numpy's interpolation; paths to orbiters are those that SPICE agrees with.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from malapert_astro.ephemeris import Ephemeris, sun_angular_radius_deg
from malapert_astro.fitted_paths import SpanPaths
from malapert_astro.orbits import KeplerianElements, KeplerianOrbit
from malapert_astro.points import Body, SitePosition
from malapert_astro.surface import azimuth_elevation
from malapert_astro.times import tdb_from_utc, utc_datetime, utc_seconds
from malapert_comms_window.domain.horizons import Horizon, sphere_horizons
from malapert_comms_window.domain.links import LinkTerminal
from malapert_comms_window.domain.orbiter_links import OpticalRules, RelayLink
from malapert_comms_window.domain.orbiters import Orbiter, OrbitSource
from malapert_comms_window.domain.stations import MaskPoint, Station
from malapert_comms_window.domain.window_requests import Place, WindowRequest, check_window_request
from malapert_comms_window.domain.windows import Window, WindowKind
from malapert_comms_window.geometry.conditions import Condition, SearchSpan, intervals_of, search
from malapert_comms_window.geometry.orbiter_search import station_leg
from malapert_comms_window.geometry.orbiter_views import OrbiterView
from malapert_comms_window.geometry.place_views import PlaceView
from malapert_comms_window.geometry.relay_search import Relay
from malapert_comms_window.geometry.station_views import apart, night, position_of, rises, sun_path
from malapert_comms_window.geometry.window_search import search_contacts, search_light
from malapert_comms_window.storage.station_catalogue import load_station_catalogue
from malapert_core.errors import InvalidInputError

START = datetime(2029, 3, 1, tzinfo=UTC)
SPAN = SearchSpan(utc_seconds(START), utc_seconds(START) + 3 * 86_400.0, 3600.0)
DAY = replace(SPAN, end_s=SPAN.start_s + 86_400.0)
TERMINAL = LinkTerminal("X", 8.45e9, 20.0, 2.5, 3.0, 2.0, (1000.0,))
RIDGE = Place("ridge", 0.0, -80.0, 0.0)
STATION = replace(load_station_catalogue()["esa-mlg"], latitude_deg=64.1, longitude_deg=21.5, height_m=100.0)
SEEDS = st.integers(0, 2**31)
ORBITER = Orbiter("relay", 1, "Relay", "ESA", OrbitSource.SPK, "moon", (), 0.5, "made", "sha256:00", (), START)
LINK = RelayLink("relay", TERMINAL, -10.0, TERMINAL, 5.0, 0.0)


@pytest.fixture(scope="module")
def paths() -> SpanPaths:
    return SpanPaths(Ephemeris(), *SPAN.tdb_s)


@pytest.fixture(scope="module")
def seconds() -> np.ndarray:
    return np.arange(DAY.start_s, DAY.end_s, 1.0)


@pytest.fixture(scope="module")
def seen_by_station(seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Azimuth and elevation of the ridge at the station, every second, without a fit."""
    ridge = SitePosition(RIDGE.longitude_deg, RIDGE.latitude_deg, RIDGE.elevation_m + 2.5)
    vector_km = Ephemeris().at(tdb_from_utc(seconds)).site_km(position_of(STATION).fixed_km, ridge.fixed_km)
    return azimuth_elevation(vector_km, STATION.longitude_deg, STATION.latitude_deg)


@pytest.fixture(scope="module")
def sun_at_ridge(seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    ridge = SitePosition(RIDGE.longitude_deg, RIDGE.latitude_deg, RIDGE.elevation_m + 2.5)
    sun_km = Ephemeris().apparent_sun_km(tdb_from_utc(seconds), ridge.fixed_km)
    return (
        *azimuth_elevation(sun_km, RIDGE.longitude_deg, RIDGE.latitude_deg),
        sun_angular_radius_deg(np.linalg.norm(sun_km, axis=0)),
    )


def _view(paths: SpanPaths) -> PlaceView:
    return PlaceView(paths, sphere_horizons([RIDGE], 2.5).horizons[0])


def _masked(points: list[tuple[float, float]]) -> Station:
    least = replace(STATION.min_elevation_deg, value=5.0)
    return replace(STATION, mask=tuple(MaskPoint(*point) for point in points), min_elevation_deg=least)


def _next_second(time: datetime) -> str:
    """Return the first whole second that is not before a time: what a scan of every second finds."""
    return f"{time + timedelta(microseconds=-time.microsecond % 1_000_000):%dT%H:%M:%S}"


def _utc_intervals(windows: list[Window]) -> np.ndarray:
    return np.array([[utc_seconds(each.start_time), utc_seconds(each.end_time)] for each in windows]).reshape(-1, 2)


def _assert_scan(
    intervals: np.ndarray, seconds: np.ndarray, holds: np.ndarray, unsure: np.ndarray | float = 0.0
) -> None:
    edges = np.sort(intervals.ravel())
    inside = np.searchsorted(edges, seconds, side="right") % 2 == 1
    nearest = np.searchsorted(edges, seconds)
    padded = np.concatenate(([-np.inf], edges, [np.inf]))
    near_edge = np.minimum(seconds - padded[nearest], padded[nearest + 1] - seconds) < 0.01
    wrong = (inside != holds) & ~near_edge & ~np.asarray(unsure, dtype=np.bool_)
    assert not wrong.any(), seconds[wrong][:5] - seconds[0]


def test_a_mast_of_a_degree_cuts_every_contact_that_passes_behind_it(paths: SpanPaths) -> None:
    """The given case: a mast 1.0 to 1.2 degrees wide and 70 high, by a scan of every second."""
    flat = [(azimuth, 6.0) for azimuth in range(0, 331, 30) if azimuth != 150]
    mast = [(149.4, 6.0), (149.5, 70.0), (150.5, 70.0), (150.6, 6.0)]
    windows = search_contacts(_view(paths), _masked(sorted(flat + mast)), TERMINAL, SPAN)
    cuts = [
        [_next_second(before.end_time), _next_second(after.start_time)]
        for before, after in pairwise(windows)
        if after.start_time - before.end_time < timedelta(minutes=10)
    ]
    assert cuts == [["01T21:44:22", "01T21:49:03"], ["02T22:31:53", "02T22:36:53"]]


@given(SEEDS)
@settings(max_examples=30)
def test_masts_notches_and_vertical_edges_of_a_station(
    paths: SpanPaths, seconds: np.ndarray, seen_by_station: tuple[np.ndarray, np.ndarray], seed: int
) -> None:
    """Features down to a hundredth of a degree, which pass within 2 to 3 seconds, north among them."""
    rng = np.random.default_rng(seed)
    base_deg = rng.uniform(5.0, 15.0)
    points = {float(azimuth): base_deg for azimuth in range(0, 360, 45)}
    for _ in range(rng.integers(1, 6)):
        middle, width = rng.choice([rng.uniform(1.0, 358.0), rng.uniform(0.1, 1.5)]), 10.0 ** rng.uniform(-2.0, 0.0)
        height = rng.choice([rng.uniform(5.0, 60.0), -5.0])
        for azimuth in [each for each in points if abs(each - middle) < 2.0 * width]:
            del points[azimuth]
        points |= {middle - width: base_deg, middle - 0.5 * width: height, middle + 0.5 * width: height}
        points[middle + width] = base_deg
    mask = sorted((azimuth % 360.0, height) for azimuth, height in points.items())
    azimuth_deg, elevation_deg = seen_by_station
    floor = np.interp(azimuth_deg, *np.array(mask).T, period=360.0)
    station = _masked(mask)
    path = paths.seen(position_of(station), _view(paths).site)
    found = intervals_of(search([rises(station, path, paths)], DAY))
    _assert_scan(found, tdb_from_utc(seconds), elevation_deg >= np.maximum(floor, 5.0))


@pytest.mark.slow
@given(SEEDS)
@settings(max_examples=15)
def test_light_through_narrow_notches(
    paths: SpanPaths, seconds: np.ndarray, sun_at_ridge: tuple[np.ndarray, np.ndarray, np.ndarray], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    azimuth_deg, elevation_deg, radius_deg = sun_at_ridge
    skyline_deg = np.full(1440, 30.0)
    passed = int(azimuth_deg[0] * 4) - np.append(rng.integers(0, 20, 2), 0)
    skyline_deg[passed % 1440] = elevation_deg[0] + np.append(rng.uniform(-1.0, 1.0, 2), -0.5)
    view = PlaceView(paths, replace(_view(paths).horizon, skyline_deg=skyline_deg))
    lit = [each for each in search_light(view, DAY) if each.kind is WindowKind.ILLUMINATION]
    every = slice(None, None, 15)
    azimuth_deg, elevation_deg, radius_deg = azimuth_deg[every], elevation_deg[every], radius_deg[every]
    width_deg = radius_deg / np.cos(np.radians(elevation_deg))
    nodes = (passed % 1440) * 0.25
    along = np.concatenate(  # points of the rim, those over the notches' lowest ones among them
        (
            np.cos(np.linspace(0.0, np.pi, 201))[:, np.newaxis] * np.ones_like(width_deg),
            ((nodes[:, np.newaxis] - azimuth_deg + 180.0) % 360.0 - 180.0) / width_deg,
        )
    )
    height = np.interp(azimuth_deg + along * width_deg, np.arange(1440) * 0.25, skyline_deg, period=360.0)
    rim = np.sqrt(np.maximum(1.0 - along**2, 0.0)) * radius_deg
    clear_deg = np.max(np.where(np.abs(along) <= 1.0, elevation_deg + rim - height, -np.inf), axis=0)
    assert lit
    _assert_scan(_utc_intervals(lit), seconds[every], clear_deg >= 0.0, np.abs(clear_deg) < 0.01)


def _low_orbit(rng: np.random.Generator, body: Body) -> OrbiterView:
    lowest_km = 1790.0 if body is Body.MOON else 6700.0
    pericenter_km, eccentricity = lowest_km + rng.uniform(0.0, 300.0), rng.choice([0.0, rng.uniform(0.0, 0.6)])
    angles = rng.uniform(0.0, 360.0, 3)
    elements = KeplerianElements(
        DAY.tdb_s[0], pericenter_km / (1.0 - eccentricity), eccentricity, rng.uniform(60.0, 120.0), *angles
    )
    orbit = KeplerianOrbit(body, elements, np.eye(3))
    return OrbiterView.over(replace(ORBITER, center=body.value), orbit, Ephemeris(), DAY)


def _assert_condition(condition: Condition) -> None:
    epochs = np.arange(DAY.tdb_s[0], DAY.tdb_s[1], 1.0)
    _assert_scan(intervals_of(search([condition], DAY)), epochs, condition.clearance(epochs) >= 0.0)


@given(SEEDS)
@settings(max_examples=12)
def test_relays_over_rough_skylines(seed: int) -> None:
    rng = np.random.default_rng(seed)
    view = _low_orbit(rng, Body.MOON)
    rough = np.where(rng.random(1440) < 0.1, rng.uniform(0.0, 60.0, 1440), rng.normal(1.0, 1.0, 1440))
    horizon = Horizon("ridge", 30.0, rng.choice([-89.9, -88.0, -60.0]), 1000.0, 2.0, rough, 0.01)
    place = PlaceView(SpanPaths(Ephemeris(), *DAY.tdb_s), horizon)
    path = view.paths.seen(place.site, view.orbit)
    epochs = np.arange(DAY.tdb_s[0], DAY.tdb_s[1], 1.0)
    azimuth_deg, elevation_deg = path.direction_deg(epochs)
    floor = np.interp(azimuth_deg, np.arange(1440) * 0.25, rough, period=360.0)
    holds = (elevation_deg >= floor) & (elevation_deg >= LINK.min_elevation_deg)
    contacts = Relay(place, view, LINK, DAY).contacts()
    _assert_scan(tdb_from_utc(_utc_intervals(contacts)), epochs, holds)


@given(SEEDS)
@settings(max_examples=10)
def test_eclipses_limbs_and_separations_of_low_orbits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    view = _low_orbit(rng, [Body.MOON, Body.EARTH][rng.integers(2)])
    _assert_condition(view.shadowed())
    if view.orbit.center is Body.MOON:
        _assert_condition(view.hidden_from_earth())
        _assert_condition(view.beside_moon(position_of(STATION)))
    else:
        _assert_condition(apart("moon", STATION, view.paths, (view.orbit, Body.MOON), rng.uniform(1.0, 90.0)))
    _assert_condition(night(sun_path(STATION, view.paths), rng.uniform(-18.0, 30.0)))
    for condition in station_leg(view, STATION, TERMINAL)[0]:
        _assert_condition(condition)


@pytest.mark.parametrize("below_s", [0.2, 1.0, 30.0])
def test_a_pass_that_grazes_leaves_its_whole_moment(below_s: float) -> None:
    """A floor just below the top of a low orbit's pass: the window is as long as the parabola at the top says."""
    view = _low_orbit(np.random.default_rng(7), Body.MOON)
    path = view.paths.seen(SitePosition(30.0, -85.0, 0.0), view.orbit)
    epochs = np.arange(DAY.tdb_s[0] + 60.0, DAY.tdb_s[1] - 60.0, 0.5)
    elevation_deg = path.elevation_deg(epochs)
    tops = np.flatnonzero((elevation_deg[1:-1] > elevation_deg[:-2]) & (elevation_deg[1:-1] >= elevation_deg[2:])) + 1
    top = tops[np.argmax(elevation_deg[tops])]
    floor_deg = float(np.min(path.elevation_deg(epochs[top] + np.array([-0.5, 0.5]) * below_s)))
    rules = OpticalRules(90.0, floor_deg, 0.0)
    station_like = replace(STATION, mask=(), min_elevation_deg=replace(STATION.min_elevation_deg, value=floor_deg))
    (found,) = search([rises(station_like, path, view.paths, least_deg=rules.min_elevation_deg)], DAY)
    assert found.start_tdb_s <= epochs[top] <= found.end_tdb_s
    assert found.end_tdb_s - found.start_tdb_s == pytest.approx(below_s, abs=max(0.6, 0.1 * below_s))


@pytest.mark.parametrize(
    ("start", "end", "codes"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC), {"OUTSIDE_EPHEMERIS"}),
        (datetime(9999, 12, 31, tzinfo=UTC), datetime.max.replace(tzinfo=UTC), {"OUTSIDE_EPHEMERIS"}),
        (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), {"SPAN_TOO_LONG", "OUTSIDE_EPHEMERIS"}),
        (START, START, {"EMPTY_SPAN"}),
        (START, START - timedelta(days=1), {"EMPTY_SPAN"}),
    ],
)
def test_spans_that_cannot_be_searched_say_what_can(start: datetime, end: datetime, codes: set[str]) -> None:
    allowed = tuple(utc_datetime(edge) for edge in Ephemeris().span_utc_s)
    request = WindowRequest("mission", "stack", (RIDGE,), (), start, end, None, 2.0, 2.0, 600.0)
    with pytest.raises(InvalidInputError) as caught:
        check_window_request(request, {}, {}, (allowed[0], allowed[1]))
    assert {fault.code for fault in caught.value.faults} == codes
    outside = [fault.message for fault in caught.value.faults if fault.code == "OUTSIDE_EPHEMERIS"]
    assert all(edge.isoformat() in message for message in outside for edge in allowed)


def test_the_ends_of_the_ephemeris_can_be_searched() -> None:
    first_s, last_s = Ephemeris().span_utc_s
    for start_s, end_s in ((first_s, first_s + 3600.0), (last_s - 3600.0, last_s), (first_s, first_s + 0.001)):
        span = SearchSpan(start_s, end_s, 600.0)
        found = search_light(_view(SpanPaths(Ephemeris(), *span.tdb_s)), span)
        assert _utc_intervals(found).ravel() == pytest.approx([start_s, end_s], abs=1e-5)
