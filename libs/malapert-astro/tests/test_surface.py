"""Authority: PROJ's IAU_2015 grids."""

import numpy as np
import pyproj
import pytest
from malapert_astro.surface import (
    Pole,
    azimuth_elevation,
    grid_convergence_deg,
    project_polar,
    surface_coordinates,
    surface_position_km,
    unproject_polar,
)

MILLIMETRE = 1e-3


@pytest.fixture
def points() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    return rng.uniform(-180.0, 180.0, 500), rng.uniform(70.0, 90.0, 500)


@pytest.mark.parametrize("pole", list(Pole))
def test_grids_agree_with_proj(points: tuple[np.ndarray, np.ndarray], pole: Pole) -> None:
    longitude, latitude = points[0], pole.sign * points[1]
    transformer = pyproj.Transformer.from_crs("IAU_2015:30100", pole.crs, always_xy=True)
    expected_x, expected_y = transformer.transform(longitude, latitude)
    x, y = project_polar(longitude, latitude, pole)
    assert np.max(np.hypot(x - expected_x, y - expected_y)) < MILLIMETRE
    back_longitude, back_latitude = unproject_polar(x, y, pole)
    assert np.max(np.abs(back_latitude - latitude)) < 1e-10
    assert np.max(np.abs((back_longitude - longitude + 180.0) % 360.0 - 180.0) * np.cos(np.radians(latitude))) < 1e-10


@pytest.mark.parametrize("pole", list(Pole))
def test_convergence_turns_true_north_into_the_grid(pole: Pole) -> None:
    longitude, latitude = np.array([-170.0, -60.0, 0.0, 35.0, 120.0]), pole.sign * 85.0
    x, y = project_polar(longitude, latitude, pole)
    north_x, north_y = project_polar(longitude, latitude + 1e-6, pole)
    bearing = np.degrees(np.arctan2(north_x - x, north_y - y))
    assert np.allclose((bearing - grid_convergence_deg(longitude, pole) + 180.0) % 360.0, 180.0, atol=1e-4)


def test_coordinates_round_trip() -> None:
    longitude, latitude, elevation = np.array([-180.0, -35.5, 0.0, 179.0]), np.array([-90.0, -88.8, 10.0, 89.0]), 1234.5
    found = surface_coordinates(surface_position_km(longitude, latitude, elevation))
    assert np.allclose(found[1], latitude, atol=1e-9)
    assert np.allclose(found[0][1:], longitude[1:], atol=1e-9)
    assert np.allclose(found[2], elevation, atol=1e-6)


@pytest.mark.parametrize(
    ("vector", "azimuth", "elevation"),
    [((0, 0, 1), 0.0, 0.0), ((0, 1, 0), 90.0, 0.0), ((0, 0, -1), 180.0, 0.0), ((1, -1, 0), 270.0, 45.0)],
)
def test_azimuth_is_from_north_clockwise(vector: tuple[int, int, int], azimuth: float, elevation: float) -> None:
    found = azimuth_elevation(np.array(vector, dtype=float), 0.0, 0.0)
    assert found == pytest.approx((azimuth, elevation))
