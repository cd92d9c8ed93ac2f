"""Routes on 1000 × 1000 cells: all pairs of 50 waypoints, and the earliest arrival over 14 days by steps of 30 minutes.

Give a lunar DEM as a GeoTIFF of at least 1000 × 1000 pixels, such as the 25 m grid of Shackleton's ridge. The light of
the search through time is that of the ground itself, from its horizons of 180 azimuths. Run with OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import itertools
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from malapert_astro.ephemeris import Ephemeris
from malapert_landing_site.domain.grid import ElevationGrid
from malapert_landing_site.domain.route import Mobility
from malapert_landing_site.domain.timed_route import RoverPower
from malapert_landing_site.terrain.dem.builtin import builtin_path
from malapert_landing_site.terrain.dem.reading import read_grid
from malapert_landing_site.terrain.grid.scene import HorizonScene
from malapert_landing_site.terrain.grid.surface import fit_planes
from malapert_landing_site.terrain.horizon.horizon_map import horizon_block
from malapert_landing_site.terrain.horizon.skyline import run_parts
from malapert_landing_site.terrain.light.maps import light_frames
from malapert_landing_site.terrain.light.points import Sky
from malapert_landing_site.terrain.routes.paths import DriveGrid, cheapest_paths, least_slope_limits, step_costs
from malapert_landing_site.terrain.routes.timed_paths import LightOverTime, earliest_arrival

SIZE_PX, WAYPOINTS, DAYS, STEP_S = 1000, 50, 14, 1800.0
ROVER = Mobility(20.0, 0.035, 100.0, 4.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dem", type=Path)
    arguments = parser.parse_args()
    fine = read_grid(arguments.dem, "fine")
    top, left = (fine.geometry.height_px - SIZE_PX) // 2, (fine.geometry.width_px - SIZE_PX) // 2
    geometry = fine.geometry.part(top, top + SIZE_PX, left, left + SIZE_PX)
    heights = np.ascontiguousarray(fine.elevation_m[top : top + SIZE_PX, left : left + SIZE_PX])
    slope_deg = fit_planes(ElevationGrid(geometry, heights), 0.0).slope_deg
    grid = DriveGrid(heights, slope_deg, geometry.pixel_size_m)
    flattest = np.unravel_index(int(np.nanargmin(slope_deg)), slope_deg.shape)
    source = (int(flattest[0]), int(flattest[1]))
    cheapest_paths(step_costs(grid, ROVER), source)  # compiles
    cells = pairs_of_waypoints(grid, source)
    through_time(fine, grid, geometry, cells)


def pairs_of_waypoints(grid: DriveGrid, source: tuple[int, int]) -> list[tuple[int, int]]:
    reached = np.argwhere(np.isfinite(cheapest_paths(step_costs(grid, ROVER), source).energy_j))
    chosen = reached[np.random.default_rng(1).choice(len(reached), WAYPOINTS, replace=False)]
    cells = [(int(row), int(column)) for row, column in chosen]
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    costs = step_costs(grid, ROVER)
    energies = np.zeros((WAYPOINTS, WAYPOINTS))
    lengths = np.zeros(WAYPOINTS, int)

    def search(n: int) -> None:
        tree = cheapest_paths(costs, cells[n])
        energies[n] = [tree.energy_j[cell] for cell in cells]
        lengths[n] = sum(len(tree.cells_to(cell)) for cell in cells)

    run_parts(search, range(WAYPOINTS), None)
    print(f"{WAYPOINTS} waypoints, all {WAYPOINTS * (WAYPOINTS - 1)} ways ({lengths.sum():,} cells along them): "
          f"{time.perf_counter() - wall_s:.1f} s of wall clock, {time.process_time() - cpu_s:.1f} CPU s")  # fmt: skip
    wall_s = time.perf_counter()
    limits_deg = least_slope_limits(grid, cells)
    print(
        f"least slope limits of all pairs: {time.perf_counter() - wall_s:.1f} s; the largest is {limits_deg.max():.1f}°"
    )
    return cells


def through_time(fine: ElevationGrid, grid: DriveGrid, geometry: object, cells: list[tuple[int, int]]) -> None:
    scene = HorizonScene.of([read_grid(builtin_path(-1), "coarse"), fine])
    wall_s = time.perf_counter()
    block = horizon_block(scene, geometry, 1.5, 180)  # type: ignore[arg-type]
    start_s = datetime(2029, 1, 5, tzinfo=UTC).timestamp()
    frames = light_frames(block, 1000.0, Sky(Ephemeris(), start_s, start_s + DAYS * 86_400.0, STEP_S))
    print(f"horizons and light of {DAYS * 48} steps: {time.perf_counter() - wall_s:.1f} s")
    costs = step_costs(grid, ROVER)
    power = RoverPower(400.0, 60.0, 3600.0 * 3000.0, 3600.0 * 600.0, 3600.0 * 3000.0)
    for name, may_drive in (("battery and light", None), ("driving in light alone", frames.sun_share > 0)):
        light = LightOverTime(frames.sun_share, may_drive, STEP_S)
        far = max(itertools.combinations(cells, 2), key=lambda pair: np.hypot(*np.subtract(*pair)))
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        path = earliest_arrival(costs, light, power, far[0], far[1], 0, power.start_j)
        found = f"arrives after {len(path.cells) - 1} steps" if path else "no way within the time"
        print(f"{name}, from {far[0]} to {far[1]}: {found}; {time.perf_counter() - wall_s:.1f} s of wall clock, "
              f"{time.process_time() - cpu_s:.1f} CPU s")  # fmt: skip


if __name__ == "__main__":
    main()
