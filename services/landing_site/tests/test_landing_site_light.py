"""Light at points against the astro library's own disc fractions."""

from datetime import UTC, datetime

import numpy as np
from malapert_astro.ephemeris import Ephemeris, sun_angular_radius_deg
from malapert_astro.skyline import Skyline, clearance_deg, visible_disc_fraction
from malapert_astro.surface import azimuth_elevation, surface_position_km
from malapert_astro.times import tdb_from_utc
from malapert_landing_site.domain.light import LightSeries, longest_runs, runs_from, summarise
from malapert_landing_site.terrain.grid.projection import place_at
from malapert_landing_site.terrain.light.points import Sky, directions_at, light_at

START_S = datetime(2029, 1, 1, tzinfo=UTC).timestamp()
DAY_S = 86_400.0


def test_light_agrees_with_the_astro_library_one_direction_at_a_time() -> None:
    ephemeris, rng = Ephemeris(), np.random.default_rng(5)
    sky = Sky(ephemeris, START_S, START_S + 30 * DAY_S, 3600.0)
    x_m, y_m, elevation_m = -11_000.0, -12_000.0, 1_800.0
    skyline_deg = rng.normal(0.0, 1.2, 720).cumsum() * 0.1
    series = light_at(skyline_deg[None, :].astype(np.float32), np.array([[x_m, y_m]]), np.array([elevation_m]), -1, sky)
    place, skyline, tdb_s = place_at(x_m, y_m, -1), Skyline(skyline_deg), tdb_from_utc(sky.utc_s)
    site_km = surface_position_km(place.longitude_deg, place.latitude_deg, elevation_m)
    sun_km = ephemeris.apparent_sun_km(tdb_s, site_km)
    azimuth_deg, elevation_deg = azimuth_elevation(sun_km, place.longitude_deg, place.latitude_deg)
    radius_deg = sun_angular_radius_deg(np.linalg.norm(sun_km, axis=0))
    expected = visible_disc_fraction(skyline, azimuth_deg, elevation_deg, radius_deg)
    assert np.abs(series.sun_fraction[0] - expected).max() < 0.01
    earth_km = ephemeris.apparent_earth_km(tdb_s, site_km)
    clear_deg = clearance_deg(skyline, *azimuth_elevation(earth_km, place.longitude_deg, place.latitude_deg))
    sure = np.abs(clear_deg) > 1e-4
    assert (series.earth_visible[0][sure] == (clear_deg >= 0.0)[sure]).all()


def test_directions_are_those_of_bodies_seen_from_each_place() -> None:
    ephemeris = Ephemeris()
    sky = Sky(ephemeris, START_S, START_S + 30 * DAY_S, 6 * 3600.0)
    xy_m, elevation_m = np.array([[-11_000.0, -12_000.0], [250_000.0, 90_000.0]]), np.array([1_800.0, -3_000.0])
    found, tdb_s = directions_at(xy_m, elevation_m, -1, sky), tdb_from_utc(sky.utc_s)
    for n, (x_m, y_m) in enumerate(xy_m):
        place = place_at(x_m, y_m, -1)
        site_km = surface_position_km(place.longitude_deg, place.latitude_deg, elevation_m[n])
        for body, seen_km in (
            ("sun", ephemeris.apparent_sun_km(tdb_s, site_km)),
            ("earth", ephemeris.apparent_earth_km(tdb_s, site_km)),
        ):
            azimuth_deg, elevation_deg = azimuth_elevation(seen_km, place.longitude_deg, place.latitude_deg)
            off_deg = (getattr(found, f"{body}_azimuth_deg")[n] - azimuth_deg + 180.0) % 360.0 - 180.0
            assert np.abs(off_deg).max() < 1e-4
            assert np.abs(getattr(found, f"{body}_elevation_deg")[n] - elevation_deg).max() < 1e-4


def test_runs_and_summaries_of_a_series_worked_by_hand() -> None:
    lit = np.array([[1, 1, 0, 0, 0, 1, 1, 1, 1, 0], [0] * 10, [1] * 10], dtype=bool)
    assert longest_runs(lit).tolist() == [4, 0, 10]
    assert longest_runs(~lit).tolist() == [3, 10, 0]
    assert runs_from(lit, 5).tolist() == [4, 0, 5]
    series = LightSeries(1800.0 + 3600.0 * np.arange(10), 3600.0, lit.astype(np.float32), ~lit)
    summary = summarise(series, 5 * 3600.0)
    assert summary.lit_from_landing_s.tolist() == [4 * 3600.0, 0.0, 5 * 3600.0]
    assert summary.mean_sun_fraction.tolist() == [0.6, 0.0, 1.0]
    assert summary.sun_and_earth_fraction.tolist() == [0.0, 0.0, 0.0]
