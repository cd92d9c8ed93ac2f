"""Skylines by spherical trigonometry and dense steps over nested grids: shares no code with the product."""

import numpy as np
from malapert_landing_site.domain.grid import ElevationGrid

RADIUS_M = 1_737_400.0


def brute_force(
    grids: list[ElevationGrid], lon_deg: float, lat_deg: float, height_m: float, azimuth_deg: float
) -> float:
    """Skyline by spherical trigonometry and dense steps; grids fine to coarse, southern."""
    distance_m = np.concatenate(
        [np.arange(0.5, 1_500.0, 0.5), np.arange(1_500.0, 12_000.0, 4.0), np.arange(12_000.0, 300_000.0, 30.0)]
    )
    lat, lon, azimuth = np.radians([lat_deg, lon_deg, azimuth_deg])
    angle = distance_m / RADIUS_M
    lat_there = np.arcsin(np.sin(lat) * np.cos(angle) + np.cos(lat) * np.sin(angle) * np.cos(azimuth))
    lon_there = lon + np.arctan2(
        np.sin(azimuth) * np.sin(angle) * np.cos(lat), np.cos(angle) - np.sin(lat) * np.sin(lat_there)
    )
    ground_m = surface(grids, lon_there, lat_there)
    eye_m = RADIUS_M + surface(grids, np.array([lon]), np.array([lat]))[0] + height_m
    up_m = (RADIUS_M + ground_m) * np.cos(angle) - eye_m
    return float(np.degrees(np.nanmax(np.arctan2(up_m, (RADIUS_M + ground_m) * np.sin(angle)))))


def surface(grids: list[ElevationGrid], lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    rho_m = 2.0 * RADIUS_M * np.tan(np.pi / 4.0 + lat / 2.0)
    x_m, y_m = rho_m * np.sin(lon), rho_m * np.cos(lon)
    height_m = np.full(lon.shape, np.nan)
    for grid in reversed(grids):
        g, z = grid.geometry, grid.elevation_m
        column, row = (x_m - g.x_min_m) / g.pixel_size_m - 0.5, (g.y_max_m - y_m) / g.pixel_size_m - 0.5
        inside = (column >= 0) & (row >= 0) & (column <= g.width_px - 1) & (row <= g.height_px - 1)
        j = np.clip(column.astype(int), 0, g.width_px - 2)
        i = np.clip(row.astype(int), 0, g.height_px - 2)
        u, v = row - i, column - j
        bilinear = z[i, j] * (1 - u) * (1 - v) + z[i, j + 1] * (1 - u) * v + z[i + 1, j] * u * (1 - v)
        height_m = np.where(inside, bilinear + z[i + 1, j + 1] * u * v, height_m)
    return height_m
