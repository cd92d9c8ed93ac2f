"""Horizon masks: numpy's interpolation, a disc's rim in many points, and bounds against samples within them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from malapert_astro import mask_kernel
from malapert_astro.masks import HorizonMask

SEEDS = st.integers(0, 2**31)


def _mask(rng: np.random.Generator) -> HorizonMask:
    count = int(rng.integers(1, 40))
    azimuth = np.sort(rng.choice(np.arange(0.0, 360.5, 0.5), count, replace=False))
    if count > 2 and rng.random() < 0.3:
        azimuth[1] = azimuth[0]
    return HorizonMask(azimuth, rng.uniform(-5.0, 60.0, count))


@given(SEEDS)
def test_a_mask_is_linear_and_closed_at_north(seed: int) -> None:
    rng = np.random.default_rng(seed)
    azimuth = np.sort(rng.choice(np.arange(0.0, 359.0), 12, replace=False))
    elevation, at = rng.uniform(-10.0, 90.0, 12), rng.uniform(-400.0, 800.0, 200)
    expected = np.interp(at, azimuth, elevation, period=360.0)
    assert HorizonMask(azimuth, elevation).elevation_at(at) == pytest.approx(expected, abs=1e-9)


def test_a_vertical_edge_is_one_height_on_either_side() -> None:
    mask = HorizonMask(np.array([0.0, 90.0, 90.0, 180.0, 360.0]), np.array([1.0, 1.0, 20.0, 20.0, 5.0]))
    assert mask.elevation_at([89.999, 90.001, 359.999, 0.001]) == pytest.approx([1.0, 20.0, 5.0, 1.0], abs=1e-3)


@pytest.mark.parametrize(
    ("azimuth", "elevation"),
    [([], []), ([0.0, 1.0], [0.0]), ([1.0, 0.0], [0.0, 0.0]), ([0.0, 361.0], [0.0, 0.0]), ([0.0], [np.nan])],
)
def test_what_is_no_mask_is_refused(azimuth: list[float], elevation: list[float]) -> None:
    with pytest.raises(ValueError, match="mask"):
        HorizonMask(np.array(azimuth), np.array(elevation))


@given(SEEDS)
@settings(max_examples=60)
def test_a_disc_clears_by_the_best_point_of_its_rim(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask, azimuth, elevation, radius = _mask(rng), rng.uniform(0, 360), rng.uniform(-5, 70), rng.uniform(0.1, 2.0)
    angle = np.linspace(0.0, np.pi, 40_001)
    across = radius * np.cos(angle) / np.cos(np.radians(elevation))
    best = np.max(elevation + radius * np.sin(angle) - mask.elevation_at(azimuth + across))
    found = float(mask.disc_clearance_deg(azimuth, elevation, radius))
    # The sampled points may lie a little beside the best one, never above it.
    assert best - 1e-9 <= found <= best + 0.05


@given(SEEDS)
@settings(max_examples=200)
def test_what_moves_stays_within_its_bounds(seed: int) -> None:
    """Vectors that bend by no more than they are said to, past any mask: from the zenith to grazing, quick and slow."""
    rng = np.random.default_rng(seed)
    mask = _mask(rng)
    start, rate, bend = rng.normal(0.0, 100.0, 3), rng.normal(0.0, 1.0, 3), rng.normal(0.0, 0.01, 3)
    start[:2] *= 10.0 ** rng.uniform(-4.0, 0.0)
    half_s = 10.0 ** rng.uniform(-2.0, 2.0)
    since = np.linspace(-half_s, half_s, 401)
    east, north, up = start[:, None] + rate[:, None] * since + 0.5 * bend[:, None] * since**2
    azimuth, elevation = np.degrees(np.arctan2(east, north)), np.degrees(np.arctan2(up, np.hypot(east, north)))
    distance = np.sqrt(east**2 + north**2 + up**2)
    floor_deg = rng.choice([-90.0, 10.0])
    for radius_km in (0.0, 0.5):
        arguments = (start[:, None], rate[:, None], np.full(1, np.linalg.norm(bend)), np.full(1, half_s))
        floor = floor_deg if radius_km == 0.0 else -180.0
        least, greatest, once = mask_kernel.bounds(mask.azimuth_deg, mask.elevation_deg, floor, radius_km, *arguments)
        if radius_km == 0.0:
            values = elevation - np.maximum(mask.elevation_at(azimuth), floor_deg)
        else:
            seen = distance > radius_km
            radius_deg = np.degrees(np.arcsin(radius_km / distance[seen]))
            values = mask.disc_clearance_deg(azimuth[seen], elevation[seen], radius_deg)
        assert np.all(values >= least[0] - 1e-9)
        assert np.all(values <= greatest[0] + 1e-9)
        assert not once[0] or np.count_nonzero(np.diff(values >= 0.0)) <= 1
