"""Raster properties besides plain heights that are refused by name, since they would change the numbers."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from malapert_core.errors import Fault
from rasterio.enums import ColorInterp, MaskFlags

from malapert_landing_site.terrain.dem.archive import MAX_RATIO
from malapert_landing_site.terrain.dem.georeference import METRES
from malapert_landing_site.terrain.dem.header import other_meaning
from malapert_landing_site.terrain.dem.tiff_blocks import damaged_blocks
from malapert_landing_site.terrain.dem.tiff_tags import GDAL_NODATA, read_tiff_tags

# A tile is decoded whole, however small the image.
MAX_BLOCK_PX = 64_000_000
# Heights are kept as float32. Real ground shrinks to a half or a third; nothing but one number reaches 1000.
STORED_BYTES = 4
SMALL_BYTES = 16 << 20
_COLOURS = {ColorInterp.palette, ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha}
_ABSENT_BLOCKS_SHOWN = 3
_UNIT_ITEMS = {"unit", "units", "unittype"}
_UNUSED_ITEMS = {"valid_min", "valid_max", "valid_range", "_unsigned"}


def _is_number(text: str, number: float | None) -> bool:
    try:
        found = float(text)
    except ValueError:
        return False
    return number is not None and (found == number or (math.isnan(found) and math.isnan(number)))


class RasterJudge:
    """Gathers what is wrong with a raster beside its size and place."""

    def __init__(self, dataset: Any, path: Path, file_name: str) -> None:
        self._dataset = dataset
        self._path = path
        self._file_name = file_name
        self._faults: list[Fault] = []

    def faults(self) -> list[Fault]:
        """All faults; empty where the first band is plain numbers."""
        self._check_images()
        self._check_numbers()
        self._check_no_data()
        self._check_packing()
        self._check_items()
        self._check_blocks()
        found, self._faults = self._faults, []
        return found

    def notes(self) -> list[str]:
        """Notes on properties of the raster that are assumed or not used."""
        if MaskFlags.per_dataset in self._dataset.mask_flag_enums[0]:
            return ["pixels that the file's internal mask hides are no-data"]
        return []

    def _check_images(self) -> None:
        pages = len(self._dataset.subdatasets)
        if pages > 1:
            self._fault("images", "TERRAIN_WITH_BANDS", f"holds {pages} images; one is needed")
        points = len(self._dataset.gcps[0])
        if points or self._dataset.rpcs is not None:
            what = f"{points} ground control points" if points else "rational polynomials (RPC)"
            message = f"is placed by {what}; a north-up geotransform is needed: `gdalwarp` makes one"
            self._fault("transform", "TERRAIN_NOT_NORTH_UP", message)

    def _check_numbers(self) -> None:
        kind = self._dataset.dtypes[0]
        if kind.startswith("complex"):
            self._fault("bands[0].type", "TERRAIN_PACKING", f"holds numbers of type {kind}; real numbers are needed")
        colour = self._dataset.colorinterp[0]
        if colour in _COLOURS:
            what = "a colour table" if colour is ColorInterp.palette else f"the colour {colour.name}"
            self._fault(
                "bands[0].colour",
                "TERRAIN_PACKING",
                f"holds {what}, which are no heights; one band of heights is needed",
            )
        if self._dataset.tags(ns="IMAGE_STRUCTURE").get("MINISWHITE") == "YES":
            self._fault("bands[0].colour", "TERRAIN_PACKING", "states that least is white; MINISBLACK is needed")

    def _check_no_data(self) -> None:
        tags = read_tiff_tags(self._path) if self._dataset.driver == "GTiff" else None
        if tags is None:
            return
        if tags.twice:
            numbers = ", ".join(str(number) for number in tags.twice[:5])
            self._fault(
                "tags", "TERRAIN_LABEL_DUPLICATE", f"has the TIFF tag {numbers} more than once; once is allowed"
            )
        if tags.no_data and self._dataset.nodata is None and not self._dataset.dtypes[0].startswith("complex"):
            message = (
                f"declares {tags.no_data[:60]!r} for no-data (tag {GDAL_NODATA}), which is no number of type "
                f"{self._dataset.dtypes[0]}; one that a pixel can hold is needed"
            )
            self._fault("bands[0].no_data", "TERRAIN_PACKING", message)

    def _check_packing(self) -> None:
        scale, offset = self._dataset.scales[0], self._dataset.offsets[0]
        if not math.isfinite(scale) or scale == 0.0:
            self._fault(
                "bands[0].scale",
                "TERRAIN_PACKING",
                f"states the scale {scale:g}; a finite number other than 0 is needed",
            )
        if not math.isfinite(offset):
            self._fault(
                "bands[0].offset", "TERRAIN_PACKING", f"states the offset {offset:g}; a finite number is needed"
            )

    def _check_items(self) -> None:
        """Check items of metadata that other tools keep what a band states in, such as those of the NetCDF driver."""
        tags = {name.lower(): text for name, text in self._dataset.tags(1).items()}
        for name in _UNIT_ITEMS & set(tags):
            if tags[name].strip().lower() not in METRES:
                message = f"has the item {name} = {tags[name][:60]!r}; metres are needed"
                self._fault(f"bands[0].{name}", "TERRAIN_WRONG_UNIT", message)
        attribute, why = other_meaning(tags.get("positive", ""), tags.get("standard_name", ""))
        if attribute:
            self._fault(f"bands[0].{attribute}", "TERRAIN_WRONG_UNIT", why)
        for name in _UNUSED_ITEMS & set(tags):
            message = f"has the item {name} = {tags[name][:60]!r}, which GDAL does not use; apply it to the heights"
            self._fault(f"bands[0].{name}", "TERRAIN_PACKING", message)
        stated = {
            "scale": self._dataset.scales[0],
            "scale_factor": self._dataset.scales[0],
            "offset": self._dataset.offsets[0],
            "add_offset": self._dataset.offsets[0],
            "_fillvalue": self._dataset.nodata,
            "missing_value": self._dataset.nodata,
        }
        for name in stated.keys() & tags:
            if not _is_number(tags[name], stated[name]):
                message = (
                    f"has the item {name} = {tags[name][:60]!r}, but the band states {stated[name]}; one is needed"
                )
                self._fault(f"bands[0].{name}", "TERRAIN_PACKING", message)

    def _check_blocks(self) -> None:
        height, width = self._dataset.block_shapes[0]
        if height * width > max(MAX_BLOCK_PX, self._dataset.width * self._dataset.height):
            message = f"has tiles of {width} × {height} pixels; {MAX_BLOCK_PX} pixels a tile are allowed"
            self._fault("tiles", "TERRAIN_TOO_LARGE", message)

    def expansion_faults(self) -> list[Fault]:
        """Faults of what is not stored but would be made by reading; its cost is linear in the tiles."""
        pixels, size = self._dataset.width * self._dataset.height, self._path.stat().st_size
        if pixels * STORED_BYTES > max(SMALL_BYTES, MAX_RATIO * size):
            message = (
                f"would grow from {size} to {pixels * STORED_BYTES} bytes; at most {MAX_RATIO} times is allowed: tiles "
                "that hold nothing are to be cut off"
            )
            self._fault("size", "TERRAIN_ARCHIVE_RATIO", message)
        elif self._dataset.driver == "GTiff":
            if self._dataset.nodata is None:
                self._check_absent(*self._dataset.block_shapes[0])
            self._check_damaged()
        return self._faults

    def _check_damaged(self) -> None:
        damaged, packed = damaged_blocks(self._path)
        if damaged:
            message = (
                f"is damaged: {damaged} of its {packed} tiles or strips packed by Deflate break off, hold too much or "
                "have another checksum"
            )
            self._fault("tiles", "TERRAIN_TRUNCATED", message)

    def _check_absent(self, block_height: int, block_width: int) -> None:
        """A tile that is not stored is read as 0 where no value for no-data is declared."""
        columns = math.ceil(self._dataset.width / block_width)
        rows = math.ceil(self._dataset.height / block_height)
        absent = [
            (column, row)
            for row, column in np.ndindex(rows, columns)
            if self._dataset.get_tag_item(f"BLOCK_OFFSET_{column}_{row}", "TIFF", bidx=1) is None
        ]
        if absent:
            shown = ", ".join(f"({column}, {row})" for column, row in absent[:_ABSENT_BLOCKS_SHOWN])
            message = (
                f"does not store {len(absent)} of its {rows * columns} tiles or strips, the first {shown} (column, "
                "row); heights of all, or a declared value for no-data, are needed"
            )
            self._fault("tiles", "TERRAIN_SPARSE", message)

    def _fault(self, path: str, code: str, message: str) -> None:
        self._faults.append(Fault(path, code, f"{self._file_name} {message}"))
