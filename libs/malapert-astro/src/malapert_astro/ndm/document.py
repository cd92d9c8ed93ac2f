"""What both messages share: keyword and value lines, XML, epochs in named time systems, and faults with their place."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

from malapert_astro.times import installed_time_scale, tdb_from_utc, utc_seconds

TIME_SYSTEMS = ("UTC", "TAI", "TT", "TDB", "GPS")
_J2000_UNIX_S = 946_728_000.0
_GPS_BEHIND_TAI_S = 19.0
_EPOCH = re.compile(
    r"(?P<year>\d{4})-(?:(?P<day_of_year>\d{3})|(?P<month>\d{2})-(?P<day>\d{2}))"
    r"T(?P<hour>\d{2}):(?P<minute>\d{2}):(?P<second>\d{2}(?:\.\d*)?)Z?"
)
_MOST_FAULTS = 100


@dataclass(frozen=True)
class NdmFault:
    """One thing that is wrong: where (a line or an element), a code, and what is allowed."""

    where: str
    code: str
    message: str


class NdmError(ValueError):
    """A message that cannot be read, with every fault that was found (at most 100)."""

    def __init__(self, faults: list[NdmFault]) -> None:
        self.faults = tuple(faults[:_MOST_FAULTS])
        first = faults[0]
        more = f", and {len(faults) - 1} more faults" if len(faults) > 1 else ""
        super().__init__(f"{first.where}: {first.message}{more}")


@dataclass
class Faults:
    """Collects faults while a message is read."""

    found: list[NdmFault] = field(default_factory=list)

    def add(self, where: str, code: str, message: str) -> None:
        """Note one fault."""
        self.found.append(NdmFault(where, code, message))

    def raise_if_any(self) -> None:
        """Raise NdmError where anything was noted."""
        if self.found:
            raise NdmError(self.found)

    def number(self, text: str, where: str, what: str) -> float:
        """Return a finite number, or note that it is none."""
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.add(where, "NOT_A_NUMBER", f"{what} is {text!r}, not a finite number")
            return 0.0
        return value

    def epoch(self, text: str, system: str, where: str) -> float:
        """Return TDB seconds past J2000 of an epoch in a time system, or note that it is none."""
        try:
            return tdb_of(text, system)
        except ValueError as error:
            self.add(where, "NOT_AN_EPOCH", str(error))
            return math.nan


@dataclass(frozen=True)
class Line:
    """One line of text that says something: its number, its keyword (empty for data) and the rest."""

    number: int
    keyword: str
    value: str

    @property
    def where(self) -> str:
        """Where it is, for faults."""
        return f"line {self.number}"


def lines_of(text: str) -> Iterator[Line]:
    """Yield the lines of a text message that are neither empty nor comments."""
    for number, raw in enumerate(text.splitlines(), 1):
        stripped = raw.strip()
        if not stripped or stripped == "COMMENT" or stripped.startswith("COMMENT "):
            continue
        keyword, equals, value = stripped.partition("=")
        if equals:
            yield Line(number, keyword.strip(), value.strip())
        elif re.fullmatch(r"[A-Z_0-9]+", stripped):
            yield Line(number, stripped, "")
        else:
            yield Line(number, "", stripped)


def decoded(content: bytes) -> str:
    """Return the text of a message.

    Raises
    ------
    NdmError
        If it is empty or no UTF-8.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NdmError([NdmFault(f"byte {error.start}", "NOT_TEXT", "the message is not UTF-8 text")]) from error
    if not text.strip():
        raise NdmError([NdmFault("message", "EMPTY", "the message is empty")])
    return text


def is_xml(text: str) -> bool:
    """Return whether a message is XML rather than keyword and value lines."""
    return text.lstrip().startswith("<")


def xml_root(text: str, message: str) -> ElementTree.Element:
    """Return the element of a message, inside an ``ndm`` element or not, without namespaces in any name.

    Raises
    ------
    NdmError
        If it is no XML, declares a document type (whose entities could grow without bound), or holds another message.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise NdmError([NdmFault("message", "DOCTYPE", "a document type declaration is not allowed")])
    try:
        # Without a document type there are no entities that could grow.
        root = ElementTree.fromstring(text.encode())  # noqa: S314
    except ElementTree.ParseError as error:
        raise NdmError([NdmFault(f"line {error.position[0]}", "NOT_XML", f"the message is no XML: {error}")]) from error
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.rpartition("}")[2]
    found = root if root.tag == message else root.find(message)
    if found is None:
        raise NdmError([NdmFault(f"<{root.tag}>", "WRONG_MESSAGE", f"an <{message}> element is needed")])
    return found


def text_of(element: ElementTree.Element | None, name: str) -> str:
    """Return the text of a child, empty where there is none."""
    return (element.findtext(name) or "").strip() if element is not None else ""


def tdb_of(text: str, system: str) -> float:
    """Return TDB seconds past J2000 of a CCSDS ASCII time code (A or B) in a time system.

    Raises
    ------
    ValueError
        If the text is no such time, or the system is none of `TIME_SYSTEMS`.
    """
    match = _EPOCH.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no time like 2029-01-15T00:00:00.000 or 2029-015T00:00:00.000")
    parts = match.groupdict()
    try:
        if parts["day_of_year"]:
            day = datetime(int(parts["year"]), 1, 1, tzinfo=UTC) + timedelta(days=int(parts["day_of_year"]) - 1)
            if day.year != int(parts["year"]):
                raise ValueError("day of the year")
        else:
            day = datetime(int(parts["year"]), int(parts["month"]), int(parts["day"]), tzinfo=UTC)
        clock = timedelta(hours=int(parts["hour"]), minutes=int(parts["minute"]))
        if int(parts["hour"]) > 23 or int(parts["minute"]) > 59 or float(parts["second"]) >= 61.0:
            raise ValueError("time of day")
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no time: {error}") from error
    seconds = utc_seconds(day + clock) + float(parts["second"])
    if system == "UTC":
        return float(tdb_from_utc(seconds))
    since_s = seconds - _J2000_UNIX_S
    scale = installed_time_scale()
    if system == "TDB":
        return since_s
    if system == "TT":
        return float(scale.tdb_from_tt(since_s))
    if system in ("TAI", "GPS"):
        tai_s = since_s + (_GPS_BEHIND_TAI_S if system == "GPS" else 0.0)
        return float(scale.tdb_from_tt(tai_s + scale.tt_minus_tai_s))
    raise ValueError(f"time system {system!r} is none of {', '.join(TIME_SYSTEMS)}")


def utc_text(utc: datetime) -> str:
    """Return a UTC time as an ASCII time code A with microseconds."""
    return utc.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
