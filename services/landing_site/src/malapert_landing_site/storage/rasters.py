"""Layers of a product set as cloud-optimised GeoTIFFs, there all together or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from malapert_landing_site.domain.grid import GridGeometry
from malapert_landing_site.domain.product import ProductFile
from malapert_landing_site.domain.product_layers import CLASS_LAYERS, STYLES, ProductLayer
from malapert_landing_site.storage.objects import Objects

_TILE_PX = 256
_PROJ_BY_POLE = {
    -1: "+proj=stere +lat_0=-90 +lon_0=0 +k=1 +R=1737400 +units=m +no_defs +type=crs",
    1: "+proj=stere +lat_0=90 +lon_0=0 +k=1 +R=1737400 +units=m +no_defs +type=crs",
}


class RasterFiles:
    """Sets of layers by identifier."""

    def __init__(self, directory: Path, objects: Objects | None = None) -> None:
        self._directory = directory
        self._objects = objects or Objects(directory)

    def bring(self, product_set_id: str, layer: ProductLayer) -> bool:
        """Return whether a layer is at its path, brought from the object store where need be."""
        return self._objects.bring(self.path(product_set_id, layer))

    def has(self, product_set_id: str, layer: ProductLayer) -> bool:
        """Return whether a layer is here or in the object store."""
        return self._objects.has(self.path(product_set_id, layer))

    def path(self, product_set_id: str, layer: ProductLayer) -> Path:
        """Return where a layer of a set lies."""
        return self._directory / product_set_id / f"{layer.value}.tif"

    @contextmanager
    def writing(
        self, product_set_id: str, geometry: GridGeometry, layers: Iterable[ProductLayer], tags: Mapping[str, str]
    ) -> Iterator[RasterWriter]:
        """Take a set's values block by block; its files are there once this ends well, else nothing is."""
        self._directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._directory, prefix=".part-") as scratch:
            with RasterWriter(Path(scratch) / "raw", geometry, layers) as writer:
                yield writer
            finished = Path(scratch) / "set"
            finished.mkdir()
            for layer in writer.layers:
                _write_cog(writer.path(layer), finished / f"{layer.value}.tif", layer, tags)
            target = self._directory / product_set_id
            shutil.rmtree(target, ignore_errors=True)
            os.replace(finished, target)
            for layer in writer.layers:
                self._objects.keep(self.path(product_set_id, layer))

    def describe(self, product_set_id: str, layers: Iterable[ProductLayer]) -> tuple[ProductFile, ...]:
        """Return what the files of a set hold."""
        return tuple(_file_of(layer, self.path(product_set_id, layer)) for layer in layers)


class RasterWriter:
    """Plain tiled GeoTIFFs of a set while it is made."""

    def __init__(self, directory: Path, geometry: GridGeometry, layers: Iterable[ProductLayer]) -> None:
        self._directory = directory
        self._geometry = geometry
        self.layers = tuple(layers)
        self._open = ExitStack()
        self._files: dict[ProductLayer, Any] = {}

    def __enter__(self) -> RasterWriter:
        self._directory.mkdir()
        g = self._geometry
        for layer in self.layers:
            self._files[layer] = self._open.enter_context(
                rasterio.open(
                    self.path(layer), "w+", driver="GTiff", width=g.width_px, height=g.height_px, count=1,
                    dtype="float32", nodata=float("nan"), crs=_PROJ_BY_POLE[g.pole], tiled=True, bigtiff="IF_SAFER",
                    transform=Affine(g.pixel_size_m, 0.0, g.x_min_m, 0.0, -g.pixel_size_m, g.y_max_m),
                )
            )  # fmt: skip
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def path(self, layer: ProductLayer) -> Path:
        """Return where a layer lies while it is made."""
        return self._directory / f"{layer.value}.tif"

    def put(self, block: GridGeometry, layer: ProductLayer, values: NDArray[np.float32]) -> None:
        """Write a block of a layer; layers that are not of the set are left out."""
        if layer in self._files:
            self._files[layer].write(values, 1, window=self._window(block))

    def whole(self, layer: ProductLayer) -> NDArray[np.float32]:
        """Return a layer of which every block was written."""
        return np.asarray(self._files[layer].read(1), dtype=np.float32)

    def _window(self, block: GridGeometry) -> Window:
        g = self._geometry
        left = round((block.x_min_m - g.x_min_m) / g.pixel_size_m)
        top = round((g.y_max_m - block.y_max_m) / g.pixel_size_m)
        return Window(left, top, block.width_px, block.height_px)


def read_resampled(
    path: Path, bounds_m: tuple[float, float, float, float], size_px: int, nearest: bool
) -> NDArray[np.float32]:
    """Return a square of a raster at another pixel size, from its overviews where it is coarser; NaN outside.

    Parameters
    ----------
    bounds_m : tuple of float
        Western, southern, eastern and northern edge, metres.
    nearest : bool
        Take the nearest pixel instead of the mean or the bilinear value.
    """
    west_m, _, east_m, north_m = bounds_m
    pixel_m = (east_m - west_m) / size_px
    with rasterio.open(path) as file:
        smooth = Resampling.average if pixel_m > file.transform.a else Resampling.bilinear
        with WarpedVRT(
            file, crs=file.crs, transform=Affine(pixel_m, 0.0, west_m, 0.0, -pixel_m, north_m), width=size_px,
            height=size_px, resampling=Resampling.nearest if nearest else smooth,
        ) as view:  # fmt: skip
            return np.asarray(view.read(1), dtype=np.float32)


def _write_cog(raw: Path, path: Path, layer: ProductLayer, tags: Mapping[str, str]) -> None:
    style = STYLES[layer]
    with rasterio.open(raw, "r+") as file:
        file.update_tags(**tags, layer=layer.value)
        file.set_band_description(1, f"{style.title}: {style.description}")
        file.units = (style.unit,)
    resampling = "NEAREST" if layer in CLASS_LAYERS else "AVERAGE"
    rasterio.shutil.copy(
        raw, path, driver="COG", COMPRESS="DEFLATE", PREDICTOR="FLOATING_POINT", BLOCKSIZE=str(_TILE_PX),
        OVERVIEW_RESAMPLING=resampling, NUM_THREADS="ALL_CPUS", BIGTIFF="IF_SAFER",
    )  # fmt: skip
    raw.unlink()


def _file_of(layer: ProductLayer, path: Path) -> ProductFile:
    lowest, highest, total, known, all_px = np.inf, -np.inf, 0.0, 0, 0
    with rasterio.open(path) as file:
        for _, window in file.block_windows(1):
            values = file.read(1, window=window)
            found = values[~np.isnan(values)]
            all_px += values.size
            if found.size:
                lowest, highest = min(lowest, float(found.min())), max(highest, float(found.max()))
                total, known = total + float(found.sum(dtype=np.float64)), known + found.size
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256")
    limits = (lowest, highest, total / known) if known else (None, None, None)
    return ProductFile(layer, path.stat().st_size, f"sha256:{digest.hexdigest()}", known / all_px, *limits)
