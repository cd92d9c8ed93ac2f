"""Upload of a DEM."""

from pathlib import Path
from typing import TYPE_CHECKING

from malapert_core.documents.plain_text import one_line

if TYPE_CHECKING:
    from malapert_client import Client
    from malapert_http_models.contracts.landing_site import Terrain


def upload_terrain(client: "Client", path: Path, title: str = "", source: str = "") -> "Terrain":
    """Register a DEM file, or a zip archive of an image and its label, and return its terrain."""
    name = one_line(path.name)  # of any bytes, on Linux
    return client.register_terrain(
        path, title=title or one_line(path.stem), source=source or f"file {name}", file_name=name
    )
