"""Light of the nine Artemis III candidate regions beside that of the whole cap down to 83° S.

Give the regions as GeoJSON in lunar longitude and latitude (USGS, doi 10.5066/P1MEQ6UK). The ground is the built-in
LOLA grid of 1600 m, and finer DEMs where they are given: what a 1600 m grid says of light is a survey's answer, of
slopes none.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import rasterio.features
from affine import Affine
from malapert_astro.ephemeris import Ephemeris
from malapert_landing_site.domain.grid import GridGeometry
from malapert_landing_site.terrain.dem.builtin import builtin_path
from malapert_landing_site.terrain.dem.reading import read_grid
from malapert_landing_site.terrain.grid.projection import place_at, project
from malapert_landing_site.terrain.grid.scene import HorizonScene
from malapert_landing_site.terrain.horizon.horizon_map import horizon_blocks
from malapert_landing_site.terrain.light.maps import light_maps, permanent_shadow, shadow_sky
from malapert_landing_site.terrain.light.points import Sky
from malapert_landing_site.terrain.products.ground_layers import pixel_centers

CAP_M, DAY_S = 212_000.0, 86_400.0
FIELDS = ("mean_sun_fraction", "longest_night_s", "earth_visible_fraction")


def layers_of(scene: HorizonScene, geometry: GridGeometry, year: int, height_m: float) -> dict[str, np.ndarray]:
    ephemeris, start_s = Ephemeris(), datetime(year, 1, 1, tzinfo=UTC).timestamp()
    sky = Sky(ephemeris, start_s, start_s + 365.0 * DAY_S, 3600.0)
    eighteen_years = shadow_sky(ephemeris, start_s)
    found = {name: np.full((geometry.height_px, geometry.width_px), np.nan) for name in (*FIELDS, "dark")}
    for block in horizon_blocks(scene, geometry, height_m):
        g = block.geometry
        top = round((geometry.y_max_m - g.y_max_m) / g.pixel_size_m)
        left = round((g.x_min_m - geometry.x_min_m) / g.pixel_size_m)
        part = (slice(top, top + g.height_px), slice(left, left + g.width_px))
        maps = light_maps(block, 0.0, sky)
        for name in FIELDS:
            found[name][part] = getattr(maps, name)
        found["dark"][part] = permanent_shadow(block, eighteen_years)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("regions", type=Path)
    parser.add_argument("--dem", type=Path, action="append", default=[], help="finer DEMs, coarse to fine")
    parser.add_argument("--pixel", type=float, default=400.0, help="metres")
    parser.add_argument("--height", type=float, default=10.0, help="of the array above ground, metres")
    parser.add_argument("--year", type=int, default=2029)
    arguments = parser.parse_args()
    grids = [read_grid(path, path.name) for path in (builtin_path(-1), *arguments.dem)]
    size_px = 2 * round(CAP_M / arguments.pixel)
    geometry = GridGeometry(-1, -CAP_M, CAP_M, arguments.pixel, size_px, size_px)
    found = layers_of(HorizonScene.of(grids), geometry, arguments.year, arguments.height)
    x_m, y_m = pixel_centers(geometry)
    cap = np.hypot(x_m, y_m) <= CAP_M
    sun = np.where(cap, found["mean_sun_fraction"], np.nan)
    best = sun >= np.nanquantile(sun, 0.99)
    every = np.zeros_like(cap)
    transform = Affine(arguments.pixel, 0.0, -CAP_M, 0.0, -arguments.pixel, CAP_M)
    print(
        "| region | most light | longest night there, days | Earth there | place, °E, °S | ground lit > 50 % | dark |"
    )
    print("|---" * 7 + "|")
    rows = []
    for feature in json.loads(arguments.regions.read_text())["features"]:
        ring = np.array(feature["geometry"]["coordinates"][0])
        east_m, north_m = project(ring[:, 0], ring[:, 1], -1)
        shape = {"type": "Polygon", "coordinates": [np.column_stack([east_m, north_m]).tolist()]}
        inside = rasterio.features.rasterize([shape], out_shape=cap.shape, transform=transform).astype(bool)
        every |= inside
        row, column = np.unravel_index(int(np.nanargmax(np.where(inside, sun, -1.0))), sun.shape)
        place = place_at(float(x_m[row, column]), float(y_m[row, column]), -1)
        night_days, earth = found["longest_night_s"][row, column] / DAY_S, found["earth_visible_fraction"][row, column]
        lit, dark = float((sun[inside] > 0.5).mean()), float((found["dark"][inside] == 1.0).mean())
        rows.append((float(sun[row, column]),
                     f"| {feature['properties']['Region']} | {sun[row, column]:.0%} | {night_days:.1f} | {earth:.0%} | "
                     f"{place.longitude_deg:.1f}, {-place.latitude_deg:.2f} | {lit:.1%} | {dark:.1%} |"))  # fmt: skip
    print("\n".join(text for _, text in sorted(rows, reverse=True)))
    share, area = float(every[best].mean()), float(every[cap].mean())
    print(f"\nThe nine regions are {area:.1%} of the cap down to 83° S and hold {share:.1%} of its best lit percent.")


if __name__ == "__main__":
    main()
