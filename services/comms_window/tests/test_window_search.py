"""Windows against a rough skyline, checked by a scan of every half or whole minute with the unfitted ephemeris."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from malapert_astro.ephemeris import Ephemeris, sun_angular_radius_deg
from malapert_astro.fitted_paths import SpanPaths
from malapert_astro.points import StationPosition
from malapert_astro.skyline import clearance_deg
from malapert_astro.surface import azimuth_elevation
from malapert_astro.times import tdb_from_utc, utc_seconds
from malapert_comms_window.domain.horizons import Horizon
from malapert_comms_window.domain.links import LinkTerminal
from malapert_comms_window.domain.stations import MaskPoint
from malapert_comms_window.domain.windows import SPAN_EDGE, Predictability, Window, WindowKind
from malapert_comms_window.geometry.conditions import Condition, SearchSpan, search
from malapert_comms_window.geometry.place_views import PlaceView
from malapert_comms_window.geometry.station_views import earth_rotation_error_s, position_of, rises
from malapert_comms_window.geometry.sun_shares import search_sun_share
from malapert_comms_window.geometry.window_search import (
    search_conjunctions,
    search_contacts,
    search_earth_visibility,
    search_light,
)
from malapert_comms_window.storage.station_catalogue import load_station_catalogue

START_S = utc_seconds(datetime(2029, 1, 3, tzinfo=UTC))
SPAN = SearchSpan(START_S, START_S + 20 * 86_400.0, 900.0)
TERMINAL = LinkTerminal("X", 8.45e9, 10.0, 4.0, 3.0, 2.0, (64e3, 256e3, 1024e3))


def _view(seed: int, error_deg: float = 0.01) -> PlaceView:
    rough = np.random.default_rng(seed).normal(0.3, 0.7, 720)
    smooth = np.convolve(np.tile(rough, 3), np.ones(7) / 7.0, "same")[720:1440]
    return PlaceView(
        SpanPaths(Ephemeris(), *SPAN.tdb_s),
        Horizon("ridge", -136.0, -88.8, 1500.0, 2.0, smooth, error_deg),
    )


def _direction(view: PlaceView, vector_km: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return azimuth_elevation(vector_km, view.site.longitude_deg, view.site.latitude_deg)


def _rim_clearance_deg(view: PlaceView, direction: tuple[np.ndarray, np.ndarray], radius_deg: np.ndarray) -> np.ndarray:
    """How far the best of many points of the Sun's upper rim is above the skyline."""
    azimuth, elevation = direction
    angle = np.linspace(0.0, np.pi, 1001)[:, np.newaxis]
    across = radius_deg * np.cos(angle) / np.cos(np.radians(elevation))
    return np.max(clearance_deg(view.skyline, azimuth + across, elevation + radius_deg * np.sin(angle)), axis=0)


