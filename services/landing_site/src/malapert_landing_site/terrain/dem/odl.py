"""Statements of ODL, the language of PDS3 labels (PDS Standards Reference 3.8, chapter 12)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from malapert_core.documents.numbers import double_of

_SKIPPED = re.compile(r"(?:\s++|/\*.*?\*/)*+", re.DOTALL)
_NAME = re.compile(r"\^?[A-Za-z0-9][\w:]*+")
_VALUE = re.compile(
    r'"(?P<text>[^"]*+)"'
    r"|'(?P<symbol>[^'\r\n]*+)'"
    r'|\((?P<sequence>(?:"[^"]*+"|[^"()]|\((?:"[^"]*+"|[^"()])*+\))*+)\)'
    r'|\{(?P<set>(?:"[^"]*+"|[^"{}])*+)\}'
    r"|(?P<word>(?:(?!/\*)[^\s\"'(){}<>,=])++)"
)
_UNIT = re.compile(r"\s*+<([^<>\r\n]*+)>")
_DECIMAL = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_BASED = re.compile(r"(?P<sign>[-+]?)(?P<radix>\d{1,2})#(?P<inner>[-+]?)(?P<digits>[0-9A-Za-z]+)#")


ENDS = ("END_OBJECT", "END_GROUP")


class OdlError(ValueError):
    """Text that is no ODL; it says the line."""


@dataclass(frozen=True)
class BasedInteger:
    """An integer in another base than ten, such as `16#FF7FFFFB#`: its value, and its digits as a pattern of bits.

    Attributes
    ----------
    bits : int
        Bits that its digits stand for, where the base is a power of two and no sign is given; else 0.
    """

    value: int
    bits: int


@dataclass(frozen=True)
class OdlValue:
    """A value as it is written, without its quotes.

    Attributes
    ----------
    unit : str
        In lower case without blanks; empty where none is given.
    items : tuple of OdlValue
        Elements of a sequence or set; the value itself, alone, where it is neither.
    """

    text: str
    unit: str
    line: int
    quoted: bool = False
    elements: tuple[OdlValue, ...] | None = None

    @property
    def items(self) -> tuple[OdlValue, ...]:
        """Elements of a sequence or set, or the value itself."""
        return (self,) if self.elements is None else self.elements

    @property
    def based(self) -> BasedInteger | None:
        """The value as an integer with a base, None where it is none."""
        return None if self.elements is not None else _based(self.text)

    @property
    def number(self) -> float | None:
        """The value as a finite number, None where it is none."""
        if self.elements is not None:
            return None
        based = _based(self.text)
        try:
            if based is not None:
                return float(based.value)
            return double_of(self.text) if _DECIMAL.fullmatch(self.text) else None
        except (OverflowError, ValueError):  # an integer may have any number of digits
            return None


@dataclass(frozen=True)
class Statement:
    """`NAME = value`; a value may be missing where an object ends."""

    name: str
    value: OdlValue | None
    line: int


def statements(text: str) -> tuple[list[Statement], int]:
    """Statements of a label until END, and how many characters they take with it.

    Raises
    ------
    OdlError
        Where the text breaks off before END, or is no statement.
    """
    reader = _Reader(text)
    found: list[Statement] = []
    while True:
        line, name = reader.name()
        if name == "END":
            return found, reader.at
        if reader.equals():
            found.append(Statement(name, reader.value(), line))
        elif name in ENDS:
            found.append(Statement(name, None, line))
        else:
            raise OdlError(f"line {line}: {name[:60]} has no value: `=` is needed")


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0
        self._line, self._counted_to = 1, 0

    def name(self) -> tuple[int, str]:
        self._skip()
        match = _NAME.match(self._text, self.at)
        if match is None:
            found = self._text[self.at : self.at + 30]
            what = f"{found!r} is no keyword" if found else "it breaks off without END"
            raise OdlError(f"line {self.line()}: {what}")
        line, self.at = self.line(), match.end()
        return line, match[0].upper()

    def equals(self) -> bool:
        self._skip()
        found = self._text.startswith("=", self.at)
        self.at += found
        return found

    def value(self) -> OdlValue:
        self._skip()
        line, match = self.line(), _VALUE.match(self._text, self.at)
        if match is None:
            raise OdlError(f"line {line}: {self._text[self.at : self.at + 30]!r} is no value")
        self.at = match.end()
        unit = _UNIT.match(self._text, self.at)
        self.at = unit.end() if unit else self.at
        return _value_of(match, unit, line)

    def line(self) -> int:
        self._line += self._text.count("\n", self._counted_to, self.at)
        self._counted_to = self.at
        return self._line

    def _skip(self) -> None:
        match = _SKIPPED.match(self._text, self.at)
        self.at = match.end() if match else self.at


def _value_of(match: re.Match[str], unit: re.Match[str] | None, line: int) -> OdlValue:
    kind, length = str(match.lastgroup), _unit_of(unit)
    text = match[kind]
    if kind in ("sequence", "set"):
        return OdlValue(text.strip(), length, line, False, tuple(_elements(text, line)))
    return OdlValue(text.strip(), length, line, kind in ("text", "symbol"))


def _elements(text: str, line: int) -> Iterator[OdlValue]:
    at = 0
    while True:
        at = _end(_SKIPPED, text, at)
        if at == len(text):
            return
        match = _VALUE.match(text, at)
        if match is None:
            raise OdlError(f"line {line}: {text[at : at + 30]!r} is no element of a sequence or set")
        unit = _UNIT.match(text, match.end())
        yield _value_of(match, unit, line)
        at = _end(_SKIPPED, text, unit.end() if unit else match.end())
        if at < len(text) and text[at] != ",":
            raise OdlError(f"line {line}: elements of a sequence or set are divided by commas")
        at += at < len(text)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _unit_of(match: re.Match[str] | None) -> str:
    return "".join(match[1].split()).lower() if match else ""


def _based(text: str) -> BasedInteger | None:
    match = _BASED.fullmatch(text)
    if match is None or not 2 <= int(match["radix"]) <= 16 or (match["sign"] and match["inner"]):
        return None
    try:
        value = int(match["digits"], int(match["radix"]))
    except ValueError:
        return None
    sign = match["sign"] or match["inner"]
    width = {2: 1, 4: 2, 8: 3, 16: 4}.get(int(match["radix"]), 0)
    return BasedInteger(-value if sign == "-" else value, 0 if sign else width * len(match["digits"]))
