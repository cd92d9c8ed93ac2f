"""Map layers and shaded relief."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from malapert_core.vocabulary.provenance import Provenance
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import FloatArray, GridGeometry

MAX_MAP_PX = 512


class MapLayer(StrEnum):
    """Quantity that a map shows."""

    ELEVATION = "elevation"
    SLOPE = "slope"
    HILLSHADE = "hillshade"
    ILLUMINATION = "illumination"
    EARTH_VISIBILITY = "earth_visibility"


UNITS = {MapLayer.ELEVATION: "m", MapLayer.SLOPE: "deg"}


@dataclass(frozen=True)
class Map:
    """A layer over a square: float32 rows from north to south, NaN without data."""

    layer: MapLayer
    geometry: GridGeometry
    values: NDArray[np.float32]
    provenance: Provenance


def hillshade(gradient_x: FloatArray, gradient_y: FloatArray, light_grid_azimuth_deg: float) -> FloatArray:
    """Shaded relief, 0 to 1, of Lambertian ground lit from 30° above the horizon.

    Parameters
    ----------
    gradient_x, gradient_y : float64 arrays
        Rise per metre towards grid east and grid north.
    light_grid_azimuth_deg : float
        Direction of the light, clockwise from grid north.
    """
    azimuth, elevation = np.radians(light_grid_azimuth_deg), np.radians(30.0)
    towards_light = gradient_x * np.sin(azimuth) + gradient_y * np.cos(azimuth)
    normal = np.sqrt(1.0 + gradient_x**2 + gradient_y**2)
    return np.asarray(np.clip((np.sin(elevation) - towards_light * np.cos(elevation)) / normal, 0.0, 1.0))
