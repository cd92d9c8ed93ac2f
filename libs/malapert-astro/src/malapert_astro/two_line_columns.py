"""Columns of two-line elements: what may stand in each (Hoots and Roehrich, Spacetrack Report No. 3; CelesTrak).

Only complete, printed lines are read: SGP4's own reader takes letters and blanks in numbers for digits.
"""

import re
from calendar import isleap
from dataclasses import dataclass

LENGTH = 69


@dataclass(frozen=True)
class Column:
    """A field of a line: its columns, counted from 1, the pattern that it must match, and what that is in words."""

    name: str
    first: int
    last: int
    pattern: re.Pattern[str]
    allowed: str

    def of(self, line: str) -> str:
        """Return what a line has in it."""
        return line[self.first - 1 : self.last]


def _column(name: str, first: int, last: int, pattern: str, allowed: str) -> Column:
    return Column(name, first, last, re.compile(pattern, re.ASCII), allowed)


_NUMBER = _column(
    "catalogue number",
    3,
    7,
    r"[A-HJ-NP-Z0-9][0-9]{4}| {1,4}[0-9]{1,4}",
    "5 digits, or a letter but I and O and 4 digits",
)
_ANGLE = r" {0,2}[0-9]{1,3}\.[0-9]{4}"
_POWER = r"[ +-][0-9]{5}[+-][0-9]"
EPOCH_YEAR = _column("epoch's year", 19, 20, r"[0-9]{2}", "2 digits")
EPOCH_DAY = _column("epoch's day", 21, 32, r"[0-9]{3}\.[0-9]{8}", "a day of the year like 061.51782528")
EPHEMERIS_TYPE = _column("ephemeris type", 63, 63, r"[0 ]", "0: elements of SGP4; those of SGP4-XP (4) are others")
FIRST = (
    _NUMBER,
    _column("classification", 8, 8, r"[UCS ]", "U, C or S"),
    _column("international designator", 10, 17, r" {8}|[0-9]{5}[A-Z]{1,3} *", "like 15047A"),
    EPOCH_YEAR,
    EPOCH_DAY,
    _column("first derivative of mean motion", 34, 43, r"[ +-]\.[0-9]{8}", "like -.00002182"),
    _column("second derivative of mean motion", 45, 52, _POWER, "like 00000-0"),
    _column("drag term", 54, 61, _POWER, "like -11606-4"),
    EPHEMERIS_TYPE,
    _column("element set number", 65, 68, r" {0,4}[0-9]{0,4}", "a whole number"),
    _column("checksum", 69, 69, r"[0-9]", "a digit"),
)
INCLINATION = _column("inclination", 9, 16, _ANGLE, "like 51.6416")
NODE = _column("ascending node", 18, 25, _ANGLE, "like 247.4627")
PERIGEE = _column("argument of perigee", 35, 42, _ANGLE, "like 130.5360")
ANOMALY = _column("mean anomaly", 44, 51, _ANGLE, "like 325.0288")
MOTION = _column("mean motion", 53, 63, r" ?[0-9]{1,2}\.[0-9]{8}", "like 15.72125391")
SECOND = (
    _NUMBER,
    INCLINATION,
    NODE,
    _column("eccentricity", 27, 33, r"[0-9]{7}", "7 digits"),
    PERIGEE,
    ANOMALY,
    MOTION,
    _column("revolution number", 64, 68, r" {0,5}[0-9]{0,5}", "a whole number"),
    _column("checksum", 69, 69, r"[0-9]", "a digit"),
)


def column_faults(number: int, line: str) -> list[tuple[str, str, str]]:
    """Return (where, code, message) of what is wrong in a line's columns; its length is right."""
    where, columns = f"line {number}", FIRST if number == 1 else SECOND
    faults = [
        (
            where,
            "WRONG_COLUMN",
            f"{_place(column)} is {column.of(line)!r}, not {column.allowed}",
        )
        for column in columns
        if column.pattern.fullmatch(column.of(line)) is None
    ]
    taken = {place for column in columns for place in range(column.first - 1, column.last)} | {0}
    full = [place + 1 for place in range(LENGTH) if place not in taken and line[place] != " "]
    if full:
        faults.append((where, "WRONG_COLUMN", f"columns {', '.join(map(str, full))} must be blank"))
    if faults:
        return faults
    return _day_faults(line) if number == 1 else _range_faults(line)


def full_year(line: str) -> int:
    """Return the year of a line's epoch: 57 to 99 are of the last century."""
    year = int(EPOCH_YEAR.of(line))
    return year + (1900 if year >= 57 else 2000)


def _day_faults(line: str) -> list[tuple[str, str, str]]:
    year, day = full_year(line), int(EPOCH_DAY.of(line)[:3])
    days = 366 if isleap(year) else 365
    faults = []
    if not 1 <= day <= days:
        message = f"{_place(EPOCH_DAY)} is {day:03d}; {year} has days 001 to {days}"
        faults.append(("line 1", "OUT_OF_RANGE", message))
    if year < 1972:
        message = f"the epoch's year is {year}; times from 1972, when UTC began, can be read"
        faults.append(("line 1", "OUT_OF_RANGE", message))
    return faults


def _range_faults(line: str) -> list[tuple[str, str, str]]:
    limits = ((INCLINATION, 180.0), (NODE, 360.0), (PERIGEE, 360.0), (ANOMALY, 360.0))
    faults = [
        ("line 2", "OUT_OF_RANGE", f"{_place(column)} is not in 0 to {highest:g} degrees")
        for column, highest in limits
        if float(column.of(line)) > highest
    ]
    if not 0.0 < float(MOTION.of(line)) < 20.0:
        faults.append(("line 2", "OUT_OF_RANGE", f"{_place(MOTION)} is not in 0 to 20 turns a day"))
    return faults


def _place(column: Column) -> str:
    columns = f"column {column.first}" if column.first == column.last else f"columns {column.first}-{column.last}"
    return f"{column.name} ({columns})"
