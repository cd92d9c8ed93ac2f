"""Grids and files that several test modules share."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from malapert_core.service import ServiceRuntime
from malapert_landing_site.domain.grid import ElevationGrid, GridGeometry
from malapert_testing.charters import CharterBook

sys.path.append(str(Path(__file__).parent))

from dem_files import write_dem

SHARED = Path(os.environ.get("MALAPERT_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))

GeoTiffWriter = Callable[..., Path]


@pytest.fixture
def shared_file() -> Callable[[str], Path]:
    """Path of a file of the shared data; the test is skipped in one line where it is absent."""

    def path_of(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"{name} of the shared data is absent")
        return path

    return path_of


@pytest.fixture
def write_geotiff(tmp_path: Path) -> GeoTiffWriter:
    """Write a small DEM into the test's folder, see `write_dem`."""

    def write(values: np.ndarray | None = None, name: str = "dem.tif", **options: Any) -> Path:
        return write_dem(tmp_path / name, np.zeros((64, 64), np.float32) if values is None else values, **options)

    return write


@pytest.fixture
def lunar_geotiff(write_geotiff: GeoTiffWriter) -> Path:
    """A sound DEM of 64 × 64 pixels with one hole, far from the ridge."""
    heights = np.random.default_rng(1).normal(0.0, 5.0, (64, 64)).astype(np.float32)
    heights[3, 4] = -9999.0
    return write_geotiff(heights, nodata=-9999.0)


@pytest.fixture
def flat_grid() -> Callable[..., ElevationGrid]:
    """Make a grid of one height about the south pole."""

    def make(elevation_m: float = 0.0, pixel_m: float = 1000.0, size_px: int = 700) -> ElevationGrid:
        half_m = 0.5 * pixel_m * size_px
        geometry = GridGeometry(-1, -half_m, half_m, pixel_m, size_px, size_px)
        return ElevationGrid(geometry, np.full((size_px, size_px), elevation_m, np.float32))

    return make


@pytest.fixture(autouse=True)
def charters(monkeypatch: pytest.MonkeyPatch) -> CharterBook:
    """Charters of the planner, which is not there: every agency of the tests has every part in every mission."""
    book = CharterBook(everybody=("JAXA", "ISRO", "NASA", "ESA", "jaxa", "isro", "nasa"))
    monkeypatch.setattr(ServiceRuntime, "open_charters", lambda _runtime: book)
    return book
