"""Faults of a navigation data message, each with its place, and the values that every reader reads alike."""

import math
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from malapert_astro.ndm.epochs import clock_reading, tdb_of_readings, time_system_of
from malapert_astro.unclean_characters import UNCLEAN

MOST_FAULTS = 100
_LONGEST_QUOTE = 60
_LONGEST_MESSAGE = 300
# Python's own numbers allow more: underscores, digits of other scripts, `nan`, `inf`.
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_STATES_MORE = re.compile(r"[+-]?[0.]*[1-9]")
"""Pattern of what begins a number other than zero."""


@dataclass(frozen=True)
class NdmFault:
    """One thing that is wrong: where (a line or an element), a code, and what is allowed."""

    where: str
    code: str
    message: str


class NdmError(ValueError):
    """A message that cannot be read, with every fault that was found (at most 100)."""

    def __init__(self, faults: Sequence[NdmFault]) -> None:
        self.faults = tuple(faults[:MOST_FAULTS])
        first = faults[0]
        more = f", and {len(faults) - 1} more faults" if len(faults) > 1 else ""
        super().__init__(f"{first.where}: {first.message}{more}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A value as it was written, and its place."""

    value: str
    where: str


@dataclass
class Faults:
    """The faults found while a message is read."""

    found: list[NdmFault] = field(default_factory=list)

    def add(self, where: str, code: str, message: str) -> None:
        """Note one fault; what it quotes of the message may be of any length and is cut."""
        if len(message) > _LONGEST_MESSAGE:
            message = f"{message[: _LONGEST_MESSAGE // 2]} … {message[-_LONGEST_MESSAGE // 2 :]}"
        self.found.append(NdmFault(where, code, message))

    def raise_if_any(self) -> None:
        """Raise NdmError where anything was noted."""
        if self.found:
            raise NdmError(self.found)

    def enter(self, entries: dict[str, Entry], keyword: str, value: str, where: str) -> None:
        """Enter a value under its keyword, or note that one is there already."""
        if keyword in entries:
            message = f"{quoted(keyword)} is given already: {entries[keyword].where}"
            self.add(where, "DUPLICATE_KEYWORD", message)
            return
        # XML writes any character by its number, which no look at the whole text finds.
        unclean = UNCLEAN.search(value.replace("\t", " "))
        if unclean is not None:
            self.add(where, "CONTROL_CHARACTER", f"the character U+{ord(unclean[0]):04X} is not allowed in a value")
        entries[keyword] = Entry(value, where)

    def number(self, text: str, where: str, what: str) -> float:
        """Return a finite number, or note that it is none, or so small that it would be read as zero."""
        value = float(text) if _NUMBER.fullmatch(text) else math.nan
        if not math.isfinite(value) or (abs(value) < sys.float_info.min and _is_lost(text, value)):
            self.add(where, "NOT_A_NUMBER", f"{what} is {quoted(text)}, not a finite number that a double holds")
            return 0.0
        return value

    def epoch(self, text: str, system: str, where: str) -> float:
        """Return TDB seconds past J2000 of an epoch in a time system, or note that it is none."""
        return float(self.epochs([text], system, [where])[0])

    def epochs(self, texts: Sequence[str], system: str, places: Sequence[str]) -> NDArray[np.float64]:
        """Return TDB seconds past J2000 of epochs in a time system; NaN for those that are none, which are noted."""
        readings = []
        for text, where in zip(texts, places, strict=True):
            try:
                readings.append(clock_reading(text, system))
            except ValueError as error:
                self.add(where, "NOT_AN_EPOCH", str(error))
                readings.append((math.nan, False))
        return tdb_of_readings(readings, system)

    def time_system(self, text: str, where: str) -> str:
        """Return the name of a time system, or note that it is not one that is read and return nothing."""
        try:
            return time_system_of(text)
        except ValueError as error:
            self.add(where, "UNKNOWN_TIME_SYSTEM", str(error))
            return ""


def _is_lost(text: str, value: float) -> bool:
    """Return whether a double next to zero is another number than was written."""
    return bool(_STATES_MORE.match(text)) and (value == 0.0 or Decimal(text) != Decimal(repr(value)))


def quoted(text: str) -> str:
    """Return a text in quotes, its end cut where it is long."""
    return repr(text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…")
