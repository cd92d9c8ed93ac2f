"""Light of a year, hour by hour, from stored horizons: time per pixel and hour, and error against the series of points.

The ground is a part of a lunar DEM: give a GeoTIFF of about 25 m, such as the 25 m grid of Shackleton's ridge. CPU
seconds of this process are counted; run with OMP_NUM_THREADS=1, and under `taskset -c 0` for one core.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.surface import Pole, grid_convergence_deg, unproject_polar
from malapert_landing_site.domain.horizon_block import STEP_DEG, HorizonBlock
from malapert_landing_site.terrain.dem.builtin import builtin_path
from malapert_landing_site.terrain.dem.reading import read_grid
from malapert_landing_site.terrain.grid.scene import HorizonScene
from malapert_landing_site.terrain.horizon.horizon_map import horizon_block
from malapert_landing_site.terrain.light.maps import LightMaps, light_maps, permanent_shadow, shadow_sky
from malapert_landing_site.terrain.light.points import Sky, light_at

DAY_S, FINE_AZIMUTHS = 86_400.0, 2880


def print_errors(block: HorizonBlock, maps: LightMaps, sky: Sky, elevation_m: float) -> None:
    """Against the kernel of single points, which lays another sum over the disc, on the same stored skylines."""
    g, rng = block.geometry, np.random.default_rng(3)
    row, column = rng.integers(0, g.height_px, 200), rng.integers(0, g.width_px, 200)
    x_m, y_m = g.x_of(column), g.y_of(row)
    turn_deg = grid_convergence_deg(unproject_polar(x_m, y_m, Pole.SOUTH)[0], Pole.SOUTH)
    nodes_deg = np.arange(block.azimuth_count + 1) * 360.0 / block.azimuth_count
    skylines_deg = [
        np.interp((np.arange(FINE_AZIMUTHS) * 360.0 / FINE_AZIMUTHS + turn) % 360.0, nodes_deg, np.append(s, s[0]))
        for turn, s in zip(turn_deg, block.elevation_steps[:, row, column].T * STEP_DEG, strict=True)
    ]
    xy_m = np.stack([x_m, y_m], axis=1)
    series = light_at(np.array(skylines_deg, np.float32), xy_m, np.full(200, elevation_m), -1, sky)
    lit, earth = series.sun_fraction > 0.0, series.earth_visible
    for name, expected in (
        ("mean_sun_fraction", series.sun_fraction.mean(axis=1, dtype=np.float64)),
        ("lit_fraction", lit.mean(axis=1)),
        ("earth_visible_fraction", earth.mean(axis=1)),
        ("sun_and_earth_fraction", (lit & earth).mean(axis=1)),
    ):
        print(f"  {name}: largest error {np.abs(getattr(maps, name)[row, column] - expected).max():.5f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dem", type=Path)
    parser.add_argument("--size", type=int, default=512, help="pixels a side, from the DEM's middle")
    arguments = parser.parse_args()
    fine = read_grid(arguments.dem, "fine")
    scene = HorizonScene.of([read_grid(builtin_path(-1), "coarse"), fine])
    half, g = arguments.size // 2, fine.geometry
    top, left = g.height_px // 2 - half, g.width_px // 2 - half
    geometry = g.part(top, top + 2 * half, left, left + 2 * half)
    block = horizon_block(scene, geometry, 2.0)
    start_s, ephemeris = datetime(2029, 1, 1, tzinfo=UTC).timestamp(), Ephemeris()
    light_maps(block, 0.0, Sky(ephemeris, start_s, start_s + DAY_S, 3600.0))  # compiles
    pixels = geometry.width_px * geometry.height_px
    for name, days, step_s in (("a year hourly", 365.0, 3600.0), ("18.6 years every 4 hours", 6798.0, 14_400.0)):
        sky = Sky(ephemeris, start_s, start_s + days * DAY_S, step_s)
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        maps = light_maps(block, 0.0, sky)
        cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
        ns = cpu_s * 1e9 / (pixels * len(sky.utc_s))
        print(f"{name}: {ns:.2f} CPU ns per pixel and epoch, {wall_s:.1f} s of wall clock")
        if days < 400.0:
            print_errors(block, maps, sky, 0.0)
    cpu_s = time.process_time()
    dark = permanent_shadow(block, shadow_sky(ephemeris, start_s))
    us = (time.process_time() - cpu_s) * 1e6 / pixels
    print(f"permanent shadow: {us:.2f} CPU µs per pixel, {np.nanmean(dark):.1%} dark")


if __name__ == "__main__":
    main()
