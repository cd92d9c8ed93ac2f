"""Authority: SPICE on the same kernels: frames, positions, apparent directions, range and range rate."""

from datetime import UTC, datetime

import numpy as np
import pytest
import spiceypy
from malapert_astro.earth_stations import StationLink
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.fitted_paths import SpanPaths
from malapert_astro.points import SitePosition, StationPosition
from malapert_astro.surface import surface_position_km
from malapert_astro.times import tdb_from_utc, utc_seconds

METRE_KM = 1e-3
MILLIARCSECOND = np.pi / 648_000_000.0

SITE = SitePosition(29.1957, -84.7906, 0.0)
STATION = StationPosition(-69.3981934, -35.7760086, 1571.77)
SITE_BODY, STATION_BODY = "301901", "399901"

pytestmark = pytest.mark.usefixtures("spice")


@pytest.fixture
def utc_s() -> np.ndarray:
    """Epochs in both Earth orientation files."""
    start, end = (utc_seconds(datetime(year, 6, 1, tzinfo=UTC)) for year in (2026, 2030))
    return np.linspace(start, end, 61)


def _states(target: str, epochs: np.ndarray, frame: str, correction: str, observer: str) -> np.ndarray:
    """States rotated by the frame's orientation at the observer's own epoch."""
    states = [spiceypy.spkezr(target, epoch, "J2000", correction, observer)[0] for epoch in epochs]
    turned = [
        np.kron(np.eye(2), spiceypy.pxform("J2000", frame, epoch)) @ state
        for state, epoch in zip(states, epochs, strict=True)
    ]
    return np.array(turned).T


def _angle(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = a / np.linalg.norm(a, axis=0), b / np.linalg.norm(b, axis=0)
    return np.linalg.norm(a - b, axis=0)


def test_geometric_positions(ephemeris: Ephemeris, utc_s: np.ndarray) -> None:
    epochs = tdb_from_utc(utc_s)
    for found, target in ((ephemeris.sun_moon_me_km, "SUN"), (ephemeris.earth_moon_me_km, "EARTH")):
        expected = _states(target, epochs, "MOON_ME", "NONE", "MOON")[:3]
        assert np.max(np.abs(found(epochs) - expected)) < METRE_KM


@pytest.mark.parametrize("correction", ["LT+S", "CN+S"])
def test_apparent_sun_and_earth(ephemeris: Ephemeris, utc_s: np.ndarray, correction: str) -> None:
    epochs = tdb_from_utc(utc_s)
    for found, target in ((ephemeris.apparent_sun_km, "SUN"), (ephemeris.apparent_earth_km, "EARTH")):
        expected = _states(target, epochs, "MOON_ME", correction, SITE_BODY)[:3]
        bound = 5.0 * MILLIARCSECOND if correction == "LT+S" else 0.02 * MILLIARCSECOND
        assert np.max(_angle(found(epochs, SITE.fixed_km), expected)) < bound


def test_the_moon_s_center_serves_every_point(ephemeris: Ephemeris, utc_s: np.ndarray) -> None:
    epochs = tdb_from_utc(utc_s)
    point_km = surface_position_km(-120.0, -88.0, 1500.0)
    for apparent in (ephemeris.apparent_sun_km, ephemeris.apparent_earth_km):
        shifted = apparent(epochs) - point_km[:, np.newaxis]
        assert np.degrees(np.max(_angle(shifted, apparent(epochs, point_km)))) < 3e-5


def test_both_ends_of_a_station_s_path(ephemeris: Ephemeris, utc_s: np.ndarray) -> None:
    epochs = tdb_from_utc(utc_s)
    moments = ephemeris.at(epochs)
    station = moments.station_km(SITE.fixed_km, STATION.fixed_km)
    expected = _states(STATION_BODY, epochs, "MOON_ME", "CN+S", SITE_BODY)[:3]
    assert np.max(_angle(station, expected)) < 0.02 * MILLIARCSECOND
    site = moments.site_km(STATION.fixed_km, SITE.fixed_km)
    expected = _states(SITE_BODY, epochs, "ITRF93", "CN+S", STATION_BODY)[:3]
    assert np.max(_angle(site, expected)) < 0.02 * MILLIARCSECOND


def test_range_rate_and_light_time(ephemeris: Ephemeris, utc_s: np.ndarray) -> None:
    epochs = tdb_from_utc(utc_s)
    geometry = StationLink(SpanPaths(ephemeris, epochs[0], epochs[-1]), SITE, STATION).geometry(epochs)
    states = _states(SITE_BODY, epochs, "J2000", "CN", STATION_BODY)
    distance = np.linalg.norm(states[:3], axis=0)
    rate = np.sum(states[:3] * states[3:], axis=0) / distance
    assert np.max(np.abs(geometry.range_km - distance)) < METRE_KM
    assert np.max(np.abs(geometry.range_rate_km_s - rate)) < 1e-8
    assert np.max(np.abs(geometry.light_time_s - distance / 299_792.458)) < 1e-8


def test_station_direction_is_in_the_local_frame(ephemeris: Ephemeris, utc_s: np.ndarray) -> None:
    epochs = tdb_from_utc(utc_s)
    link = StationLink(SpanPaths(ephemeris, epochs[0], epochs[-1]), SITE, STATION)
    azimuth, elevation = link.from_station.direction_deg(epochs)
    spiceypy.pdpool("BODY399_RADII", [6378.137, 6378.137, 6378.137 * (1.0 - 1.0 / 298.257223563)])
    for index, epoch in enumerate(epochs):
        state, _ = spiceypy.azlcpo(
            "ELLIPSOID", SITE_BODY, epoch, "CN+S", False, True, STATION.fixed_km, "EARTH", "ITRF93"
        )
        assert elevation[index] == pytest.approx(np.degrees(state[2]), abs=1e-8)
        assert (azimuth[index] - np.degrees(state[1]) + 180.0) % 360.0 == pytest.approx(180.0, abs=1e-7)
