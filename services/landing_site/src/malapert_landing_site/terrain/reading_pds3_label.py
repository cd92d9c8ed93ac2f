"""PDS3 labels: the text that says what a LOLA image holds (PDS Standards Reference 3.8, chapter 12, ODL)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

# A label of LOLA has 5 kB; one attached to an image ends before its first record.
MAX_LABEL_BYTES = 1 << 20
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_END = r"[ \t]*(?P<end>END_OBJECT|END_GROUP)\b[^\r\n]*"
_PAIR = r'[ \t]*(?P<name>\^?[A-Za-z][\w:]*)[ \t]*=[ \t]*(?P<value>"[^"]*"|\([^)]*\)|\{[^}]*\}|[^\r\n]*)'
_ITEM = re.compile(f"^(?:{_END}|{_PAIR})", re.MULTILINE)
_NUMBER = re.compile(r"^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(?:<\s*([^>]*?)\s*>)?\s*$")


@dataclass(frozen=True)
class Pds3Label:
    """Values of a label by `OBJECT.KEYWORD`, in capitals, as their text without quotes."""

    values: dict[str, str]

    def text(self, *names: str) -> str | None:
        """The first of some values that is there."""
        return next((self.values[name] for name in names if name in self.values), None)

    def number(self, name: str) -> tuple[float, str] | None:
        """A number and its unit in lower case; None where the value is absent or no number."""
        match = _NUMBER.match(self.values.get(name, ""))
        return (float(match[1]), (match[2] or "").lower()) if match else None


@dataclass(frozen=True)
class ImagePointer:
    """Where a label says that its image is: in a file of some name, or after the label itself (no name)."""

    file_name: str | None
    start_byte: int


_POINTER = re.compile(
    r'^\(?\s*(?:"?(?P<name>[^",()<>\s]*[^",()<>\s\d][^",()<>\s]*)"?\s*,?)?\s*(?P<place>\d+)?\s*(?P<bytes><BYTES>)?\s*\)?$'
)


def image_pointer(label: Pds3Label) -> ImagePointer | None:
    """Where the image of a label begins; None where the label does not say.

    A record number counts from 1 and takes RECORD_BYTES; a byte number counts from 1 too.
    """
    match = _POINTER.match((label.text("^IMAGE", "UNCOMPRESSED_FILE.^IMAGE", "FILE.^IMAGE") or "-").upper())
    if match is None or (match["name"] is None and match["place"] is None):
        return None
    before = int(match["place"] or 1) - 1
    record = label.number("RECORD_BYTES")
    return ImagePointer(match["name"], before if match["bytes"] else before * int(record[0] if record else 0))


def read_label(path: Path) -> Pds3Label | None:
    """Read a label, detached or at the beginning of an image; None where the file has none."""
    with path.open("rb") as file:
        text = file.read(MAX_LABEL_BYTES).decode("latin-1")
    if "PDS_VERSION_ID" not in text[:4096]:
        return None
    end = re.search(r"^\s*END\s*$", text, re.MULTILINE)
    return Pds3Label(_values(_COMMENT.sub("", text[: end.start()] if end else text)))


def _values(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    objects: list[str] = []
    for match in _ITEM.finditer(text):
        if match["end"]:
            objects = objects[:-1]
            continue
        name, value = match["name"].upper(), match["value"].strip()
        if name in ("OBJECT", "GROUP"):
            objects.append(value.upper())
        else:
            values[f"{objects[-1]}.{name}" if objects else name] = value.strip('"').strip()
    return values
