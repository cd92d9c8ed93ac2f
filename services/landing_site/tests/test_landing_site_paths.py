"""Cheapest paths, least slope limits and ways through time, each against brute force of other code."""

import heapq
import itertools

import numpy as np
import pytest
from malapert_core.errors import OperationCancelledError
from malapert_landing_site.domain.grid import ElevationGrid, GridGeometry
from malapert_landing_site.domain.keep_out import KeepOut, keep_out_faults
from malapert_landing_site.domain.route import Mobility
from malapert_landing_site.domain.terrain import Place
from malapert_landing_site.domain.timed_route import RoverPower
from malapert_landing_site.terrain.grid.keep_outs import keep_out_mask
from malapert_landing_site.terrain.grid.projection import place_at
from malapert_landing_site.terrain.grid.surface import fit_planes
from malapert_landing_site.terrain.routes.path_kernel import STEPS
from malapert_landing_site.terrain.routes.paths import (
    DriveGrid,
    StepCosts,
    cheapest_paths,
    least_slope_limits,
    step_costs,
)
from malapert_landing_site.terrain.routes.timed_paths import LightOverTime, earliest_arrival

ROVER = Mobility(15.0, 0.05, 80.0, 6.0)


def rough_ground(side_px: int, seed: int, hole: bool = True) -> DriveGrid:
    rng = np.random.default_rng(seed)
    heights = np.cumsum(rng.normal(0.0, 1.0, (side_px, side_px)), axis=0) + rng.normal(0.0, 0.5, (side_px, side_px))
    if hole:
        heights[side_px // 2, side_px // 3 : side_px // 2] = np.nan
    grid = ElevationGrid(GridGeometry(-1, 0.0, 0.0, 10.0, side_px, side_px), heights.astype(np.float32))
    return DriveGrid(grid.elevation_m, fit_planes(grid, 0.0).slope_deg, 10.0)


def textbook_dijkstra(costs: StepCosts, source: tuple[int, int]) -> np.ndarray:
    best = np.full(costs.slope_deg.shape, np.inf)
    best[source], heap = 0.0, [(0.0, source)]
    while heap:
        here, (i, j) = heapq.heappop(heap)
        if here > best[i, j]:
            continue
        for k, (down, across) in enumerate(STEPS.tolist()):
            energy_j = float(costs.energy_j[i, j, k])
            if np.isfinite(energy_j) and here + energy_j < best[i + down, j + across]:
                best[i + down, j + across] = here + energy_j
                heapq.heappush(heap, (here + energy_j, (i + down, j + across)))
    return best


@pytest.mark.parametrize("rover", [ROVER, Mobility(15.0, 0.05, 0.0, 6.0), Mobility(30.0, 0.01, 5.0, 400.0)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_cheapest_paths_equal_a_textbook_dijkstra(seed: int, rover: Mobility) -> None:
    """Also where going down costs nothing, and where one degree up costs more than all the rest."""
    costs = step_costs(rough_ground(40, seed), rover)
    source = tuple(int(part) for part in np.argwhere(costs.slope_deg <= rover.max_slope_deg)[30])
    tree = cheapest_paths(costs, (source[0], source[1]))
    expected = textbook_dijkstra(costs, (source[0], source[1]))
    assert np.isfinite(expected).sum() > 100
    np.testing.assert_allclose(tree.energy_j, expected, rtol=1e-12)
    for row, column in np.argwhere(np.isfinite(expected))[::37]:
        cells = tree.cells_to((int(row), int(column)))
        assert tuple(cells[0]) == source
        along = [
            costs.energy_j[a[0], a[1], STEPS.tolist().index((b - a).tolist())] for a, b in itertools.pairwise(cells)
        ]
        assert sum(map(float, along)) == pytest.approx(tree.energy_j[row, column], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", [4, 5])
def test_least_limits_open_the_way_and_no_smaller_ones_do(seed: int) -> None:
    grid = rough_ground(30, seed)
    known = np.argwhere(~np.isnan(grid.slope_deg))
    cells = [(int(row), int(column)) for row, column in known[:: len(known) // 5]]
    limits_deg = least_slope_limits(grid, cells)
    assert (limits_deg == limits_deg.T).all()
    for a, b in itertools.combinations(range(len(cells)), 2):
        limit_deg = float(limits_deg[a, b])
        for change, opens in ((1e-6, True), (-1e-3, False)):
            costs = step_costs(grid, Mobility(limit_deg + change, 0.05, 80.0, 6.0))
            assert np.isfinite(cheapest_paths(costs, cells[a]).energy_j[cells[b]]) == opens


def test_a_keep_out_is_a_circle_on_the_surface() -> None:
    geometry = GridGeometry(-1, 10e3, 10e3, 20.0, 200, 200)
    x_m, y_m = geometry.x_of(100), geometry.y_of(80)
    closed = keep_out_mask(geometry, [KeepOut("lander", place_at(float(x_m), float(y_m), -1), 300.0)])
    assert closed.sum() == pytest.approx(np.pi * 15.0**2, rel=0.02)
    rows, columns = np.nonzero(closed)
    assert (rows.mean(), columns.mean()) == pytest.approx((80.0, 100.0), abs=0.1)
    faults = keep_out_faults([KeepOut("", Place(0.0, 10.0), -1.0)])
    assert {fault.path for fault in faults} == {"keep_outs[0].center.latitude_deg", "keep_outs[0].radius_m"}


def brute_force(
    costs: StepCosts, light: LightOverTime, power: RoverPower, source: tuple[int, int], target: tuple[int, int],
    energy_j: float,
) -> tuple[int, float] | None:  # fmt: skip
    """First arrival and the most energy then, by trying everything at every moment from every cell with any energy."""
    states = {source: energy_j}
    for step in range(len(light.sun_share) + 1):
        if target in states:
            return step, states[target]
        if step == len(light.sun_share):
            break
        share = light.sun_share[step] / 255.0
        free = np.ones_like(share, bool) if light.may_drive is None else light.may_drive[step]
        after: dict[tuple[int, int], float] = {}
        for (i, j), held_j in states.items():
            choices = [((i, j), 0.0)]
            for k, (down, across) in enumerate(STEPS.tolist()):
                if np.isfinite(costs.energy_j[i, j, k]) and free[i, j] and free[i + down, j + across]:
                    choices.append(((i + down, j + across), float(costs.energy_j[i, j, k])))
            for cell, cost_j in choices:
                gain_j = power.array_power_w * min(share[i, j], share[cell]) * light.step_s
                left_j = min(held_j + gain_j - cost_j - power.standing_power_w * light.step_s, power.capacity_j)
                if left_j >= power.floor_j:
                    after[cell] = max(after.get(cell, -np.inf), left_j)
        states = after
    return None


@pytest.mark.parametrize("seed", range(12))
def test_the_earliest_arrival_equals_brute_force(seed: int) -> None:
    """Small grids with moving shadows, a tight battery, and driving only in light, or only with the Earth in view."""
    rng = np.random.default_rng(seed)
    side, steps = 14, 40
    grid = rough_ground(side, seed, hole=False)
    costs = step_costs(grid, Mobility(35.0, 0.03, 60.0, 4.0))
    row, column, step = np.ogrid[:side, :side, :steps]
    wave = np.sin(0.5 * row + 0.4 * column + 0.35 * step + rng.random() * 6.0)
    share = np.clip(255.0 * (wave + rng.uniform(-0.4, 0.6)), 0, 255).transpose(2, 0, 1).astype(np.uint8)
    may_drive = [None, share > 0, rng.random(share.shape) > 0.3][seed % 3]
    light = LightOverTime(np.ascontiguousarray(share), may_drive, 1200.0)
    power = RoverPower(rng.uniform(40.0, 120.0), 20.0, 4e5, 0.3e5, 2e5)
    source, target = (1, 1), (side - 2, side - 3)
    expected = brute_force(costs, light, power, source, target, power.start_j)
    found = earliest_arrival(costs, light, power, source, target, 0, power.start_j)
    if expected is None:
        assert found is None
        return
    assert found is not None
    assert len(found.cells) - 1 == expected[0]
    # Energies are rounded against the rover, by less than three units of the battery a step.
    slack_j = 3.0 * power.capacity_j / 2**22 * expected[0]
    assert expected[1] - slack_j <= found.energy_j[-1] <= expected[1] + 1e-6
    assert tuple(found.cells[0]) == source
    assert tuple(found.cells[-1]) == target
    assert found.energy_j.min() >= power.floor_j


def test_both_outcomes_of_the_brute_force_are_tried() -> None:
    """A rover that waits for the light gets there; without a charge it does not."""
    grid = DriveGrid(np.zeros((7, 9), np.float32), np.zeros((7, 9)), 10.0)
    costs = step_costs(grid, ROVER)
    share = np.zeros((30, 7, 9), np.uint8)
    share[12:] = 255
    light = LightOverTime(share, share > 0, 600.0)
    power = RoverPower(100.0, 5.0, 2e5, 1e4, 6e4)
    found = earliest_arrival(costs, light, power, (3, 0), (3, 8), 0, power.start_j)
    assert found is not None
    assert (found.cells[:13] == found.cells[0]).all()  # it stands in the dark
    assert len(found.cells) - 1 > 12
    assert earliest_arrival(costs, light, power, (3, 0), (3, 8), 0, 3e4) is None


def test_a_search_through_time_can_be_cancelled() -> None:
    grid = DriveGrid(np.zeros((7, 9), np.float32), np.zeros((7, 9)), 10.0)
    light = LightOverTime(np.zeros((9, 7, 9), np.uint8), None, 600.0)

    def cancel(share: float) -> None:
        raise OperationCancelledError

    with pytest.raises(OperationCancelledError):
        earliest_arrival(
            step_costs(grid, ROVER), light, RoverPower(0.0, 0.0, 1e6, 0.0, 1e6), (0, 0), (6, 8), 0, 1e6, cancel
        )
