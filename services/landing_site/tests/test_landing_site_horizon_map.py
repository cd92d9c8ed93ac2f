"""Whole-map horizons against a brute-force ray cast that shares no code with them, and against analytic shapes.

Bounds: 0.012° RMS, 0.06° for 99 % and 0.25° at worst over 200 random points off the border (the design's authority for
horizons), curvature on.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from brute_force import RADIUS_M, brute_force
from malapert_astro.surface import Pole, grid_convergence_deg, unproject_polar
from malapert_core.errors import OperationCancelledError
from malapert_landing_site.domain.grid import ElevationGrid, GridGeometry
from malapert_landing_site.domain.horizon_block import NO_DATA, STEP_DEG, HorizonBlock
from malapert_landing_site.terrain.dem.builtin import builtin_path
from malapert_landing_site.terrain.dem.reading import read_grid
from malapert_landing_site.terrain.grid.scene import HorizonScene
from malapert_landing_site.terrain.horizon.horizon_map import block_geometries, horizon_block, horizon_blocks

AZIMUTHS = 36


def errors_deg(block: HorizonBlock, grids: Sequence[ElevationGrid], points: int, per_point: int) -> np.ndarray:
    """Errors at random pixels and azimuths against the ray cast; grids fine to coarse, southern."""
    rng = np.random.default_rng(7)
    g = block.geometry
    rows, columns = rng.integers(0, g.height_px, points), rng.integers(0, g.width_px, points)
    lon_deg, lat_deg = unproject_polar(g.x_of(columns), g.y_of(rows), Pole.SOUTH)
    found = block.elevation_deg()
    errors = []
    for n in range(points):
        for k in rng.choice(block.azimuth_count, per_point, replace=False):
            true_deg = 360.0 * k / block.azimuth_count - float(grid_convergence_deg(lon_deg[n], Pole.SOUTH))
            expected = brute_force(list(grids), float(lon_deg[n]), float(lat_deg[n]), block.height_m, true_deg)
            errors.append(found[k, rows[n], columns[n]] - expected)
    return np.array(errors)


def assert_within_the_bound(error_deg: np.ndarray) -> None:
    assert np.sqrt(np.mean(error_deg**2)) < 0.012
    assert np.quantile(np.abs(error_deg), 0.99) < 0.06
    assert np.abs(error_deg).max() < 0.25


@pytest.mark.slow
def test_horizons_of_the_lunar_grid_agree_with_brute_force(shared_file: Callable[[str], Path]) -> None:
    fine = read_grid(shared_file("terrain/shackleton_ridge_25m_reconstructed.tif"), "25 m")
    coarse = read_grid(builtin_path(-1), "1600 m")
    block = horizon_block(HorizonScene.of([coarse, fine]), fine.geometry.part(800, 1100, 700, 1020), 2.0, AZIMUTHS)
    assert_within_the_bound(errors_deg(block, [fine, coarse], 200, 2))


def self_affine_grid(pixel_m: float, size_px: int, center_m: tuple[float, float], seed: int) -> ElevationGrid:
    """Seeded ground as rough as lunar highlands: Hurst exponent 0.95, median slope 7.5° over a pixel of about 20 m."""
    rng = np.random.default_rng(seed)
    f = np.hypot(np.fft.fftfreq(size_px)[:, None], np.fft.rfftfreq(size_px)[None, :])
    f[0, 0] = np.inf
    heights = np.fft.irfft2(f**-1.95 * np.exp(2j * np.pi * rng.random(f.shape)), s=(size_px, size_px))
    rise = np.hypot(np.diff(heights, axis=0)[:, :-1], np.diff(heights, axis=1)[:-1])
    heights *= np.tan(np.radians(7.5)) * pixel_m / np.median(rise)
    half_m = 0.5 * size_px * pixel_m
    geometry = GridGeometry(-1, center_m[0] - half_m, center_m[1] + half_m, pixel_m, size_px, size_px)
    return ElevationGrid(geometry, heights.astype(np.float32))


@pytest.mark.slow
@pytest.mark.parametrize("height_m", [2.0, 0.0])
def test_horizons_far_from_the_pole_follow_great_circles(height_m: float) -> None:
    """A synthetic grid at 82° S, where great circles bend by tens of metres and the grid's scale differs by 0.4 %.

    An eye in the ground itself may have its skyline at its feet.
    """
    grid = self_affine_grid(50.0, 2048, (-200e3, 130e3), 3)
    block = horizon_block(HorizonScene.of([grid]), grid.geometry.part(900, 1060, 950, 1090), height_m, AZIMUTHS)
    assert_within_the_bound(errors_deg(block, [grid], 100, 3))


@pytest.mark.parametrize("height_m", [0.5, 100.0])
def test_a_smooth_sphere_dips_with_the_height_of_the_eye(
    flat_grid: Callable[..., ElevationGrid], height_m: float
) -> None:
    """A negative skyline, the same in every direction, at any height."""
    pixel_m = 20.0 if height_m < 10.0 else 200.0
    grid = flat_grid(pixel_m=pixel_m, size_px=2400)
    found = horizon_block(HorizonScene.of([grid]), grid.geometry.part(1190, 1211, 1190, 1213), height_m, 24)
    expected_deg = -np.degrees(np.arccos(RADIUS_M / (RADIUS_M + height_m)))
    # Samples meet the tangent point to half their spacing: its effect is of second order.
    assert found.elevation_deg() == pytest.approx(expected_deg, abs=STEP_DEG)


@pytest.mark.parametrize("pole", [-1, 1])
def test_a_peak_stands_in_its_grid_direction_on_both_poles(pole: int) -> None:
    size, pixel_m, peak_m = 400, 100.0, 900.0
    geometry = GridGeometry(pole, 40e3, 60e3, pixel_m, size, size)
    x_m, y_m = np.meshgrid(geometry.x_of(np.arange(size)), geometry.y_of(np.arange(size)))
    eye = np.array([geometry.x_of(150), geometry.y_of(250)])
    azimuth_deg, distance_m = 40.0, 12_000.0
    towards = np.array([np.sin(np.radians(azimuth_deg)), np.cos(np.radians(azimuth_deg))])
    summit = eye + distance_m * towards
    cone_m = np.maximum(0.0, peak_m - 0.1 * np.hypot(x_m - summit[0], y_m - summit[1])).astype(np.float32)
    scene = HorizonScene.of([ElevationGrid(geometry, cone_m)])
    found = horizon_block(scene, geometry.part(250, 251, 150, 151), 0.0, 360).elevation_deg()[:, 0, 0]
    highest = int(np.argmax(found))
    scale = 1.0 / (1.0 + np.sum((eye + 0.5 * distance_m * towards) ** 2) / (4.0 * RADIUS_M**2))
    angle = distance_m * scale / RADIUS_M
    expected_deg = np.degrees(
        np.arctan2((RADIUS_M + peak_m) * np.cos(angle) - RADIUS_M, (RADIUS_M + peak_m) * np.sin(angle))
    )
    assert highest == azimuth_deg
    assert found[highest] == pytest.approx(expected_deg, abs=0.05)


def test_blocks_make_the_same_map() -> None:
    """Cutting a map changes only where far pixels lie: elevations stay within the error bound of each other."""
    grid = self_affine_grid(20.0, 700, (10e3, -20e3), 5)
    scene, area = HorizonScene.of([grid]), grid.geometry.part(300, 391, 310, 403)
    whole = horizon_block(scene, area, 1.0, 20)
    cut = list(horizon_blocks(scene, area, 1.0, 20, block_px=40))
    assert [b.geometry for b in cut] == block_geometries(area, 40)
    assert sum(b.geometry.width_px * b.geometry.height_px for b in cut) == 91 * 93
    apart_deg = []
    for block in cut:
        top = round((area.y_max_m - block.geometry.y_max_m) / 20.0)
        left = round((block.geometry.x_min_m - area.x_min_m) / 20.0)
        rows, columns = slice(top, top + block.geometry.height_px), slice(left, left + block.geometry.width_px)
        steps = block.elevation_steps - whole.elevation_steps[:, rows, columns].astype(float)
        apart_deg.append(steps.ravel() * STEP_DEG)
    assert np.sqrt(np.mean(np.concatenate(apart_deg) ** 2)) < 0.012


def test_a_hole_stays_a_hole_and_hides_nothing() -> None:
    grid = self_affine_grid(20.0, 300, (10e3, -20e3), 5)
    holed = grid.elevation_m.copy()
    holed[140:143, 151:153] = np.nan
    area = grid.geometry.part(100, 191, 110, 203)
    whole = horizon_block(HorizonScene.of([grid]), area, 1.0, 20)
    found = horizon_block(HorizonScene.of([ElevationGrid(grid.geometry, holed)]), area, 1.0, 20)
    hole = found.elevation_steps == NO_DATA
    assert hole.any(axis=0).sum() == 6
    assert hole[:, 40:43, 41:43].all()
    assert (np.isnan(found.elevation_deg()) == hole).all()
    # One step is rounding.
    higher = found.elevation_steps - whole.elevation_steps.astype(float) > 1.5
    assert not (higher & ~hole).any()


def test_a_short_reach_sees_less_and_a_cancelled_map_ends() -> None:
    grid = self_affine_grid(20.0, 600, (0.0, 0.0), 6)
    scene, area = HorizonScene.of([grid]), grid.geometry.part(280, 320, 280, 320)
    far, near = (horizon_block(scene, area, 1.0, 12, reach_m).elevation_deg() for reach_m in (300_000.0, 1_500.0))
    assert (near <= far + 0.25).all()
    assert (near < far - 1.0).any()

    def cancel(share: float) -> None:
        if share > 0.3:
            raise OperationCancelledError

    blocks = horizon_blocks(scene, area, 1.0, 12, block_px=20, progress=cancel)
    assert next(blocks).azimuth_count == 12
    with pytest.raises(OperationCancelledError):
        next(blocks)
