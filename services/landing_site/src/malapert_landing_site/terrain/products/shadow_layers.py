"""Layers made of permanent shadow over a whole map."""

from __future__ import annotations

import numpy as np
from malapert_astro.surface import unproject_polar
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt  # type: ignore[import-untyped]

from malapert_landing_site.domain.grid import MOON_RADIUS_M, GridGeometry
from malapert_landing_site.terrain.grid.projection import pole_named
from malapert_landing_site.terrain.products.ground_layers import pixel_centers

# Mean visible fraction of the solar disc at which the proxy of ice outside permanent shadow has fallen to 0.
NO_ICE_SUN_FRACTION = 0.25


def shadow_distance_m(shadow: NDArray[np.float32], geometry: GridGeometry) -> NDArray[np.float32]:
    """Distance from each pixel to the nearest permanently shadowed one, metres.

    Parameters
    ----------
    shadow : float32 (rows, columns)
        1 in permanent shadow, 0 in light, NaN without ground.

    Returns
    -------
    float32 (rows, columns)
        Distance between pixel centres, that of the grid over its scale at the map's middle; NaN without ground, and
        everywhere where no pixel is in shadow.
    """
    dark = shadow == 1.0
    if not dark.any():
        return np.full(shadow.shape, np.nan, np.float32)
    x_m = float(geometry.x_of(0.5 * (geometry.width_px - 1)))
    y_m = float(geometry.y_of(0.5 * (geometry.height_px - 1)))
    scale = 1.0 + (x_m * x_m + y_m * y_m) / (4.0 * MOON_RADIUS_M**2)
    distance_px = distance_transform_edt(~dark)
    return np.where(np.isnan(shadow), np.nan, distance_px * geometry.pixel_size_m / scale).astype(np.float32)


def ice_stability_proxy(
    shadow: NDArray[np.float32], sun_fraction: NDArray[np.float32], geometry: GridGeometry
) -> NDArray[np.float32]:
    """Return a proxy of how well ice would last, 0 to 1, from shadow, light and latitude: no temperature is modelled.

    Parameters
    ----------
    shadow, sun_fraction : float32 (rows, columns)
        Permanent shadow, and mean visible fraction of the solar disc; NaN without ground.
    """
    x_m, y_m = pixel_centers(geometry)
    latitude_deg = unproject_polar(x_m, y_m, pole_named(geometry.pole))[1]
    near_pole = np.clip((np.abs(latitude_deg) - 80.0) / 10.0, 0.0, 1.0)
    lit = 0.5 * np.clip(1.0 - sun_fraction / NO_ICE_SUN_FRACTION, 0.0, 1.0)
    value = near_pole * np.where(shadow == 1.0, 1.0, lit)
    return np.where(np.isnan(shadow) | np.isnan(sun_fraction), np.nan, value).astype(np.float32)
