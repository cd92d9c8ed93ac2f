"""Whole-map horizons: time, growth, memory and error, beside the peers that are installed.

The ground is a seeded self-affine field as rough as lunar highlands, 3000 × 3000 pixels of 20 m; horizons are sought in
its middle out to 20 km at least, for an eye in the ground, where they are hardest. CPU seconds of this process are
counted; run with OMP_NUM_THREADS=1, and under `taskset -c 0` for one core. Errors are those of 200 random pixels and
azimuths, out to the ground's end. Peers (topocalc, whitebox-workflows, embreex) are optional: each that can be imported
is timed in the same run.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from malapert_landing_site.domain.grid import ElevationGrid, GridGeometry
from malapert_landing_site.terrain.grid.scene import HorizonScene
from malapert_landing_site.terrain.horizon.horizon_map import block_geometries, horizon_block

PIXEL_M, REACH_M, END_M, RADIUS_M = 20.0, 20_000.0, 45_000.0, 1_737_400.0


def ground(size_px: int, seed: int = 3) -> ElevationGrid:
    rng = np.random.default_rng(seed)
    f = np.hypot(np.fft.fftfreq(size_px)[:, None], np.fft.rfftfreq(size_px)[None, :])
    f[0, 0] = np.inf
    heights = np.fft.irfft2(f**-1.95 * np.exp(2j * np.pi * rng.random(f.shape)), s=(size_px, size_px))
    rise = np.hypot(np.diff(heights, axis=0)[:, :-1], np.diff(heights, axis=1)[:-1])
    heights *= np.tan(np.radians(7.5)) * PIXEL_M / np.median(rise)
    half_m = 0.5 * size_px * PIXEL_M
    geometry = GridGeometry(-1, -half_m, half_m, PIXEL_M, size_px, size_px)
    return ElevationGrid(geometry, heights.astype(np.float32))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu_s, time.perf_counter() - wall_s


def report(name: str, cpu_s: float, wall_s: float, pixels: int, azimuths: int) -> float:
    ns = cpu_s * 1e9 / (pixels * azimuths)
    rss_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"| {name} | {pixels:,} | {azimuths} | {ns:.1f} | {wall_s:.1f} | {rss_gb:.2f} |", flush=True)
    return ns


def ours(grid: ElevationGrid, size_px: int, azimuths: int) -> float:
    scene, g = HorizonScene.of([grid]), grid.geometry
    first = (g.width_px - size_px) // 2
    geometry = g.part(first, first + size_px, first, first + size_px)

    def sweep() -> None:
        for block in block_geometries(geometry):
            horizon_block(scene, block, 0.0, azimuths, REACH_M)

    return report("malapert", *timed(sweep), size_px * size_px, azimuths)


def flat_truth_deg(grid: ElevationGrid, row: int, column: int, azimuth_deg: float, sphere: bool) -> float:
    """Dense march over the bilinear surface; on the plane, or with the sphere's curvature."""
    g = grid.geometry
    distance_m = np.concatenate([np.arange(0.5, 1500.0, 0.5), np.arange(1500.0, END_M, 2.0)])
    x_m = float(g.x_of(column)) + distance_m * np.sin(np.radians(azimuth_deg))
    y_m = float(g.y_of(row)) + distance_m * np.cos(np.radians(azimuth_deg))
    eye_m, heights_m = float(grid.elevation_m[row, column]), grid.sample(x_m, y_m)
    if not sphere:
        return float(np.degrees(np.nanmax(np.arctan2(heights_m - eye_m, distance_m))))
    # At the pole a straight line of the grid is a great circle; its distance is the grid's over the mean scale.
    angle = distance_m / RADIUS_M
    up_m = (RADIUS_M + heights_m) * np.cos(angle) - (RADIUS_M + eye_m)
    return float(np.degrees(np.nanmax(np.arctan2(up_m, (RADIUS_M + heights_m) * np.sin(angle)))))


def errors(
    name: str, found_deg: Callable[[int, int, int], float], grid: ElevationGrid, azimuths: int, sphere: bool
) -> None:
    rng, middle = np.random.default_rng(1), grid.geometry.width_px // 2
    differences = []
    for _ in range(200):
        row, column = rng.integers(middle - 100, middle + 100, 2)
        k = int(rng.integers(0, azimuths))
        truth = flat_truth_deg(grid, int(row), int(column), 360.0 * k / azimuths, sphere)
        differences.append(found_deg(int(row), int(column), k) - truth)
    error = np.abs(differences)
    rms = np.sqrt(np.mean(np.square(differences)))
    print(f"  {name}: error RMS {rms:.4f}°, 99 % {np.quantile(error, 0.99):.3f}°, worst {error.max():.3f}°")


def our_errors(grid: ElevationGrid) -> None:
    middle = grid.geometry.width_px // 2
    geometry = grid.geometry.part(middle - 128, middle + 128, middle - 128, middle + 128)
    block = horizon_block(HorizonScene.of([grid]), geometry, 0.0, 72, END_M).elevation_deg()
    errors("malapert", lambda r, c, k: float(block[k, r - middle + 128, c - middle + 128]), grid, 72, sphere=True)


