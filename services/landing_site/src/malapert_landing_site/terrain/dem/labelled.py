"""An image and the PDS3 label that says what it holds: whether they belong together, and the heights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from malapert_core.errors import Fault

from malapert_landing_site.terrain.dem.archive import UnpackedFile
from malapert_landing_site.terrain.dem.gdal import GdalSource, opened_by_gdal
from malapert_landing_site.terrain.dem.header import HeightSource, refusal, unreadable
from malapert_landing_site.terrain.dem.pds3 import Pds3Encoded, Pds3Image, Pds3Source, image_of
from malapert_landing_site.terrain.dem.pds3_label import Pds3Label, image_pointer, read_label

JPEG_2000 = (b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")


@contextmanager
def opened_attached(path: Path, file_name: str) -> Iterator[HeightSource]:
    """Open an image that begins with its label.

    Raises
    ------
    InvalidInputError
        TERRAIN_WITHOUT_IMAGE where the file is a label alone, or the faults of the label.
    """
    label = read_label(path, file_name)
    pointer = image_pointer(label, file_name)
    if pointer is None or pointer.file_name is not None or pointer.start_byte == 0:
        named = pointer.file_name if pointer else None
        message = f"is a PDS3 label alone; a zip archive of it and its image{f' {named}' if named else ''} is needed"
        raise unreadable(file_name, message, "TERRAIN_WITHOUT_IMAGE")
    if pointer.start_byte < label.size_bytes:
        message = (
            f"{file_name}: the label's ^IMAGE in line {pointer.line} is byte {pointer.start_byte + 1}, but the label "
            f"itself takes {label.size_bytes} bytes; the image begins after it"
        )
        raise refusal(file_name, [Fault("label.^IMAGE", "TERRAIN_LABEL_MISMATCH", message)])
    image = _image(label, file_name)
    _check_size(path, image, pointer.start_byte, file_name)
    yield Pds3Source(path, image, pointer.start_byte)


@contextmanager
def opened_labelled(label_file: UnpackedFile, image_file: UnpackedFile, file_name: str) -> Iterator[HeightSource]:
    """Open an image by its detached label.

    Raises
    ------
    InvalidInputError
        TERRAIN_LABEL_MISMATCH where the label is of another image, or the faults of the label.
    """
    label = read_label(label_file.path, file_name)
    pointer = image_pointer(label, file_name)
    named = [pointer.file_name if pointer else None, label.text("COMPRESSED_FILE.FILE_NAME")]
    if image_file.name.upper() not in {name.upper() for name in named if name}:
        stated = " or ".join(name[:200] for name in named if name) or "no image"
        message = (
            f"{file_name}: the label {label_file.name[:200]} is of {stated}, but the image is {image_file.name[:200]}"
        )
        raise refusal(file_name, [Fault("label.^IMAGE", "TERRAIN_LABEL_MISMATCH", message)])
    image = _image(label, file_name)
    with image_file.path.open("rb") as opened:
        encoded = opened.read(len(JPEG_2000[0])).startswith(JPEG_2000)
    if not encoded:
        start_byte = pointer.start_byte if pointer else 0
        _check_size(image_file.path, image, start_byte, file_name)
        yield Pds3Source(image_file.path, image, start_byte)
        return
    with opened_by_gdal(image_file.path, file_name, "JP2OpenJPEG") as pixels:
        _check_encoded(pixels, image, file_name)
        yield Pds3Encoded(pixels, image)


def _image(label: Pds3Label, file_name: str) -> Pds3Image:
    image, faults = image_of(label, file_name)
    if image is None:
        raise refusal(file_name, faults)
    return image


def _check_size(path: Path, image: Pds3Image, start_byte: int, file_name: str) -> None:
    header = image.header
    needed = header.height_px * image.line_bytes
    present = path.stat().st_size - start_byte
    if present == needed:
        return
    message = (
        f"{file_name}: the label states {header.height_px} lines of {header.width_px} samples of "
        f"{image.samples.dtype.itemsize} bytes, {needed} bytes, but the image has {max(present, 0)}"
    )
    code = "TERRAIN_TRUNCATED" if present < needed else "TERRAIN_LABEL_MISMATCH"
    # Records pad the end of an image to their own length, never by a whole line.
    if present < needed or present - needed >= image.line_bytes:
        raise refusal(file_name, [Fault("label.LINES", code, message)])


def _check_encoded(pixels: GdalSource, image: Pds3Image, file_name: str) -> None:
    stated, found = image.header, pixels.header
    # Where the image lies is for the label to say.
    faults = [fault for fault in found.faults if fault.path != "transform"]
    if faults:
        raise refusal(file_name, faults)
    needed = image.samples.dtype
    if needed.name != pixels.dtype_name:
        message = f"{file_name}: the label states samples of {needed.name}, but the image has {pixels.dtype_name}"
        raise refusal(file_name, [Fault("label.SAMPLE_TYPE", "TERRAIN_LABEL_MISMATCH", message)])
    if (stated.width_px, stated.height_px, 1) != (found.width_px, found.height_px, found.band_count):
        message = (
            f"{file_name}: the label states {stated.width_px} × {stated.height_px} pixels, but the image has "
            f"{found.width_px} × {found.height_px} in {found.band_count} bands"
        )
        raise refusal(file_name, [Fault("label.LINES", "TERRAIN_LABEL_MISMATCH", message)])
