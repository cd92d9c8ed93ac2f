"""PDS3 labels: the text that says what an image holds, each keyword with its line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from malapert_core.errors import Fault

from malapert_landing_site.terrain.dem.header import refusal, unreadable
from malapert_landing_site.terrain.dem.odl import ENDS, OdlError, OdlValue, Statement, statements

# A label of LOLA has 5 kB; one attached to an image ends before its first record.
MAX_LABEL_BYTES = 1 << 20
# Said in place of a value that does not apply (PDS Standards Reference 3.8, 17.2).
NOT_APPLICABLE = "N/A"


@dataclass(frozen=True)
class Pds3Label:
    """Values of a label by `OBJECT.KEYWORD`, in capitals; an object within another is named by itself alone.

    Attributes
    ----------
    size_bytes : int
        Bytes of the label with its END.
    """

    values: dict[str, OdlValue]
    objects: tuple[str, ...]
    size_bytes: int

    def value(self, *names: str) -> OdlValue | None:
        """The first of some values that is there and applies."""
        found = (self.values.get(name) for name in names)
        return next((v for v in found if v is not None and v.text.upper() != NOT_APPLICABLE), None)

    def text(self, *names: str) -> str | None:
        """The text of the first of some values."""
        value = self.value(*names)
        return value.text if value else None

    def keywords(self, name: str) -> dict[str, OdlValue]:
        """Values of one object by their keywords."""
        prefix = f"{name}."
        return {key.removeprefix(prefix): value for key, value in self.values.items() if key.startswith(prefix)}


@dataclass(frozen=True)
class ImagePointer:
    """Location of the image by its label: a file of some name, or after the label itself (no name)."""

    file_name: str | None
    start_byte: int
    line: int


def image_pointer(label: Pds3Label, file_name: str) -> ImagePointer | None:
    """Location of the image of a label; None where the label states none.

    A record number counts from 1 and takes RECORD_BYTES; a byte number counts from 1 too.

    Raises
    ------
    InvalidInputError
        TERRAIN_LABEL_INCOMPLETE where the pointer cannot be understood.
    """
    value = label.value("^IMAGE", "UNCOMPRESSED_FILE.^IMAGE", "FILE.^IMAGE")
    if value is None or not value.items:
        return None
    names = [item for item in value.items if item.number is None]
    places = [item for item in value.items if item.number is not None]
    start_byte = _start_byte(places[0], label) if places else 0
    if start_byte is None or [*names, *places] != list(value.items) or max(len(names), len(places)) > 1:
        message = (
            f"{file_name}: the label's ^IMAGE in line {value.line} is {value.text[:100]!r}; a file name, a record "
            "(with RECORD_BYTES) or a byte (with <BYTES>) from 1, or a name and one of them is needed"
        )
        raise refusal(file_name, [Fault("label.^IMAGE", "TERRAIN_LABEL_INCOMPLETE", message)])
    return ImagePointer(names[0].text if names else None, start_byte, value.line)


def _start_byte(place: OdlValue, label: Pds3Label) -> int | None:
    """Bytes before a record or byte that counts from 1, None where that cannot be told."""
    before = (place.number or 0.0) - 1.0
    record = label.value("RECORD_BYTES", "UNCOMPRESSED_FILE.RECORD_BYTES", "FILE.RECORD_BYTES")
    step = {"": record.number if record else None, "byte": 1.0, "bytes": 1.0}.get(place.unit)
    if before < 0.0 or before != int(before) or (before > 0.0 and (step is None or step < 1.0)):
        return None
    return int(before * (step or 0.0))


def read_label(path: Path, file_name: str) -> Pds3Label:
    """Read a label, detached or at the beginning of an image.

    Raises
    ------
    InvalidInputError
        TERRAIN_UNREADABLE where the file has no label or it breaks off, TERRAIN_LABEL_DUPLICATE for what is twice.
    """
    with path.open("rb") as file:
        text = file.read(MAX_LABEL_BYTES).decode("latin-1")
    try:
        label, faults = _label(*statements(text), file_name)
    except OdlError as error:
        raise unreadable(file_name, f"has a PDS3 label that cannot be read: {error}") from error
    version = label.text("PDS_VERSION_ID")
    if version is None or version.upper() != "PDS3":
        message = f"{file_name}: the label's PDS_VERSION_ID is {version!r}; PDS3 is read"
        faults.append(Fault("label.PDS_VERSION_ID", "TERRAIN_FORMAT_REFUSED", message))
    if faults:
        raise refusal(file_name, faults)
    return label


def _label(found: list[Statement], end: int, file_name: str) -> tuple[Pds3Label, list[Fault]]:
    reading = _Reading()
    for statement in found:
        reading.take(statement)
    if reading.open_objects:
        raise OdlError(f"the object {reading.open_objects[-1][:60]} is not ended")
    faults = [
        Fault(
            f"label.{name.rpartition('.')[2]}",
            "TERRAIN_LABEL_DUPLICATE",
            f"{file_name}: the label has {name[:100]} in line {first} and in line {second}; once is allowed",
        )
        for name, first, second in reading.twice
    ]
    return Pds3Label(reading.values, tuple(reading.objects), end), faults


class _Reading:
    """State of a label's reading."""

    def __init__(self) -> None:
        self.values: dict[str, OdlValue] = {}
        self.objects: dict[str, int] = {}
        self.open_objects: list[str] = []
        self.twice: list[tuple[str, int, int]] = []

    def take(self, statement: Statement) -> None:
        """Take the next statement."""
        value, line = statement.value, statement.line
        if statement.name in ENDS or value is None:
            self._close(value, line)
        elif statement.name in ("OBJECT", "GROUP"):
            name = value.text.upper()
            # Columns of a table, say, are many; what describes the image is there once.
            if name in self.objects and name in _ONCE:
                self.twice.append((name, self.objects[name], line))
            self.objects.setdefault(name, line)
            self.open_objects.append(name)
        else:
            name = ".".join([*self.open_objects[-1:], statement.name])
            if name in self.values and (not self.open_objects or self.open_objects[-1] in _ONCE):
                self.twice.append((name, self.values[name].line, line))
            self.values.setdefault(name, value)

    def _close(self, value: OdlValue | None, line: int) -> None:
        if not self.open_objects or (value is not None and value.text.upper() != self.open_objects[-1]):
            what = value.text[:60] if value else "an object"
            raise OdlError(f"line {line}: {what} is ended, but {(self.open_objects or ['none'])[-1][:60]} is open")
        self.open_objects.pop()


# Objects that describe the image.
_ONCE = ("IMAGE", "IMAGE_MAP_PROJECTION", "FILE", "COMPRESSED_FILE", "UNCOMPRESSED_FILE")
