"""The tiles' grid as an OGC tile matrix set (OGC 17-083r4, JSON encoding)."""

from typing import Any

HALF_SIDE_M = 655_360.0
TILE_PX = 256
LEVELS = 15
# OGC 17-083r4: a pixel of the standardised rendering is 0.28 mm wide.
_RENDERED_PIXEL_M = 0.28e-3


def tile_matrix_set(crs: str) -> dict[str, Any]:
    """Return the tile matrix set of a pole's grid.

    Parameters
    ----------
    crs
        IAU_2015:30135 in the south, IAU_2015:30130 in the north.
    """
    pole = "North" if crs == "IAU_2015:30130" else "South"
    return {
        "id": f"LunarPolar{pole}",
        "title": f"Lunar {pole.lower()} polar stereographic grid, 5120 m to 0.3125 m",
        "crs": f"urn:ogc:def:crs:{crs.replace(':', '::')}",
        "orderedAxes": ["X", "Y"],
        "tileMatrices": [_matrix(level) for level in range(LEVELS)],
    }


def _matrix(level: int) -> dict[str, Any]:
    cell_m = 2.0 * HALF_SIDE_M / TILE_PX / 2**level
    return {
        "id": str(level),
        "scaleDenominator": cell_m / _RENDERED_PIXEL_M,
        "cellSize": cell_m,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-HALF_SIDE_M, HALF_SIDE_M],
        "tileWidth": TILE_PX,
        "tileHeight": TILE_PX,
        "matrixWidth": 2**level,
        "matrixHeight": 2**level,
    }
