"""Layers as coloured PNG images."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from malapert_landing_site.domain.product_layers import STYLES, ProductLayer

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_EIGHT_BIT_RGBA = (8, 6, 0, 0, 0)


def coloured_png(values: NDArray[np.float32], layer: ProductLayer) -> bytes:
    """Return values (rows, columns) in the colours of their layer's legend, as a PNG; NaN is transparent."""
    stops = np.array([stop for stop, _ in STYLES[layer].legend])
    colours = np.array([colour for _, colour in STYLES[layer].legend], dtype=np.float64)
    known = ~np.isnan(values)
    filled = np.where(known, values, stops[0])
    bands = [np.interp(filled, stops, colours[:, band]).round() for band in range(3)]
    return _png(np.stack([*bands, np.where(known, 255.0, 0.0)], axis=-1).astype(np.uint8))


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """Encode RGBA pixels (rows, columns, 4) as PNG (ISO/IEC 15948), without filters.

    GDAL warns of each image that lies nowhere, and would keep the place of one that does in a file beside it.
    """
    rows, columns = pixels.shape[:2]
    lines = np.concatenate([np.zeros((rows, 1), np.uint8), pixels.reshape(rows, -1)], axis=1)
    header = struct.pack(">IIBBBBB", columns, rows, *_EIGHT_BIT_RGBA)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes())), (b"IEND", b""))
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
