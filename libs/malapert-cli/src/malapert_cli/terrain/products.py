"""Public LOLA products by name: where their archives keep them, how large they are, and what is sure of that.

Sizes and sha256 are of the archives' files as projects that downloaded them wrote down (2026); a sha256 is given only
where it was written down together with the archive's address. An address marked as unconfirmed follows the archive's
naming and was seen in no such record. Descriptions: https://pgda.gsfc.nasa.gov/products/69, /78 and /90 (GSFC), and
LRO-L-LOLA-4-GDR-V1.0 (PDS Geosciences Node, doi 10.17189/1520642).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from malapert_cli.refusing import RefusalError
from malapert_cli.terrain.download import ExpectedFile

BASE_URLS = {
    "pgda": "https://pgda.gsfc.nasa.gov/data",
    "pds": "https://pds-geosciences.wustl.edu/lro/lro-l-lola-3-rdr-v1/lrolol_1xxx",
}


class ProductKind(StrEnum):
    """Kind of a data product's content."""

    ELEVATION = "elevation"
    ILLUMINATION = "illumination"
    EARTH_VISIBILITY = "earth visibility"
    PERMANENT_SHADOW = "permanent shadow"


@dataclass(frozen=True, slots=True)
class ProductFile:
    """A file of a product: its path below its archive's base address."""

    path: str
    expected: ExpectedFile = ExpectedFile()  # noqa: RUF009 - frozen

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Product:
    """A public product: an image and, for those of PDS, its label.

    Attributes
    ----------
    side_px : int or None
        Pixels along a side of its square, None where that is not known.
    confirmed : bool
        Whether the address was seen in a record of a download.
    """

    name: str
    title: str
    kind: ProductKind
    archive: str
    files: tuple[ProductFile, ...]
    pixel_size_m: float
    side_px: int | None = None
    confirmed: bool = True

    @property
    def size_bytes(self) -> int | None:
        """Bytes of the image, None where they are not known."""
        return self.files[0].expected.size_bytes

    def urls(self, base_url: str | None) -> list[str]:
        """Addresses of the files, below another base address where one is given."""
        return [f"{(base_url or BASE_URLS[self.archive]).rstrip('/')}/{file.path}" for file in self.files]


def _elevation(
    archive: str, path: str, title: str, pixel_m: float, side_px: int | None = None, size: int | None = None,
    sha256: str | None = None, *, confirmed: bool = True, label_sha256: str | None = None,
) -> Product:  # fmt: skip
    files = [ProductFile(path, ExpectedFile(size, sha256))]
    stem, _, suffix = path.rpartition(".")
    if archive == "pds":
        label = f"{stem}_jp2.lbl" if suffix == "jp2" else f"{stem}.lbl"
        files.append(ProductFile(label, ExpectedFile(None, label_sha256)))
    name = stem.rpartition("/")[2].upper() + ("_JP2" if suffix == "jp2" else "")
    return Product(name, title, ProductKind.ELEVATION, archive, tuple(files), pixel_m, side_px, confirmed)


_SITES: dict[str, tuple[str, int | None, int | None, str | None]] = {
    "Site01": (
        "Connecting ridge", 3200, 40_980_810, "3ba7b97cb00a2bcf21189c3aeb535f65afc21207154ab9f0d43c5bdc1f7e747e",
    ),
    "Site04": ("Shackleton rim", 3200, 40_980_806, None),
    "Site06": ("Nobile rim 1", 4000, 64_025_603, None),
    "Site07": ("Peak near Shackleton", 3200, 40_980_808, None),
    "Site11": ("de Gerlache rim", None, None, None),
    "Site20": ("Leibnitz beta", None, None, None),
    "Site20v2": ("Leibnitz beta, second version", None, None, None),
    "Site23": ("Malapert massif", 4200, 70_586_804, None),
    "Site42": ("de Gerlache-Kocher massif", None, None, None),
    "DM1": ("Amundsen rim", None, None, None),
    "DM2": ("Nobile rim 2", 4000, 64_025_607, None),
    "Haworth": ("Haworth", None, 142_123_767, None),
    "Shoemaker": ("Shoemaker", None, None, None),
    "SL2": ("de Gerlache rim", None, None, None),
    "SL3": ("Connecting ridge extension", None, None, None),
    **{f"NP{letter}": (f"site NP{letter}", None, None, None) for letter in "ABCD"},
    **{f"LM{n}": (f"site LM{n}", None, None, None) for n in range(1, 9)},
}  # fmt: skip

# Name, pixel, pixels along a side, bytes, sha256, whether the address is confirmed; after Barker et al. 2023 (south).
_ADJUSTED: tuple[tuple[str, float, int | None, int | None, str | None, bool], ...] = (
    ("LDEM_60S_240MPP_ADJ", 240.0, None, 218_961_039, None, True),
    ("LDEM_60S_120MPP_ADJ", 120.0, 15_520, None, None, True),
    ("LDEM_60S_60MPP_ADJ", 60.0, None, None, None, True),
    ("LDEM_75S_30MPP_ADJ", 30.0, None, None, None, True),
    ("LDEM_80S_80MPP_ADJ", 80.0, 7600, 189_158_392, None, True),
    ("LDEM_80S_40MPP_ADJ", 40.0, 15_200, None, None, False),
    (
        "LDEM_80S_20MPP_ADJ", 20.0, 30_400, 2_696_082_051,
        "09b7ca80f9e6a146f970225d18af72fc02787669b3ef51b888e347d2b6845649", True,
    ),
    ("LDEM_83S_10MPP_ADJ", 10.0, None, None, None, True),
)  # fmt: skip
_ADJUSTED_NORTH = (("LDEM_60N_120MPP_ADJ", 120.0, True), ("LDEM_80N_20MPP_ADJ", 20.0, False))

