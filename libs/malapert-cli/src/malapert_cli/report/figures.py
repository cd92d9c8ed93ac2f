"""The figures that a mission is planned with: each with where it stands, its source, and how far to trust it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from malapert_client.widget.data import Json

# The classes of confidence of mission documents, those to be read with most care first.
CONFIDENCES = {
    "A": "assumption",
    "U": "unverified",
    "L": "weak source or proxy",
    "D": "derived",
    "M": "secondary source",
    "H": "primary source",
}


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure: the part of the mission it is in, its name there, its value with unit, how far to trust it, why."""

    owner: str
    name: str
    value: str
    confidence: str
    source: str

    @property
    def trust(self) -> str:
        """Confidence in words."""
        return CONFIDENCES[self.confidence]


def figures_of(document: Json) -> list[FigureRow]:
    """Return every figure of a mission document as the API serves it, in its order."""
    return list(_walk(document, ()))


def count_by_confidence(rows: list[FigureRow]) -> dict[str, int]:
    """Return how many figures there are of each class that occurs, those to be read with most care first."""
    counts = Counter(row.confidence for row in rows)
    return {confidence: counts[confidence] for confidence in CONFIDENCES if counts[confidence]}


def _walk(part: Any, path: tuple[str, ...]) -> Iterator[FigureRow]:
    if isinstance(part, list):
        for index, item in enumerate(part):
            name = item.get("id", index) if isinstance(item, dict) else index
            yield from _walk(item, (*path, str(name)))
    elif isinstance(part, dict):
        if part.keys() >= {"value", "confidence", "source"} and isinstance(part["value"], str):
            owner, *names = [name.replace("_", " ") for name in path]
            yield FigureRow(owner, ", ".join(names), part["value"], part["confidence"], part["source"])
            return
        for key, child in part.items():
            yield from _walk(child, (*path, key))
