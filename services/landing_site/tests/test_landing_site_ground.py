"""Slopes, hazards, scores and cheapest paths on ground whose answers are known."""

import numpy as np
import pytest
from malapert_landing_site.domain.grid import ElevationGrid, GridGeometry
from malapert_landing_site.domain.ranking import best_separated, failed_limits, score_parts
from malapert_landing_site.domain.route import Mobility
from malapert_landing_site.domain.site import LanderLimits, SiteCriterion, SiteMetrics
from malapert_landing_site.terrain.grid.surface import fit_planes, hazard_fractions
from malapert_landing_site.terrain.routes.paths import (
    DriveGrid,
    PathTree,
    cheapest_paths,
    least_slope_limits,
    step_costs,
)

ROVER = Mobility(max_slope_deg=15.0, speed_mps=0.05, drive_power_w=100.0, drive_power_w_per_deg=5.0)


def test_a_plane_has_its_slope_and_no_roughness() -> None:
    geometry = GridGeometry(-1, 0.0, 1000.0, 10.0, 100, 100)
    x_m, y_m = np.meshgrid(geometry.x_of(np.arange(100)), geometry.y_of(np.arange(100)))
    plane = fit_planes(ElevationGrid(geometry, (0.1 * x_m - 0.05 * y_m).astype(np.float32)), 60.0)
    assert plane.baseline_m == 60.0
    assert plane.gradient_x[50, 50] == pytest.approx(0.1, abs=1e-5)
    assert plane.gradient_y[50, 50] == pytest.approx(-0.05, abs=1e-5)
    assert plane.rms_m[50, 50] < 1e-3
    assert np.isnan(plane.slope_deg[0, 0])


def test_roughness_is_the_rms_about_a_least_squares_plane() -> None:
    geometry = GridGeometry(-1, 0.0, 90.0, 10.0, 9, 9)
    heights = np.random.default_rng(2).normal(0.0, 2.0, (9, 9)).astype(np.float32)
    plane = fit_planes(ElevationGrid(geometry, heights), 80.0)
    x_m, y_m = np.meshgrid(geometry.x_of(np.arange(9)), geometry.y_of(np.arange(9)))
    design = np.column_stack([x_m.ravel(), y_m.ravel(), np.ones(81)])
    solution, *_ = np.linalg.lstsq(design, heights.ravel().astype(float), rcond=None)
    residual = heights.ravel() - design @ solution
    assert plane.gradient_x[4, 4] == pytest.approx(solution[0], abs=1e-6)
    assert plane.gradient_y[4, 4] == pytest.approx(solution[1], abs=1e-6)
    assert plane.rms_m[4, 4] == pytest.approx(np.sqrt(np.mean(residual**2)), rel=1e-6)


def test_hazards_in_a_circle_count_holes_and_ground_beyond() -> None:
    hazardous, unknown = np.zeros((21, 21), bool), np.zeros((21, 21), bool)
    hazardous[10, 11] = unknown[10, 9] = True
    cells = np.array([[10, 10], [0, 0], [5, 5]])
    share = hazard_fractions(hazardous, unknown, cells, 1.0)
    assert share.tolist() == [2 / 5, 2 / 5, 0.0]


def metrics(**values: float) -> SiteMetrics:
    names = [name for name in SiteMetrics.__dataclass_fields__ if name != "earth_at_landing"]
    return SiteMetrics(**(dict.fromkeys(names, 0.0) | values))


def test_scores_are_scaled_over_all_candidates_and_sum_up() -> None:
    candidates = [
        metrics(mean_sun_fraction=0.2, slope_deg=2.0, shadow_distance_m=-1.0),
        metrics(mean_sun_fraction=0.8, slope_deg=6.0, shadow_distance_m=100.0),
    ]
    weights = {SiteCriterion.ILLUMINATION: 3.0, SiteCriterion.SLOPE: 1.0, SiteCriterion.SHADOW_DISTANCE: 1.0}
    first, second = score_parts(candidates, weights)
    assert [part.normalised for part in first] == [0.0, 1.0, 1.0]
    assert [part.normalised for part in second] == [1.0, 0.0, 1.0]
    assert sum(part.weight for part in first) == pytest.approx(1.0)
    assert sum(part.contribution for part in second) == pytest.approx(0.8)


def test_limits_are_each_named() -> None:
    limits = LanderLimits(5.0, 20.0, 50.0, 0.1, 15.0, 2.0, True)
    bad = metrics(slope_deg=6.0, hazard_fraction=0.2, lit_from_landing_s=86_400.0)
    assert failed_limits(bad, limits) == ("max_slope_deg", "max_hazard_fraction", "min_lit_days")
    assert failed_limits(metrics(lit_from_landing_s=2 * 86_400.0), limits) == ()


def test_the_best_are_kept_apart() -> None:
    xy_m = np.array([[0.0, 0.0], [10.0, 0.0], [100.0, 0.0], [105.0, 0.0]])
    assert best_separated(np.array([1.0, 3.0, 2.0, 2.5]), xy_m, 50.0, 4) == [1, 3]


def drive_grid(elevation_m: np.ndarray) -> DriveGrid:
    size = elevation_m.shape[0]
    grid = ElevationGrid(GridGeometry(-1, 0.0, 10.0 * size, 10.0, size, size), elevation_m.astype(np.float32))
    return DriveGrid(grid.elevation_m, fit_planes(grid, 0.0).slope_deg, 10.0)


def paths_from(grid: DriveGrid, source: tuple[int, int]) -> PathTree:
    return cheapest_paths(step_costs(grid, ROVER), source)


@pytest.mark.slow
def test_level_ground_costs_the_level_power_along_the_shortest_way() -> None:
    tree = paths_from(drive_grid(np.zeros((40, 40))), (5, 5))
    assert tree.energy_j[5, 25] == pytest.approx(100.0 * 200.0 / 0.05)
    assert tree.energy_j[25, 15] == pytest.approx(100.0 * np.hypot(200.0, 100.0) / 0.05)
    assert tree.cells_to((5, 8)).tolist() == [[5, 5], [5, 6], [5, 7], [5, 8]]


def test_uphill_costs_more_than_downhill() -> None:
    ramp = np.repeat((np.arange(40) * 10.0 * np.tan(np.radians(5.0)))[None, :], 40, axis=0)
    up = paths_from(drive_grid(ramp), (20, 5)).energy_j[20, 30]
    down = paths_from(drive_grid(ramp), (20, 30)).energy_j[20, 5]
    along_m = 250.0 / np.cos(np.radians(5.0))
    assert down == pytest.approx(100.0 * along_m / 0.05, rel=1e-4)
    assert up == pytest.approx((100.0 + 5.0 * 5.0) * along_m / 0.05, rel=1e-3)


@pytest.mark.slow
def test_a_steep_wall_is_driven_round_or_closes_the_way() -> None:
    wall = np.zeros((60, 60))
    wall[:50, 30] = 20.0
    around = paths_from(drive_grid(wall), (20, 20))
    path = around.cells_to((20, 40))
    assert path[:, 0].max() >= 50
    wall[:, 30] = 20.0
    closed = drive_grid(wall)
    assert np.isinf(paths_from(closed, (20, 20)).energy_j[20, 40])
    # A slanting way up is gentler than the wall's foot itself, whose plane over two pixels slopes 45°.
    needed_deg = least_slope_limits(closed, [(20, 20), (20, 40)])[0, 1]
    assert needed_deg == pytest.approx(45.0, abs=0.1)
    wall[:, 30] = np.nan
    assert np.isinf(least_slope_limits(drive_grid(wall), [(20, 20), (20, 40)])[1, 0])