# Latitude and pixel, pixel, pixels along a side, bytes, sha256 of image and label.
_GRIDDED: tuple[tuple[str, float, int | None, int | None, str | None, str | None], ...] = (
    (
        "75{}_120m", 120.0, 7624, 116_250_752,
        "ae3afc3c75c33d43666ca06c83ca08f0b12ef03b7d36d2d791d972730794391b",
        "5c59b16ec8a610792b1776fa082e409c8cc9f6743757710d14876ef366acd99a",
    ),
    (
        "80{}_20m", 20.0, 30_400, 1_848_320_000,
        "db44c3b2444acff1af528301c8a6988934b490249aceff0ac55668bdf3eab365", None,
    ),
    ("85{}_10m", 10.0, None, None, None, None),
    ("875{}_5m", 5.0, 30_336, 1_840_545_792, None, None),
)  # fmt: skip
_COMPRESSED = (("75{}_240m", 240.0, 10_766_928), ("75{}_30m", 30.0, None), ("80{}_80m", 80.0, 29_837_992),
               ("80{}_20m", 20.0, None), ("85{}_20m", 20.0, None), ("875{}_20m", 20.0, 21_462_406))  # fmt: skip

# Grid, pixel, pixels along a side, and bytes of illumination, Earth visibility and permanent shadow.
_LIGHT = (
    ("85S_060M", 60.0, 5058, (33_994_464, 24_862_958, 656_183)),
    ("75S_120M", 120.0, 7624, (83_052_039, 43_148_153, 1_046_706)),
    ("65S_240M", 240.0, 6420, (60_394_652, 22_963_503, 582_074)),
    ("85N_060M", 60.0, 5058, (36_856_252, 29_073_989, 824_237)),
    ("75N_120M", 120.0, 7624, (85_114_777, 45_957_495, 1_105_159)),
    ("65N_240M", 240.0, 6420, (61_184_010, 23_239_031, 613_892)),
)


def _gridded() -> Iterator[Product]:
    """LOLA's gridded data records at PDS: 16-bit images, and lossless JPEG 2000, each with its label."""
    for pole, place in (("s", "south"), ("n", "north")):
        south = pole == "s"
        for name, pixel_m, side_px, size, sha256, label_sha256 in _GRIDDED:
            yield _elevation(
                "pds", f"data/lola_gdr/polar/img/ldem_{name.format(pole)}.img", f"LOLA GDR, {place} pole", pixel_m,
                side_px, size, sha256 if south else None, confirmed=south, label_sha256=label_sha256 if south else None,
            )  # fmt: skip
        for name, pixel_m, size in _COMPRESSED:
            yield _elevation(
                "pds", f"data/lola_gdr/polar/jp2/ldem_{name.format(pole)}.jp2", f"LOLA GDR, {place} pole, JPEG 2000",
                pixel_m, None, size if south else None, confirmed=south,
            )  # fmt: skip


def _light() -> Iterator[Product]:
    """Mean light, Earth visibility and permanent shadow after Mazarico et al. 2011, release of August 2016."""
    for grid, pixel_m, side_px, sizes in _LIGHT:
        names = (f"AVGVISIB_{grid}_201608", f"AVGVISIB_{grid}_201608_EARTH", f"LPSR_{grid}_201608")
        kinds = (ProductKind.ILLUMINATION, ProductKind.EARTH_VISIBILITY, ProductKind.PERMANENT_SHADOW)
        for name, kind, size in zip(names, kinds, sizes, strict=True):
            file = ProductFile(f"MoonIllumination/{name}.TIF", ExpectedFile(size))
            yield Product(name, f"{kind.value}, LOLA", kind, "pgda", (file,), pixel_m, side_px)


def _all() -> Iterator[Product]:
    for site, (place, side_px, size, sha256) in _SITES.items():
        path = f"LOLA_5mpp/{site}/{site}_final_adj_5mpp_surf.tif"
        known = size is not None or site == "Site11"
        yield _elevation("pgda", path, f"{place}, PGDA 78", 5.0, side_px, size, sha256, confirmed=known)
    yield _elevation(
        "pgda", "LOLA_5mpp/87S/ldem_87s_5mpp.tif", "87° to 90° S", 5.0, 40_000, 3_465_285_714,
        "417a85715406c346e2ecb2fc3abc93d3717121466e3d4950e1a6b977f207b881",
    )  # fmt: skip
    for name, pixel_m, side, size, sha256, confirmed in _ADJUSTED:
        path = f"LOLA_20mpp/{name}.TIF"
        yield _elevation("pgda", path, "south pole, PGDA 90", pixel_m, side, size, sha256, confirmed=confirmed)
    for name, pixel_m, confirmed in _ADJUSTED_NORTH:
        yield _elevation("pgda", f"LOLA_20mpp_NP/{name}.TIF", "north pole, PGDA", pixel_m, confirmed=confirmed)
    yield from _gridded()
    yield from _light()


PRODUCTS: dict[str, Product] = {product.name: product for product in _all()}


class UnknownProductError(RefusalError):
    """No product has such a name."""


def product_named(name: str) -> Product:
    """Return a product by its name in any case, or by whole words of its beginning that only one has.

    Raises
    ------
    UnknownProductError
        Where none has it, or several do.
    """
    wanted = name.upper()
    if wanted in PRODUCTS:
        return PRODUCTS[wanted]
    found = [product for known, product in PRODUCTS.items() if known.startswith(f"{wanted}_")]
    if len(found) == 1:
        return found[0]
    meant = f"it may be {', '.join(product.name for product in found[:6])}" if found else "none begins so"
    raise UnknownProductError(f"no product is named {name!r}; {meant}. `malapert terrain fetch` lists them")
