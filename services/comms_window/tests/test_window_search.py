"""Windows against a rough skyline, checked by a scan of every half or whole minute with the unfitted ephemeris."""

from datetime import UTC, datetime

import numpy as np
import pytest
from malapert_astro.earth_stations import StationPosition
from malapert_astro.ephemeris import Ephemeris, sun_angular_radius_deg
from malapert_astro.fitted_paths import SpanPaths
from malapert_astro.skyline import disc_clearance_deg
from malapert_astro.surface import azimuth_elevation
from malapert_astro.times import tdb_from_utc, utc_seconds
from malapert_comms_window.domain.horizons import Horizon
from malapert_comms_window.domain.links import LinkTerminal
from malapert_comms_window.domain.windows import Predictability, Window, WindowKind
from malapert_comms_window.geometry.place_views import PlaceView
from malapert_comms_window.geometry.window_search import (
    SearchSpan,
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
        SpanPaths(Ephemeris(), SPAN.start_s, SPAN.end_s),
        Horizon("ridge", -136.0, -88.8, 1500.0, 2.0, smooth, error_deg),
    )


def _direction(view: PlaceView, vector_km: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return azimuth_elevation(vector_km, view.site.longitude_deg, view.site.latitude_deg)


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
    sun_km = Ephemeris().apparent_sun_km(tdb_from_utc(utc_s), view.site.moon_me_km)
    radius_deg = sun_angular_radius_deg(np.linalg.norm(sun_km, axis=0))
    shows = disc_clearance_deg(view.skyline, *_direction(view, sun_km), radius_deg) >= 0.0
    assert np.all((inside == shows) | near_edge)
    for window in lit:
        fraction = next(profile.value for profile in window.profiles if profile.quantity == "sun_fraction")
        assert np.all((fraction >= 0.0) & (fraction <= 1.0))
        assert np.max(fraction) > 0.0


@pytest.mark.parametrize("seed", [1, 2])
def test_earth_is_visible_where_its_center_shows(seed: int) -> None:
    view = _view(seed)
    utc_s = np.arange(SPAN.start_s, SPAN.end_s, 60.0)
    inside, near_edge = _holds(search_earth_visibility(view, SPAN), utc_s)
    earth_km = Ephemeris().apparent_earth_km(tdb_from_utc(utc_s), view.site.moon_me_km)
    assert np.all((inside == (view.clearance_deg(_direction(view, earth_km)) >= 0.0)) | near_edge)


@pytest.mark.parametrize("station_id", ["jaxa-mdss-54", "dsn-dss34"])
def test_contacts_are_where_both_ends_see_each_other(station_id: str) -> None:
    view, station = _view(1), load_station_catalogue()[station_id]
    position = StationPosition(station.longitude_deg, station.latitude_deg, station.height_m)
    utc_s = np.arange(SPAN.start_s, SPAN.end_s, 30.0)
    site_km, station_km, moments = view.site.moon_me_km, position.itrf_km, Ephemeris().at(tdb_from_utc(utc_s))
    _, risen_deg = azimuth_elevation(
        moments.site_km(station_km, site_km), position.longitude_deg, position.latitude_deg
    )
    clear_deg = view.clearance_deg(_direction(view, moments.station_km(site_km, station_km)))
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
