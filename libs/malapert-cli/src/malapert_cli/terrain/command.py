"""The command `malapert terrain fetch`: list public LOLA products, fetch them, register them."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import httpx
import typer
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as ProgressBars
from rich.table import Table

from malapert_cli.options import Place, asking
from malapert_cli.terminal import console
from malapert_cli.terrain.download import Progress, download
from malapert_cli.terrain.products import PRODUCTS, Product, ProductKind, product_named
from malapert_cli.terrain.upload import upload_terrain

if TYPE_CHECKING:
    from malapert_client import Client

CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 20.0, 60.0


@asking
def fetch(
    names: Annotated[list[str] | None, typer.Argument(help="products; without any, they are listed")] = None,
    out: Annotated[Path, typer.Option(help="directory of the files")] = Path("terrain"),
    base_url: Annotated[
        str | None, typer.Option(envvar="MALAPERT_TERRAIN_URL", help="another address of the archive, such as a mirror")
    ] = None,
    register: Annotated[bool, typer.Option("--register", help="register the elevations with the platform")] = False,
    *,
    place: Place,
) -> None:
    """List public LOLA products, or fetch some; a transfer that broke off goes on where it was."""
    if not names:
        console.print(product_table())
        return
    products = [product_named(name) for name in names]
    fetched = [(product, fetch_product(product, out, base_url)) for product in products]
    if register:
        with place.client() as client:
            for product, paths in fetched:
                register_product(client, product, paths)


def product_table() -> Table:
    """All products with their pixel, size and what is sure of them."""
    table = Table("product", "what", "pixel, m", "pixels", "size, MB", "checked by", title="public LOLA products")
    for product in PRODUCTS.values():
        pixels = f"{product.side_px}²" if product.side_px else "?"
        size = f"{product.size_bytes / 1e6:.1f}" if product.size_bytes else "?"
        checks = "sha256" if product.files[0].expected.sha256 else "size" if product.size_bytes else "server's size"
        table.add_row(
            product.name,
            f"{product.title} ({product.kind.value})",
            f"{product.pixel_size_m:g}",
            pixels,
            size,
            checks if product.confirmed else f"{checks}; address unconfirmed",
        )
    return table


def fetch_product(product: Product, out: Path, base_url: str | None) -> list[Path]:
    """Fetch the files of a product and return where they are.

    Raises
    ------
    DownloadError
        See `download`.
    """
    timeout = httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    paths = []
    # Redirects are not followed: no address is asked but the one that is configured.
    with httpx.Client(timeout=timeout, follow_redirects=False) as client:
        for file, address in zip(product.files, product.urls(base_url), strict=True):
            console.print(f"{address}")
            with _shown(file.name) as progress:
                paths.append(download(client, address, out / file.name, file.expected, progress))
            console.print(f"  {paths[-1]}: {paths[-1].stat().st_size} bytes")
    return paths


def register_product(client: Client, product: Product, paths: list[Path]) -> None:
    """Register the elevations of a product: an image with its label goes as one archive."""
    if product.kind is not ProductKind.ELEVATION:
        console.print(f"{product.name} is {product.kind.value}, which is no terrain: it is not registered")
        return
    source = f"{product.name}, {product.urls(None)[0]}"
    if len(paths) == 1:
        registered = upload_terrain(client, paths[0], title=product.name, source=source)
    else:
        # In a folder of its own: an archive of that name may lie beside the files.
        with tempfile.TemporaryDirectory(dir=paths[0].parent, prefix=".part-") as folder:
            archive = Path(folder) / paths[0].with_suffix(".zip").name
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
                for path in paths:
                    packed.write(path, path.name)
            registered = upload_terrain(client, archive, title=product.name, source=source)
    console.print(f"registered {product.name} as {registered.terrain_id}")


@contextmanager
def _shown(name: str) -> Iterator[Progress]:
    columns = (TextColumn("  {task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with ProgressBars(*columns, TimeRemainingColumn(), console=console, transient=True) as bars:
        task = bars.add_task(name, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
