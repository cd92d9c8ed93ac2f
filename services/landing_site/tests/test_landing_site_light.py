"""Light at points against the astro library's own disc fractions, and against LOLA's illumination map."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from malapert_astro.ephemeris import Ephemeris, sun_angular_radius_deg
from malapert_astro.skyline import Skyline, clearance_deg, visible_disc_fraction
from malapert_astro.surface import azimuth_elevation, surface_position_km
from malapert_astro.times import tdb_from_utc
from malapert_landing_site.domain.light import LightSeries, longest_runs, runs_from, summarise
from malapert_landing_site.terrain.builtin import builtin_path
from malapert_landing_site.terrain.light import Sky, light_at, mean_sun_fraction
from malapert_landing_site.terrain.projection import place_at, project
from malapert_landing_site.terrain.reading import read_grid
from malapert_landing_site.terrain.scene import HorizonScene

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


def test_mean_illumination_agrees_with_lola(shared_file: Callable[[str], Path]) -> None:
    """Block means of the visible disc fraction near the pole over 18.6 years, against LOLA AVGVISIB.

    Each block of 1080 m is sampled at 36 points, which alone costs about one percent point; hence a mean absolute error
    of 2 points here, where whole blocks reach 1.2. Bias within 1 point, correlation at least 0.975.
    """
    truth = np.genfromtxt(shared_file("truth/lola_illumination_psr_blocks.csv"), delimiter=",", names=True)[3::7]
    fine = read_grid(shared_file("terrain/shackleton_ridge_25m_reconstructed.tif"), "25 m")
    scene = HorizonScene.of([read_grid(builtin_path(-1), "1600 m"), fine])
    x_m, y_m = project(truth["lon"], truth["lat"], -1)
    inner_m = (np.arange(6) + 0.5) / 6 * 1080.0 - 540.0
    dx_m, dy_m = np.meshgrid(inner_m, inner_m)
    xy_m = np.stack([x_m[:, None] + dx_m.ravel(), y_m[:, None] + dy_m.ravel()], axis=-1).reshape(-1, 2)
    start_s = datetime(2010, 1, 1, tzinfo=UTC).timestamp()
    sky = Sky(Ephemeris(), start_s, start_s + 18.6 * 365.25 * DAY_S, 18 * 3600.0)
    block = 100.0 * mean_sun_fraction(scene, xy_m, 0.0, sky, 240).reshape(len(truth), -1).mean(axis=1)
    error = block - truth["average_illumination_percent"]
    assert abs(error.mean()) < 1.0
    assert np.abs(error).mean() < 2.0
    assert np.corrcoef(block, truth["average_illumination_percent"])[0, 1] > 0.975
