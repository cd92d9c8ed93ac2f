import numpy as np
import pytest
from malapert_astro.skyline import (
    Skyline,
    clearance_deg,
    visible_disc_fraction,
    visible_disc_fractions,
)

RADIUS_DEG = 0.2666


def _circle_segment_fraction(height: np.ndarray) -> np.ndarray:
    """Share of a unit circle above a line at a height (−1 to 1)."""
    h = np.clip(height, -1.0, 1.0)
    return (np.arccos(h) - h * np.sqrt(1.0 - h**2)) / np.pi


@pytest.mark.parametrize("skyline_deg", [0.0, -1.3, 2.0])
def test_flat_skyline_gives_the_circle_segment(skyline_deg: float) -> None:
    offset = np.linspace(-1.2, 1.2, 1001)
    fraction = visible_disc_fraction(Skyline.flat(skyline_deg), 359.9, skyline_deg + offset * RADIUS_DEG, RADIUS_DEG)
    assert np.max(np.abs(fraction - _circle_segment_fraction(-offset))) < 1e-3
    assert fraction[0] == 0.0
    assert fraction[-1] == pytest.approx(1.0, abs=1e-12)


def test_rough_skyline_agrees_with_a_pixel_count() -> None:
    rng = np.random.default_rng(3)
    skyline = Skyline(rng.normal(0.0, 0.3, 720))
    x, y = np.meshgrid(*(np.linspace(-1.0, 1.0, 801),) * 2)
    inside = x**2 + y**2 <= 1.0
    for azimuth in (0.0, 77.7, 359.95):
        shown = RADIUS_DEG * y + 0.05 > skyline.elevation_at(azimuth + RADIUS_DEG * x)
        expected = np.count_nonzero(shown & inside) / np.count_nonzero(inside)
        assert visible_disc_fraction(skyline, azimuth, 0.05, RADIUS_DEG) == pytest.approx(expected, abs=5e-3)


def test_many_points_at_once_equal_each_alone() -> None:
    rng = np.random.default_rng(4)
    skylines = rng.normal(0.0, 0.5, (5, 360))
    azimuth, elevation = rng.uniform(0.0, 360.0, 40), rng.normal(0.0, 0.5, 40)
    together = visible_disc_fractions(skylines, azimuth, elevation, np.full(40, RADIUS_DEG))
    assert together.shape == (5, 40)
    for row, skyline in zip(together, skylines, strict=True):
        assert np.array_equal(row, visible_disc_fraction(Skyline(skyline), azimuth, elevation, RADIUS_DEG))


def test_skyline_is_linear_and_closed_at_north() -> None:
    skyline = Skyline(np.array([0.0, 1.0, 2.0, 3.0]))
    assert skyline.azimuth_step_deg == 90.0
    assert skyline.elevation_at([0.0, 45.0, 270.0, 315.0, 360.0, -45.0]) == pytest.approx(
        [0.0, 0.5, 3.0, 1.5, 0.0, 1.5]
    )
    assert skyline.elevation_at(-1e-15) == pytest.approx(0.0, abs=1e-9)
    assert clearance_deg(skyline, 45.0, 0.75) == pytest.approx(0.25)


@pytest.mark.parametrize("values", [[], [[0.0]], [np.nan, 0.0], [91.0]])
def test_what_is_no_skyline_is_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="skyline"):
        Skyline(np.array(values))


def test_disc_clearance_is_positive_where_any_of_the_disc_shows() -> None:
    rng = np.random.default_rng(5)
    skyline = Skyline(rng.normal(0.0, 0.3, 720))
    azimuth, elevation = rng.uniform(0.0, 360.0, 400), rng.normal(0.0, 0.4, 400)
    clearance = skyline.mask.disc_clearance_deg(azimuth, elevation, RADIUS_DEG)
    shows = visible_disc_fraction(skyline, azimuth, elevation, RADIUS_DEG) > 0.0
    sure = np.abs(clearance) > 0.01
    assert np.array_equal((clearance > 0.0)[sure], shows[sure])
    flat = Skyline.flat(1.0).mask.disc_clearance_deg(azimuth, elevation, RADIUS_DEG)
    assert flat == pytest.approx(elevation + RADIUS_DEG - 1.0, abs=1e-12)