def topocalc_peer(grid: ElevationGrid, azimuths: int = 4) -> float | None:
    try:
        from topocalc.horizon import horizon
    except ImportError:
        print("topocalc is not installed")
        return None
    heights = np.ascontiguousarray(grid.elevation_m, dtype=np.float64)
    maps: list[np.ndarray] = []

    def run() -> None:
        # Its azimuths run from south (0) to east (positive): 90° is east.
        maps.extend(horizon(180.0 - 360.0 * k / azimuths, heights, PIXEL_M) for k in range(azimuths))

    ns = report("topocalc", *timed(run), heights.size, azimuths)
    elevation_deg = [90.0 - np.degrees(np.arccos(np.clip(found, -1.0, 1.0))) for found in maps]
    errors("topocalc (along the grid's axes, where it is at its best)",
           lambda r, c, k: float(elevation_deg[k][r, c]), grid, azimuths, sphere=False)  # fmt: skip
    return ns


def whitebox_peer(grid: ElevationGrid) -> float | None:
    try:
        import rasterio
        import whitebox_workflows
    except ImportError:
        print("whitebox-workflows is not installed")
        return None
    middle, half = grid.geometry.width_px // 2, 500
    part = grid.elevation_m[middle - half : middle + half, middle - half : middle + half]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dem.tif"
        transform = rasterio.transform.from_origin(0.0, 0.0, PIXEL_M, PIXEL_M)
        with rasterio.open(path, "w", driver="GTiff", width=2 * half, height=2 * half, count=1, dtype="float32",
                           transform=transform, crs="EPSG:32633") as file:  # fmt: skip
            file.write(part, 1)
        environment = whitebox_workflows.WbEnvironment()
        environment.max_procs = 1
        dem = environment.read_raster(str(path))
        return report("whitebox-workflows", *timed(lambda: environment.horizon_angle(dem, 30.0, REACH_M)), part.size, 1)


def embree_peer(grid: ElevationGrid, size_px: int = 1000) -> float | None:
    """Occlusion rays against a triangle mesh; the horizon of HORAYZON is a bisection by such rays for each azimuth."""
    try:
        from embreex import rtcore_scene
        from embreex.mesh_construction import TriangleMesh
    except ImportError:
        print("embreex is not installed")
        return None
    middle = grid.geometry.width_px // 2
    heights = grid.elevation_m[middle - size_px // 2 :, middle - size_px // 2 :][:size_px, :size_px]
    row, column = np.mgrid[:size_px, :size_px]
    points = np.stack([column * PIXEL_M, -row * PIXEL_M, heights], axis=-1).reshape(-1, 3).astype(np.float32)
    corner = (row[:-1, :-1] * size_px + column[:-1, :-1]).ravel()
    faces = np.concatenate([
        np.stack([corner, corner + size_px, corner + 1], axis=1),
        np.stack([corner + 1, corner + size_px, corner + size_px + 1], axis=1),
    ]).astype(np.int32)  # fmt: skip
    scene = rtcore_scene.EmbreeScene()
    TriangleMesh(scene, points, faces)
    rng = np.random.default_rng(2)
    azimuth, elevation = 2 * np.pi * rng.random(200_000), np.radians(rng.normal(6.0, 5.0, 200_000))
    directions = np.stack(
        [np.sin(azimuth) * np.cos(elevation), np.cos(azimuth) * np.cos(elevation), np.sin(elevation)], axis=1
    ).astype(np.float32)
    origins = points[rng.integers(0, len(points), len(azimuth))] + np.float32([0.0, 0.0, 0.1])
    scene.run(origins[:100], directions[:100], query="OCCLUDED")
    return report("one occlusion ray of embreex", *timed(lambda: scene.run(origins, directions, query="OCCLUDED")),
                  len(azimuth), 1)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--growth", action="store_true", help="also show the growth with pixels and azimuths")
    arguments = parser.parse_args()
    grid = ground(3000)
    horizon_block(HorizonScene.of([grid]), grid.geometry.part(1500, 1532, 1500, 1532), 0.0, 4, REACH_M)  # compiles
    print("| what | pixels | azimuths | CPU ns per pixel and azimuth | wall s | peak GB so far |")
    print("|---" * 6 + "|")
    found = {azimuths: ours(grid, 1000, azimuths) for azimuths in (72, 360)}
    our_errors(grid)
    peers = {"topocalc": topocalc_peer, "whitebox-workflows": whitebox_peer, "embreex ray": embree_peer}
    for name, peer in peers.items():
        ns = peer(grid)
        if ns is not None:
            print(f"  {name} / malapert: {ns / found[72]:.1f} (72 azimuths), {ns / found[360]:.1f} (360)")
    if arguments.growth:
        for azimuths in (36, 144):
            ours(grid, 1000, azimuths)
        del grid
        wide = ground(6000)
        for size_px in (1000, 2000, 4000):
            ours(wide, size_px, 36)


if __name__ == "__main__":
    main()
