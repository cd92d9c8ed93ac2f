"""The built-in far field: LOLA's 1600 m grids about both poles.

They come as data in a wheel (`lola_dem_south.tif`, `lola_dem_north.tif`, made from NASA's LDEM_256): 762 × 762 pixels
of 1600 m in the polar grids, 16-bit whole metres above the 1,737,400 m sphere, scale 1 and offset 0, each pixel the
mean over its area. That was checked against the LOLA 200 m grid of Shackleton: the block means differ by 0.3 m in the
mean and 2.8 m in standard deviation, with a slope of 0.9998; so the heights are used as they are.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from malapert_core.errors import UnavailableError

DISTRIBUTION = "lunar-toolkit"
FILE_NAMES = {-1: "lola_dem_south.tif", 1: "lola_dem_north.tif"}
TITLES = {-1: "LOLA 1600 m, south pole", 1: "LOLA 1600 m, north pole"}
SOURCE = "LRO LOLA LDEM_256 (NASA GSFC, public domain), resampled to 1600 m in the wheel lunar-toolkit"


def builtin_path(pole: int) -> Path:
    """Path of the built-in grid of a pole; its package is never imported.

    Raises
    ------
    UnavailableError
        BUILTIN_TERRAIN_MISSING where the data wheel is not installed.
    """
    name = FILE_NAMES[pole]
    try:
        found = [entry for entry in files(DISTRIBUTION) or () if entry.name == name]
    except PackageNotFoundError:
        found = []
    if not found:
        message = f"the data wheel {DISTRIBUTION} with {name} is not installed (requirements/data.lock)"
        raise UnavailableError("BUILTIN_TERRAIN_MISSING", message)
    return Path(str(found[0].locate()))