def _holds(windows: list[Window], utc_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether each instant is in a window, and whether it is too near to an edge to say."""
    edges = np.array([[utc_seconds(window.start_time), utc_seconds(window.end_time)] for window in windows])
    inside = np.any((utc_s[:, None] >= edges[:, 0]) & (utc_s[:, None] < edges[:, 1]), axis=1)
    return inside, np.min(np.abs(utc_s[:, None] - edges.ravel()), axis=1) < 0.01


@pytest.mark.parametrize("seed", [1, 2])
def test_light_is_where_any_of_the_disc_shows(seed: int) -> None:
    view = _view(seed)
    utc_s = np.arange(SPAN.start_s, SPAN.end_s, 60.0)
    lit = [window for window in search_light(view, SPAN) if window.kind is WindowKind.ILLUMINATION]
    inside, near_edge = _holds(lit, utc_s)
    sun_km = Ephemeris().apparent_sun_km(tdb_from_utc(utc_s), view.site.fixed_km)
    radius_deg = sun_angular_radius_deg(np.linalg.norm(sun_km, axis=0))
    clear_deg = _rim_clearance_deg(view, _direction(view, sun_km), radius_deg)
    assert np.all((inside == (clear_deg >= 0.0)) | near_edge | (np.abs(clear_deg) < 0.001))
    for window in lit:
        fraction = next(profile.value for profile in window.profiles if profile.quantity == "sun_fraction")
        assert np.all((fraction >= 0.0) & (fraction <= 1.0))
        assert np.max(fraction) > 0.0


def _share(view: PlaceView, direction: tuple[np.ndarray, np.ndarray], radius_deg: np.ndarray) -> np.ndarray:
    """The part of the Sun's disc above the skyline, by upright strips of it."""
    azimuth, elevation = direction
    across = (np.arange(400) + 0.5) / 200.0 - 1.0
    half_deg = radius_deg * np.sqrt(1.0 - across[:, np.newaxis] ** 2)
    beside = azimuth + radius_deg * across[:, np.newaxis] / np.cos(np.radians(elevation))
    above_deg = clearance_deg(view.skyline, beside, np.broadcast_to(elevation, beside.shape))
    shown: np.ndarray = np.clip(above_deg + half_deg, 0.0, 2.0 * half_deg).sum(axis=0) / (2.0 * half_deg.sum(axis=0))
    return shown


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("least", [0.05, 0.5, 1.0])
def test_a_share_of_the_disc_is_held_where_strips_of_it_add_up_to_it(seed: int, least: float) -> None:
    view = _view(seed)
    utc_s = np.arange(SPAN.start_s, SPAN.end_s, 120.0)
    found = search_sun_share(view, least, SPAN)
    assert found
    inside, near_edge = _holds(found, utc_s)
    sun_km = Ephemeris().apparent_sun_km(tdb_from_utc(utc_s), view.site.fixed_km)
    radius_deg = sun_angular_radius_deg(np.linalg.norm(sun_km, axis=0))
    share = _share(view, _direction(view, sun_km), radius_deg)
    assert np.all((inside == (share >= least)) | near_edge | (np.abs(share - least) < 0.01))
    assert {window.kind for window in found} == {WindowKind.SUN_SHARE}
    assert len({window.window_id for window in found}) == len(found)
    for window in found:
        told = {profile.quantity: profile.value for profile in window.profiles}
        assert set(told["least_sun_fraction"]) == {least}
        assert float(told["sun_fraction"][[0, -1]].min()) >= least - 1e-6
        inner = {each for each in (window.start_edge, window.end_edge) if each and each.limited_by != SPAN_EDGE}
        assert all(each.limited_by == "sun_share" and each.error_s > 0.0 for each in inner)


def test_more_of_the_disc_is_held_within_less_of_it() -> None:
    view = _view(3)
    lit, half, whole = (
        [(w.start_time, w.end_time) for w in windows]
        for windows in (
            [each for each in search_light(view, SPAN) if each.kind is WindowKind.ILLUMINATION],
            search_sun_share(view, 0.5, SPAN),
            search_sun_share(view, 1.0, SPAN),
        )
    )
    for inner, outer in ((half, lit), (whole, half)):
        assert all(any(a <= start and end <= b for a, b in outer) for start, end in inner)


def test_windows_of_shares_that_are_nearly_the_same_have_names_of_their_own() -> None:
    view = _view(3)
    names = [w.window_id for least in (0.1234567, 0.1234568) for w in search_sun_share(view, least, SPAN)]
    assert len(set(names)) == len(names) > 1


@pytest.mark.parametrize("seed", [1, 2])
def test_earth_is_visible_where_its_center_shows(seed: int) -> None:
    view = _view(seed)
    utc_s = np.arange(SPAN.start_s, SPAN.end_s, 60.0)
    inside, near_edge = _holds(search_earth_visibility(view, SPAN), utc_s)
    earth_km = Ephemeris().apparent_earth_km(tdb_from_utc(utc_s), view.site.fixed_km)
    assert np.all((inside == (clearance_deg(view.skyline, *_direction(view, earth_km)) >= 0.0)) | near_edge)


@pytest.mark.parametrize("station_id", ["jaxa-mdss-54", "dsn-dss34"])
def test_contacts_are_where_both_ends_see_each_other(station_id: str) -> None:
    view, station = _view(1), load_station_catalogue()[station_id]
    position = StationPosition(station.longitude_deg, station.latitude_deg, station.height_m)
    utc_s = np.arange(SPAN.start_s, SPAN.end_s, 30.0)
    site_km, station_km, moments = view.site.fixed_km, position.fixed_km, Ephemeris().at(tdb_from_utc(utc_s))
    _, risen_deg = azimuth_elevation(
        moments.site_km(station_km, site_km), position.longitude_deg, position.latitude_deg
    )
    clear_deg = clearance_deg(view.skyline, *_direction(view, moments.station_km(site_km, station_km)))
    both = (risen_deg >= station.min_elevation_deg.value) & (clear_deg >= 0.0)
    windows = search_contacts(view, station, TERMINAL, SPAN)
    inside, near_edge = _holds(windows, utc_s)
    assert len(windows) >= 5
    assert np.all((inside == both) | near_edge)


def test_a_window_within_the_skyline_s_error_is_potential() -> None:
    sure = search_earth_visibility(_view(1, error_deg=0.0), SPAN)
    unsure = search_earth_visibility(_view(1, error_deg=30.0), SPAN)
    assert {window.predictability for window in sure} == {Predictability.PREDICTED}
    assert {window.predictability for window in unsure} == {Predictability.POTENTIAL}


def test_a_station_that_lacks_the_band_has_contacts_without_rate() -> None:
    station = load_station_catalogue()["dlr-whm-15"]
    windows = search_contacts(_view(1), station, TERMINAL, SPAN)
    assert windows
    assert all(window.volume_bit() == 0.0 for window in windows)


def test_passes_shorter_than_the_step_are_found_to_the_second() -> None:
    """A mask just below the highest passes leaves windows of seconds to minutes, which a scan of every second finds."""
    station = load_station_catalogue()["esa-mlg"]
    paths = SpanPaths(Ephemeris(), *SPAN.tdb_s)
    path = paths.seen(position_of(station), _view(1).site)
    epoch_s = np.arange(*SPAN.tdb_s, 1.0)
    elevation_deg = path.elevation_deg(epoch_s)
    peaks = np.flatnonzero((elevation_deg[1:-1] > elevation_deg[:-2]) & (elevation_deg[1:-1] >= elevation_deg[2:])) + 1
    shortest_s = []
    for peak_deg in np.sort(elevation_deg[peaks])[-6:]:
        for below_deg in (1e-7, 1e-5, 1e-3):
            mask = replace(station.min_elevation_deg, value=float(peak_deg - below_deg))
            condition = rises(replace(station, min_elevation_deg=mask), path, paths)
            found = search([condition], SPAN)
            above = elevation_deg >= mask.value
            starts = epoch_s[1:][above[1:] & ~above[:-1]]
            ends = epoch_s[1:][~above[1:] & above[:-1]]
            assert len(found) == len(starts)
            assert all(start - 1.0 <= each.start_tdb_s <= start for each, start in zip(found, starts, strict=True))
            assert all(end - 1.0 <= each.end_tdb_s <= end for each, end in zip(found, ends, strict=True))
            shortest_s.append(min(each.end_tdb_s - each.start_tdb_s for each in found))
    assert min(shortest_s) < 30.0


def test_a_station_s_mask_cuts_its_passes_by_azimuth() -> None:
    station = load_station_catalogue()["esa-mlg"]
    wall = (MaskPoint(0.0, 2.0), MaskPoint(80.0, 20.0), MaskPoint(100.0, 20.0), MaskPoint(180.0, 2.0))
    for window in search_contacts(_view(1), replace(station, mask=wall), TERMINAL, SPAN):
        profiles = {profile.quantity: profile.value for profile in window.profiles}
        floor_deg = np.interp(profiles["station_azimuth_deg"], [0, 80, 100, 180], [2, 20, 20, 2], period=360.0)
        assert np.all(profiles["station_elevation_deg"] >= np.maximum(floor_deg, 5.0) - 1e-4)


def test_an_edge_says_what_ends_it_and_how_sure_it_is() -> None:
    """The error of an edge is what moves it when the skyline is wrong by one sigma."""
    error_deg = 0.02
    view = _view(1, error_deg)
    for window in search_earth_visibility(view, SPAN):
        for edge, time in ((window.start_edge, window.start_time), (window.end_edge, window.end_time)):
            assert edge is not None
            if utc_seconds(time) in (SPAN.start_s, SPAN.end_s):
                assert (edge.limited_by, edge.error_s) == (SPAN_EDGE, 0.0)
                continue
            at = tdb_from_utc(utc_seconds(time) + np.array([0.0, edge.error_s * 0.1, -edge.error_s * 0.1]))
            moved = np.abs(np.diff(clearance_deg(view.skyline, *view.earth(np.clip(at, *SPAN.tdb_s)))[:2]))[0]
            assert edge.limited_by == "site_skyline"
            assert moved == pytest.approx(0.1 * error_deg, rel=0.3)


def test_errors_of_clock_and_earth_rotation_add_to_the_edges_of_contacts() -> None:
    station = load_station_catalogue()["dsn-dss34"]
    rotation_s = earth_rotation_error_s(SpanPaths(Ephemeris(), *SPAN.tdb_s))
    assert 0.01 < rotation_s < 0.1  # two years of prediction
    for clock_s in (0.0, 2.0):
        windows = search_contacts(_view(1), station, TERMINAL, replace(SPAN, clock_error_s=clock_s))
        edges = [edge for window in windows for edge in (window.start_edge, window.end_edge) if edge is not None]
        errors_s = [edge.error_s for edge in edges if edge.limited_by == "station_mask"]
        assert errors_s
        assert errors_s == pytest.approx([float(np.hypot(rotation_s, clock_s))] * len(errors_s))


def test_an_edge_beside_a_gap_within_the_errors_is_potential() -> None:
    middle_s = sum(SPAN.tdb_s) / 2.0

    class ShallowGap:
        def __call__(self, epoch_s: np.ndarray) -> np.ndarray:
            return np.abs(epoch_s - middle_s) / 86_400.0 - 0.01

        def bounds(self, epoch_s: np.ndarray, half_s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            return self(epoch_s) - half_s / 86_400.0, self(epoch_s) + half_s / 86_400.0, half_s < 0.0

        def cuts(self, start_s: float, end_s: float) -> np.ndarray:
            return np.array([start_s, end_s])

    found = {error: search([Condition("made", ShallowGap(), error)], SPAN) for error in (0.005, 0.02)}
    assert [len(each) for each in found.values()] == [2, 2]
    assert [each.end_edge.predictability for each in found[0.005][:1]] == [Predictability.PREDICTED]
    assert found[0.02][0].end_edge.predictability is Predictability.POTENTIAL
    assert found[0.02][0].predictability is Predictability.PREDICTED
    assert found[0.02][0].end_edge.error_s == pytest.approx(0.02 * 86_400.0, rel=1e-6)


def test_near_conjunction_the_sun_is_beside_the_moon() -> None:
    """New Moon on 2029-01-14 at 17:24 UTC (an almanac's minute); the Moon passes the Sun within two degrees or so."""
    station = load_station_catalogue()["dsn-dss34"]
    (window,) = search_conjunctions(_view(1), station, 10.0, SPAN)
    middle = window.start_time + (window.end_time - window.start_time) / 2
    assert abs((middle - datetime(2029, 1, 14, 17, 24, tzinfo=UTC)).total_seconds()) < 4 * 3600.0
    (profile,) = (profile for profile in window.profiles if profile.quantity == "sun_separation_deg")
    assert profile.value[0] == pytest.approx(10.0, abs=1e-4)
    assert np.min(profile.value) < 3.0
