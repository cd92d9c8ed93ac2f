"""What a GeoTIFF says of itself comes back through GDAL as it was, whatever is in it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import rasterio
from malapert_core.vocabulary.provenance import InputRecord, Provenance
from malapert_landing_site.domain.grid import GridGeometry
from malapert_landing_site.domain.product_layers import ProductLayer
from malapert_landing_site.domain.provenance import provenance_tag
from malapert_landing_site.storage.rasters import RasterFiles

NASTY = (
    "two\nlines",
    "nul\x00",
    "esc\x1b[31m",
    "]]>",
    "<script>",
    "月面 Größe حفر",
    "a=b;c,d",
    '"&',
    "t" * 5000,
    "\u2028",
    "%s",
)


def test_notes_and_inputs_survive_gdal(tmp_path: Path) -> None:
    inputs = tuple(InputRecord("terrain", text, "sha256:0") for text in NASTY)
    made_from = Provenance(inputs, {"title": "".join(NASTY)}, "test", datetime(2029, 1, 1, tzinfo=UTC), True, NASTY)
    geometry = GridGeometry(pole=-1, x_min_m=0.0, y_max_m=0.0, pixel_size_m=20.0, width_px=16, height_px=16)
    files, layer = RasterFiles(tmp_path), ProductLayer.SLOPE
    with files.writing("set", geometry, [layer], {"provenance": provenance_tag(made_from)}) as writer:
        writer.put(geometry, layer, np.ones((16, 16), np.float32))
    with rasterio.open(files.path("set", layer)) as cog:
        found = json.loads(cog.tags()["provenance"])
        assert cog.tags()["provenance"].isascii()
        assert found["notes"] == list(NASTY)
        assert [record["name"] for record in found["inputs"]] == list(NASTY)
        assert found["parameters"] == {"title": "".join(NASTY)}
        assert (cog.read(1) == 1.0).all()
