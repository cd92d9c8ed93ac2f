"""Header of a terrain file, read before any pixel, and the refusal that is composed from its faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pyproj
from malapert_core.errors import Fault, InvalidInputError
from rasterio.transform import Affine

from malapert_landing_site.domain.grid import FloatArray

_HEIGHT_WORDS = ("altitude", "height", "elevation", "topograph", "radius", "depth")
"""Words in the standard names of heights (CF's table); depths are refused as such."""


@dataclass(frozen=True)
class RasterHeader:
    """Size, georeference and unit of a raster, as its header or its label states them.

    Attributes
    ----------
    transform : Affine
        From column and row, counted at the outer edges of pixels, to easting and northing in the unit of `crs`.
    crs : pyproj.CRS or None
        None where the file states none.
    unit : str
        Unit of the heights in lower case; empty where the file states none.
    notes : tuple of str
        What of the file is passed over, or taken for granted.
    faults : tuple of Fault
        What is wrong with it beside its size, place and unit.
    """

    width_px: int
    height_px: int
    band_count: int
    transform: Affine
    crs: pyproj.CRS | None
    unit: str
    notes: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


class HeightSource(Protocol):
    """A raster whose heights are read by rows."""

    header: RasterHeader

    def expansion_faults(self) -> list[Fault]:
        """Faults that are looked for once the size is allowed: what reading would make out of little."""

    def rows(self, top: int, bottom: int) -> FloatArray:
        """Heights or radii of the rows from `top` to before `bottom`, scale and offset applied; NaN for no-data."""


def other_meaning(positive: str, standard_name: str) -> tuple[str, str]:
    """Return which attribute says that numbers are no heights (CF conventions 3.3, 4.3), and how; empty where none."""
    if positive.strip().lower() not in ("", "up") or "depth" in standard_name.lower():
        return "positive", "holds depths, positive downwards; heights, positive up, are needed"
    if standard_name.strip() and not any(word in standard_name.lower() for word in _HEIGHT_WORDS):
        return "standard_name", f"holds {standard_name[:100]!r}, which is no name of heights"
    return "", ""


def refusal(file_name: str, faults: Sequence[Fault]) -> InvalidInputError:
    """Return the error of a file: the code of its only fault, or INVALID_TERRAIN with all of them."""
    reason = faults[0].code if len(faults) == 1 else "INVALID_TERRAIN"
    message = "; ".join(fault.message for fault in faults)
    return InvalidInputError(reason, message, faults=faults, metadata={"file_name": file_name})


def unreadable(file_name: str, message: str, code: str = "TERRAIN_UNREADABLE", path: str = "file") -> InvalidInputError:
    """Return the error of a file that cannot be read as what it claims to be."""
    return refusal(file_name, [Fault(path, code, f"{file_name} {message}")])
