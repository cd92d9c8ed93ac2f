"""Skylines against a brute-force ray cast that shares no code with them, and against analytic shapes.

Bounds: 0.012° RMS, 0.06° for 99 % and 0.25° at worst over points off the border (the design's authority for horizons).
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from brute_force import RADIUS_M, brute_force
from malapert_landing_site.domain.grid import ElevationGrid, GridGeometry
from malapert_landing_site.terrain.dem.builtin import builtin_path
from malapert_landing_site.terrain.dem.reading import read_grid
from malapert_landing_site.terrain.grid.scene import HorizonScene
from malapert_landing_site.terrain.horizon.skyline import SkylineRange, skylines


@pytest.mark.slow
def test_skylines_agree_with_brute_force(shared_file: Callable[[str], Path]) -> None:
    fine = read_grid(shared_file("terrain/shackleton_ridge_25m_reconstructed.tif"), "25 m")
    coarse = read_grid(builtin_path(-1), "1600 m")
    rng = np.random.default_rng(20)
    xy_m = np.column_stack([rng.uniform(-28e3, 19e3, 12), rng.uniform(-34e3, 13e3, 12)])
    found = skylines(HorizonScene.of([coarse, fine]), xy_m, 2.0, 720)
    rows = np.arange(0, 720, 24)
    rho_m, lon_deg = np.hypot(*xy_m.T), np.degrees(np.arctan2(xy_m[:, 0], xy_m[:, 1]))
    lat_deg = -90.0 + 2.0 * np.degrees(np.arctan(rho_m / (2.0 * RADIUS_M)))
    expected = np.array(
        [[brute_force([fine, coarse], lon_deg[n], lat_deg[n], 2.0, 0.5 * row) for row in rows] for n in range(12)]
    )
    error_deg = found.elevation_deg[:, rows] - expected
    assert np.sqrt(np.mean(error_deg**2)) < 0.012
    assert np.quantile(np.abs(error_deg), 0.99) < 0.06
    assert np.abs(error_deg).max() < 0.25


def test_a_smooth_sphere_dips_with_the_height_of_the_eye(flat_grid: Callable[..., ElevationGrid]) -> None:
    found = skylines(HorizonScene.of([flat_grid()]), np.array([[50e3, 20e3]]), 100.0, 72)
    expected_deg = -np.degrees(np.arccos(RADIUS_M / (RADIUS_M + 100.0)))
    assert found.elevation_deg == pytest.approx(expected_deg, abs=1e-4)


@pytest.mark.parametrize("pole", [-1, 1])
def test_a_peak_stands_in_its_true_direction(pole: int) -> None:
    """A peak due east of an eye on a meridian: at the azimuth and elevation of spherical trigonometry."""
    size, pixel_m = 600, 200.0
    half_m = 0.5 * size * pixel_m
    geometry = GridGeometry(pole, -half_m, half_m, pixel_m, size, size)
    lon_deg, lat_deg, azimuth_deg, distance_m, peak_m = 70.0, 88.5 * pole, 90.0, 30_000.0, 3_000.0
    lat, lon, azimuth, angle = np.radians(lat_deg), np.radians(lon_deg), np.radians(azimuth_deg), distance_m / RADIUS_M
    lat_peak = np.arcsin(np.sin(lat) * np.cos(angle) + np.cos(lat) * np.sin(angle) * np.cos(azimuth))
    lon_peak = lon + np.arctan2(
        np.sin(azimuth) * np.sin(angle) * np.cos(lat), np.cos(angle) - np.sin(lat) * np.sin(lat_peak)
    )

    def project(longitude: float, latitude: float) -> np.ndarray:
        rho_m = 2.0 * RADIUS_M * np.tan(np.pi / 4.0 - abs(latitude) / 2.0)
        return np.array([rho_m * np.sin(longitude), -pole * rho_m * np.cos(longitude)])

    x_m, y_m = np.meshgrid(geometry.x_of(np.arange(size)), geometry.y_of(np.arange(size)))
    summit = project(lon_peak, lat_peak)
    cone_m = np.maximum(0.0, peak_m - 0.5 * np.hypot(x_m - summit[0], y_m - summit[1]))
    scene = HorizonScene.of([ElevationGrid(geometry, cone_m.astype(np.float32))])
    found = skylines(scene, project(lon, lat)[None, :], 0.0, 3600).elevation_deg[0]
    expected_deg = np.degrees(
        np.arctan2((RADIUS_M + peak_m) * np.cos(angle) - RADIUS_M, (RADIUS_M + peak_m) * np.sin(angle))
    )
    highest = int(np.argmax(found))
    assert 0.1 * highest == pytest.approx(azimuth_deg, abs=0.4)
    assert found[highest] == pytest.approx(expected_deg, abs=0.12)


def test_holes_and_cut_skylines(flat_grid: Callable[..., ElevationGrid]) -> None:
    grid = flat_grid(size_px=200)
    rng = np.random.default_rng(3)
    heights = rng.normal(0.0, 150.0, grid.elevation_m.shape).astype(np.float32)
    rough = ElevationGrid(grid.geometry, heights)
    xy_m = rng.uniform(-60e3, 60e3, (40, 2))
    whole = skylines(HorizonScene.of([rough]), xy_m, 2.0, 90).elevation_deg
    cut = skylines(HorizonScene.of([rough]), xy_m, 2.0, 90, SkylineRange(2.0, 6.0)).elevation_deg
    assert np.clip(cut, 2.0, 6.0) == pytest.approx(np.clip(whole, 2.0, 6.0), abs=1e-5)
    holed = heights.copy()
    holed[100:104, 100:104] = np.nan
    inside = grid.geometry.x_of(101.5), grid.geometry.y_of(101.5)
    scene = HorizonScene.of([ElevationGrid(grid.geometry, holed)])
    assert np.isnan(skylines(scene, np.array([inside]), 2.0, 8).elevation_deg).all()
    outside = skylines(scene, xy_m, 2.0, 90).elevation_deg
    assert np.isfinite(outside).mean() > 0.9
    nested = HorizonScene.of([flat_grid(7.0), ElevationGrid(grid.geometry, holed)])
    assert nested.surface_m(*np.array(inside).reshape(2, 1)) == pytest.approx(7.0)
