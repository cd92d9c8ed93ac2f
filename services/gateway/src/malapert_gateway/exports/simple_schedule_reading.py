"""Reads a CCSDS 902.1 Simple Schedule: in its namespace, another or none, since agencies send all three."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from malapert_core.documents.nodes import MAX_FAULTS, DocumentError
from malapert_core.documents.xml_text import XmlElement, read_xml
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.timestamps import EARLIEST_TIME, check_range

from malapert_gateway.exports.simple_schedule_form import PASSED_OVER, PASSED_OVER_ATTRIBUTES, child_path, form_faults

_TIME = re.compile(
    r"(\d{4})-(?:(\d{3})|(\d{2})-(\d{2}))T(\d{2}):(\d{2}):(\d{2})(\.\d{1,12})?Z?",
    re.ASCII,
)
_MOST_ACTIVITIES = 20_000
_HEADER = "simpleScheduleHeader"
_ACTIVITY_SPAN = ("beginningOfActivity", "endOfActivity")


@dataclass(frozen=True)
class ScheduledActivity:
    """One activity of a schedule that was read; what a schedule leaves out is empty or None."""

    activity_id: str
    package_id: str
    user: str
    status: str
    site_ref: str
    aperture_ref: str
    track: tuple[datetime, datetime]
    activity: tuple[datetime, datetime]
    services: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SimpleSchedule:
    """A schedule that was read."""

    originator: str
    status: str
    version: str
    span: tuple[datetime, datetime]
    activities: tuple[ScheduledActivity, ...]
    passed_over: tuple[str, ...] = ()
    """What it holds that is not used, by element."""


def read_simple_schedule(content: bytes) -> SimpleSchedule:
    """Return what a schedule says; parameters are checked for their form, and told as passed over.

    Raises
    ------
    InvalidInputError
        ``INVALID_SCHEDULE`` with the faults, by path and line: no XML in UTF-8, a document type, elements, attributes
        and values that are not known, what is missing or there twice, times that are none or in the wrong order.
    """
    root = _root(content)
    faults = list(islice(form_faults(root, ""), MAX_FAULTS + 1))
    _check_number(root, faults)
    # What has another form cannot be read for its times; what is too long is not.
    schedule = _schedule(root, faults) if not any(fault.code == "TOO_MANY" for fault in faults) else None
    if faults or schedule is None:
        many = len(faults) > MAX_FAULTS
        count = f"more than {MAX_FAULTS} faults; the first are told" if many else f"{len(faults)} faults"
        raise InvalidInputError("INVALID_SCHEDULE", f"the schedule has {count}", faults=faults[:MAX_FAULTS])
    return schedule


def _root(content: bytes) -> XmlElement:
    try:
        root = read_xml(content)
    except DocumentError as error:
        raise InvalidInputError("INVALID_SCHEDULE", "the schedule cannot be read", faults=error.faults) from error
    if root.name != "simpleSchedule":
        code = "NOT_XML" if root.name == "" else "WRONG_ELEMENT"
        fault = Fault("body", code, f"line {root.line}: the root is <{root.name[:80]}>, not <simpleSchedule>")
        raise InvalidInputError("INVALID_SCHEDULE", "the body is no simple schedule", faults=[fault])
    return root


def _check_number(root: XmlElement, faults: list[Fault]) -> None:
    count = sum(1 for package in root.named("scheduledPackage") for _ in package.named("scheduledActivity"))
    if count > _MOST_ACTIVITIES:
        message = f"{count} activities are given; at most {_MOST_ACTIVITIES} are read"
        faults.insert(0, Fault("scheduledPackage", "TOO_MANY", message))


def _schedule(root: XmlElement, faults: list[Fault]) -> SimpleSchedule:
    header = next(root.named(_HEADER), None) or XmlElement(_HEADER, "", root.line, {})
    span = _span(header, ("startTime", "endTime"), _HEADER, faults)
    _time(header, "generationTime", _HEADER, faults)
    first: dict[str, XmlElement] = {}
    activities = []
    for package_number, package in enumerate(root.named("scheduledPackage")):
        for number, element in enumerate(package.named("scheduledActivity")):
            path = child_path(child_path("", "scheduledPackage", package_number), "scheduledActivity", number)
            identifier = element.attributes.get("scheduledActivityId", "")
            if identifier and identifier in first:
                message = f"{identifier[:80]!r} is there twice: line {first[identifier].line} and line {element.line}"
                faults.append(Fault(f"{path}.scheduledActivityId", "DUPLICATE", message))
            first.setdefault(identifier, element)
            activities.append(_activity(element, package, path, faults))
            faults += _inclusion_faults(activities[-1], span, header.attributes.get("inclusionType", ""), path, element)
    attributes = header.attributes
    return SimpleSchedule(
        attributes.get("originatingOrganization", ""),
        attributes.get("status", ""),
        attributes.get("version", ""),
        span,
        tuple(activities),
        tuple(_passed_over(root)),
    )


def _inclusion_faults(
    activity: ScheduledActivity, span: tuple[datetime, datetime], inclusion: str, path: str, element: XmlElement
) -> Iterator[Fault]:
    """Yield the fault of an activity that the span of the schedule does not include by its own rule."""
    if EARLIEST_TIME in (span[0], activity.activity[0]) or not span[0] < span[1]:
        return
    begins_inside = span[0] <= activity.activity[0] < span[1]
    overlaps = activity.activity[0] < span[1] and activity.activity[1] > span[0]
    if not (begins_inside if inclusion == "START_INCLUSION" else overlaps):
        how = "begin within" if inclusion == "START_INCLUSION" else "overlap"
        message = f"line {element.line}: by {inclusion} it must {how} startTime to endTime of the schedule"
        yield Fault(path, "OUTSIDE_SCHEDULE", message)


def _passed_over(root: XmlElement) -> Iterator[str]:
    """Yield what is in a schedule that its answer does not hold: how many of each, and where the first stands."""
    found: dict[str, list[int]] = {}
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if element.name in PASSED_OVER:
            found.setdefault(element.name, []).append(element.line)
        else:
            waiting += element.children
        for name in PASSED_OVER_ATTRIBUTES:
            if element.attributes.get(name):
                found.setdefault(name, []).append(element.line)
    for name in sorted(found):
        yield f"{len(found[name])} {name}, the first in line {min(found[name])}"


def _activity(element: XmlElement, package: XmlElement, path: str, faults: list[Fault]) -> ScheduledActivity:
    given = element.attributes
    track = _span(element, ("beginningOfTrack", "endOfTrack"), path, faults)
    named = [name for name in _ACTIVITY_SPAN if given.get(name)]
    if len(named) == 1:
        faults.append(Fault(path, "MISSING", f"line {element.line}: {' and '.join(_ACTIVITY_SPAN)} are given together"))
    activity = _span(element, _ACTIVITY_SPAN, path, faults) if len(named) == 2 else track
    if not (activity[0] <= track[0] and track[1] <= activity[1]):
        message = f"line {element.line}: the track is not inside the activity"
        faults.append(Fault(path, "TRACK_OUTSIDE_ACTIVITY", message))
    return ScheduledActivity(
        activity_id=given.get("scheduledActivityId", ""),
        package_id=package.attributes.get("scheduledPackageId", ""),
        user=package.attributes.get("user", ""),
        status=given.get("activityStatus", ""),
        site_ref=given.get("siteRef", ""),
        aperture_ref=given.get("apertureRef", ""),
        track=track,
        activity=activity,
        services=tuple(
            (info.attributes.get("serviceType", ""), info.attributes.get("frequencyBand", ""))
            for info in element.named("serviceInfo")
        ),
    )


def _span(element: XmlElement, names: tuple[str, str], path: str, faults: list[Fault]) -> tuple[datetime, datetime]:
    first, last = (_time(element, name, path, faults) for name in names)
    if first is not None and last is not None:
        if not first < last:
            message = f"line {element.line}: {names[1]} is not after {names[0]}"
            faults.append(Fault(f"{path}.{names[1]}", "EMPTY_INTERVAL", message))
        return first, last
    return EARLIEST_TIME, EARLIEST_TIME


def _time(element: XmlElement, name: str, path: str, faults: list[Fault]) -> datetime | None:
    text = element.attributes.get(name, "")
    if not text:
        return None
    try:
        return _read_time(text)
    except (ValueError, OverflowError) as error:
        why = error
    except InvalidInputError as error:
        why = ValueError(error.message)
    faults.append(Fault(f"{path}.{name}", "NOT_A_TIME", f"line {element.line}: {text[:40]!r}: {why}"))
    return None


def _read_time(text: str) -> datetime:
    """Return the instant of a CCSDS ASCII time code A or B (301.0-B-4 3.5), to the microsecond."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError("2029-015T00:00:00.000Z or 2029-01-15T00:00:00.000Z is allowed")
    year, day_of_year, month, day, hour, minute, second, fraction = match.groups()
    if int(hour) > 23 or int(minute) > 59 or int(second) > 59:
        raise ValueError("the time of day is none; 00:00:00 to 23:59:59 is allowed, without leap seconds")
    clock = timedelta(
        hours=int(hour), minutes=int(minute), seconds=int(second), microseconds=round(float(fraction or 0) * 1e6)
    )
    if day_of_year is None:
        return check_range(datetime(int(year), int(month), int(day), tzinfo=UTC) + clock)
    date = datetime(int(year), 1, 1, tzinfo=UTC) + timedelta(days=int(day_of_year) - 1)
    if date.year != int(year):
        raise ValueError(f"the year {year} has no day {day_of_year}")
    return check_range(date + clock)
