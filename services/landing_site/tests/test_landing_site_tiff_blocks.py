"""Tiles and strips packed by Deflate: damaged ones are refused, though GDAL reads them and what was in its memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from dem_files import write_dem
from malapert_core.errors import InvalidInputError
from malapert_landing_site.terrain.dem.reading import read_grid
from malapert_landing_site.terrain.dem.tiff_blocks import damaged_blocks

SMOOTH = np.add.outer(np.arange(64), np.arange(64)).astype(np.int16)
ROUGH = np.random.default_rng(1).integers(-900, 900, (50, 50)).astype(np.int16)


def assert_refused(path: Path, part: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        read_grid(path, "dem.tif")
    assert (refusal.value.reason, part in refusal.value.message) == ("TERRAIN_TRUNCATED", True)


def damaged_tiles(path: Path) -> Iterator[bytes]:
    """Yield the file with a byte of each of its tiles changed, one after the other."""
    content = path.read_bytes()
    with rasterio.open(path) as file:
        tiles = [
            tuple(int(file.get_tag_item(f"BLOCK_{name}_{column}_{row}", "TIFF", bidx=1)) for name in ("OFFSET", "SIZE"))
            for column, row in np.ndindex(2, 2)
        ]
    for at, size in tiles:
        for share in (0.1, 0.5, 0.9, 0.999):
            place = at + int(share * size)
            for change in (0x01, 0x40, 0xFF):
                yield content[:place] + bytes([content[place] ^ change]) + content[place + 1 :]


def test_a_damaged_tile_is_refused(tmp_path: Path) -> None:
    path = write_dem(tmp_path / "a.tif", SMOOTH, compress="deflate", tiled=True, blockxsize=32, blockysize=32)
    assert np.array_equal(read_grid(path, "dem.tif").elevation_m, SMOOTH)
    for case in list(damaged_tiles(path)):
        path.write_bytes(case)
        assert_refused(path, "1 of its 4 tiles")


@pytest.mark.parametrize(
    "options",
    [
        {"BIGTIFF": "YES"}, {"ENDIANNESS": "BIG"}, {"blockysize": 7}, {"blockysize": 200}, {"predictor": 2},
        {"tiled": True, "blockxsize": 16, "blockysize": 48},
    ],
)  # fmt: skip
def test_sound_blocks_of_every_shape_are_read(tmp_path: Path, options: dict[str, Any]) -> None:
    path = write_dem(tmp_path / "a.tif", ROUGH, compress="deflate", **options)
    damaged, packed = damaged_blocks(path)
    assert damaged == 0
    assert packed > 0
    assert np.array_equal(read_grid(path, "dem.tif").elevation_m, ROUGH)


def test_a_damaged_internal_mask_is_refused(tmp_path: Path) -> None:
    path, shown = tmp_path / "a.tif", np.random.default_rng(2).integers(0, 2, (64, 64)).astype(bool)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        write_dem(path, SMOOTH, compress="deflate", nodata=None)
        with rasterio.open(path, "r+") as file:
            file.write_mask(shown)
    assert damaged_blocks(path) == (0, 2)
    assert np.array_equal(np.isnan(read_grid(path, "dem.tif").elevation_m), ~shown)
    # The mask is written last.
    content = path.read_bytes()
    path.write_bytes(content[:-200] + bytes([content[-200] ^ 0xFF]) + content[-199:])
    assert_refused(path, "1 of its 2 tiles or strips")


def test_a_tag_that_points_nowhere_ends(tmp_path: Path) -> None:
    path = write_dem(tmp_path / "a.tif", SMOOTH, compress="deflate")
    content = path.read_bytes()
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        assert damaged_blocks(path) is not None
