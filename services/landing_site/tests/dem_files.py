"""GeoTIFF grids as tests write them."""

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine

SOUTH = "+proj=stere +lat_0=-90 +lon_0=0 +R=1737400 +units=m"


def write_dem(path: Path, heights: np.ndarray, **options: Any) -> Path:
    """Write a small DEM; its crs, transform, no-data, scale and so on can be given."""
    scale, offset, unit = options.pop("scale", None), options.pop("offset", None), options.pop("unit", None)
    profile = {"crs": SOUTH, "transform": Affine(20.0, 0.0, 50_000.0, 0.0, -20.0, 50_000.0), **options}
    with rasterio.open(
        path, "w", driver="GTiff", height=heights.shape[0], width=heights.shape[1], count=1, dtype=heights.dtype,
        **{key: value for key, value in profile.items() if value is not None},
    ) as file:  # fmt: skip
        file.write(heights, 1)
        if scale is not None:
            file.scales = (scale,)
        if offset is not None:
            file.offsets = (offset,)
        if unit is not None:
            file.units = (unit,)
    return path
