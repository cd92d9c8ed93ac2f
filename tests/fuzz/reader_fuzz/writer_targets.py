"""What is written of any text and time, as independent readers read it: iCalendar by icalendar, NDM by libxml2."""

import json
import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Calendar
from malapert_astro.ndm.oem import read_oem, write_oem
from malapert_astro.ndm.tdm import read_tdm
from malapert_astro.ndm.tdm_writing import write_tdm
from malapert_astro.ndm.written_text import one_line as ndm_line
from malapert_core.documents.plain_text import one_line, printable
from malapert_core.errors import InvalidInputError
from malapert_gateway.exports.calendar_events import CalendarEntry, calendar_of, event_uid

from reader_fuzz.extremes import CONTROLS, NUMBERS, TIMES, WORDS
from reader_fuzz.message_targets import TARGETS as MESSAGES
from reader_fuzz.ndm_schema import parsed, schema_errors
from reader_fuzz.running import Contradiction, Target

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
# RFC 5545 3.1: CONTROL, which no content line may hold.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _seeds() -> list[bytes]:
    return [json.dumps({"texts": ["Survey", "ridge-1", "Power 4 W"], "times_s": [0.0, 1800.0, 60.5]}).encode()]


def _mutate(rng: random.Random, content: bytes) -> bytes:
    """Return other texts, of words and characters at their ends, and other times."""

    def text() -> str:
        parts = (
            rng.choice((*WORDS, *NUMBERS, *TIMES, *CONTROLS, "\r\n", " ", "x" * rng.randrange(90))) for _ in range(4)
        )
        return "".join(part for part in parts if rng.random() < 0.6)

    span_s = (_LAST - _FIRST).total_seconds()
    times = [rng.choice((0.0, rng.random() * span_s, span_s - 1.0, rng.random() * 1e5)) for _ in range(3)]
    return json.dumps({"texts": [text() for _ in range(3)], "times_s": times}).encode()


def _given(content: bytes) -> tuple[list[str], list[datetime]]:
    given = json.loads(content)
    return given["texts"], [_FIRST + timedelta(seconds=time_s) for time_s in given["times_s"]]


def read_calendar(content: bytes) -> None:
    """Write a calendar of two events; icalendar finds their texts and times, and lines keep RFC 5545."""
    (title, place, line), (one, other, changed) = _given(content)
    span = (min(one, other), max(one, other))
    lines, names = ["Activity", line, title], [place]
    entries = [
        CalendarEntry(("fuzz", title, str(number)), title, place, lines, span, "CONFIRMED", names, number, changed)
        for number in range(2)
    ]
    written = calendar_of(title, line, entries)
    content_lines = written.split(b"\r\n")
    if (
        max(map(len, content_lines)) > 75
        or content_lines[-1]
        or _CONTROL.search(written)
        or b"\n" in written.replace(b"\r\n", b"")
    ):
        raise Contradiction("a line breaks RFC 5545 3.1")
    events = Calendar.from_ical(written).walk("VEVENT")
    if len(events) != len(entries):
        raise Contradiction(f"{len(events)} events are read of {len(entries)}")
    for event, entry in zip(events, entries, strict=True):
        _compare_event(event, entry)


def _compare_event(event: Any, entry: CalendarEntry) -> None:
    expected = {
        "UID": event_uid(entry.identity),
        "SUMMARY": one_line(entry.title),
        "LOCATION": one_line(entry.place),
        "DESCRIPTION": "\n".join(printable(line) for line in entry.lines),
        "SEQUENCE": str(entry.sequence),
    }
    for name, text in expected.items():
        # icalendar takes an escaped backslash before n or N for a line's end (it unescapes backslashes last).
        if re.search(r"\\[nN]", text) is None and str(event.get(name, "")) != text:
            raise Contradiction(f"{name} {text!r:.200} is read as {event.get(name)!r:.200}")
    start, end = event["DTSTART"].dt, event.get("DTEND", event["DTSTART"]).dt
    if start != entry.span[0].replace(microsecond=0) or not abs(end - entry.span[1]) < timedelta(seconds=1):
        raise Contradiction(f"the span {entry.span} is read as {start} to {end}")
    if event["DTSTAMP"].dt != entry.updated_time.replace(microsecond=0):
        raise Contradiction(f"the stamp {entry.updated_time} is read as {event['DTSTAMP'].dt}")


def read_messages(content: bytes) -> None:
    """Write an OEM and a TDM with any name and originator; the schema is kept, and libxml2 finds the texts."""
    (name, originator, comment), _ = _given(content)
    if not ndm_line(name) or not ndm_line(originator):
        raise InvalidInputError("INVALID_NAME", "a message needs a name and an originator")
    oem = read_oem(MESSAGES["oem-text"].seeds()[0])
    segments = tuple(replace(segment, object_name=name) for segment in oem.segments)
    tdm = read_tdm(MESSAGES["tdm-text"].seeds()[0])
    for written in (
        write_oem(replace(oem, originator=originator, segments=segments), xml=True),
        write_tdm(replace(tdm, originator=originator), xml=True, comments=[comment]),
    ):
        errors = schema_errors(written)
        if errors:
            raise Contradiction(f"the schema is broken: {'; '.join(errors)}")
        texts = [element.text for element in parsed(written).iter("OBJECT_NAME", "ORIGINATOR")]
        if {ndm_line(text or "") for text in texts} - {ndm_line(name), ndm_line(originator)}:
            raise Contradiction(f"{name!r:.100} and {originator!r:.100} are read as {texts!r:.300}")


TARGETS = {
    target.name: target
    for target in (
        Target("calendar-written", _seeds, _mutate, read_calendar, (InvalidInputError,)),
        Target("ndm-written", _seeds, _mutate, read_messages, (InvalidInputError,)),
    )
}
