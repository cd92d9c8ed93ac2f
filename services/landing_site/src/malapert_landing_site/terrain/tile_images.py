"""Layers as coloured PNG images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from rasterio.io import MemoryFile

from malapert_landing_site.domain.product_layers import STYLES, ProductLayer


def coloured_png(values: NDArray[np.float32], layer: ProductLayer) -> bytes:
    """Return values (rows, columns) in the colours of their layer's legend, as a PNG; NaN is transparent."""
    stops = np.array([stop for stop, _ in STYLES[layer].legend])
    colours = np.array([colour for _, colour in STYLES[layer].legend], dtype=np.float64)
    known = ~np.isnan(values)
    filled = np.where(known, values, stops[0])
    bands = [np.interp(filled, stops, colours[:, band]).round() for band in range(3)]
    image = np.stack([*bands, np.where(known, 255.0, 0.0)]).astype(np.uint8)
    with MemoryFile() as memory:
        with memory.open(driver="PNG", width=values.shape[1], height=values.shape[0], count=4, dtype="uint8") as file:
            file.write(image)
        return bytes(memory.read())
