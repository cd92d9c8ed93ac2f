"""Contacts as a CCSDS 902.1 Simple Schedule, written and read.

Written in the namespace ``urn:ccsds:schema:cssm:1.0.0`` with day-of-year times; read with that namespace, another or
none, since agencies send all three. Names of elements and attributes are those of public implementations of 902.1-B-1.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from xml.etree import ElementTree

from malapert_core.errors import Fault, InvalidInputError
from malapert_core.plain_text import printable
from malapert_http_models.contracts.comms_window import Contact, Station

from malapert_gateway.exports.contact_states import FOREIGN_STATES
from malapert_gateway.exports.day_of_year import day_of_year_time

NAMESPACE = "urn:ccsds:schema:cssm:1.0.0"
ACTIVITY_STATES = ("AVAILABLE", "TENTATIVE", "COMMITTED", "UNAVAILABLE")
_DEEP_SPACE_BANDS = {"S": "S-DS", "X": "X-DS", "Ka": "Ka-DS"}
_TIME = re.compile(r"(\d{4})-(?:(\d{3})|(\d{2})-(\d{2}))T(\d{2}):(\d{2}):(\d{2})(\.\d+)?Z?")
_MOST_ACTIVITIES = 20_000


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


def write_simple_schedule(
    contacts: Sequence[Contact],
    stations: Mapping[str, Station],
    *,
    originator: str,
    now: datetime,
    span: tuple[datetime, datetime],
) -> bytes:
    """Return a schedule of the contacts that hold their antennas and whose times may be told, by plan or booking.

    Parameters
    ----------
    contacts
        In order of their start.
    stations
        The stations they are on, by identifier.
    originator
        The organisation that sends it.
    now
        When it is made.
    span
        What it covers; contacts that overlap it are in it.
    """
    ElementTree.register_namespace("", NAMESPACE)
    root = ElementTree.Element(f"{{{NAMESPACE}}}simpleSchedule", {"srvMgtEntityType": "SIMPLE_SCHEDULE"})
    held = [contact for contact in contacts if contact.interval and FOREIGN_STATES[contact.state].simple_schedule]
    committed = all(FOREIGN_STATES[contact.state].simple_schedule == "COMMITTED" for contact in held)
    header = {
        "originatingOrganization": originator,
        "generationTime": _doy(now),
        "status": "OPERATIONAL" if committed else "PROVISIONAL",
        "inclusionType": "OVERLAP_INCLUSION",
        "version": "1",
        "startTime": _doy(span[0]),
        "endTime": _doy(span[1]),
    }
    _child(root, "simpleScheduleHeader", header)
    ordered = sorted(held, key=_package)
    for (mission_id, package_id), package in groupby(ordered, key=_package):
        element = _child(
            root, "scheduledPackage", {"user": mission_id, "comment": "", "scheduledPackageId": package_id}
        )
        for contact in package:
            _write_activity(element, contact, stations.get(contact.station_id))
    ElementTree.indent(root)
    text = '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")
    return f"{text}\n".encode()


def read_simple_schedule(content: bytes) -> SimpleSchedule:
    """Return what a schedule says.

    Raises
    ------
    InvalidInputError
        ``INVALID_SCHEDULE`` with every fault: no XML, a document type, missing attributes, times that are none or in
        the wrong order, states that there are not, identifiers used twice.
    """
    faults: list[Fault] = []
    root = _root(content)
    header = root.find("simpleScheduleHeader")
    if header is None:
        faults.append(Fault("simpleScheduleHeader", "MISSING", "a header is needed"))
        header = ElementTree.Element("simpleScheduleHeader")
    span = _span(header, "startTime", "endTime", "simpleScheduleHeader", faults)
    for name in ("originatingOrganization", "status"):
        _needed(header, name, "simpleScheduleHeader", faults)
    activities: list[ScheduledActivity] = []
    seen: set[str] = set()
    for package_index, package in enumerate(root.iterfind("scheduledPackage")):
        for index, element in enumerate(package.iterfind("scheduledActivity")):
            path = f"scheduledPackage[{package_index}].scheduledActivity[{index}]"
            activity = _read_activity(element, package, path, faults)
            if activity.activity_id in seen:
                message = f"{activity.activity_id!r} is there already"
                faults.append(Fault(f"{path}.scheduledActivityId", "DUPLICATE", message))
            seen.add(activity.activity_id)
            activities.append(activity)
    if len(activities) > _MOST_ACTIVITIES:
        faults.append(Fault("scheduledPackage", "TOO_MANY", f"at most {_MOST_ACTIVITIES} activities are read"))
    if faults:
        raise InvalidInputError("INVALID_SCHEDULE", f"the schedule has {len(faults)} faults", faults=faults[:100])
    return SimpleSchedule(
        header.get("originatingOrganization", ""),
        header.get("status", ""),
        header.get("version", ""),
        span,
        tuple(activities),
    )


def _package(contact: Contact) -> tuple[str, str]:
    return contact.mission_id, contact.plan_id or contact.contact_id


def _write_activity(package: ElementTree.Element, contact: Contact, station: Station | None) -> None:
    track, occupied = contact.interval, contact.occupied
    if track is None:
        return
    attributes = {
        "scheduledActivityId": contact.contact_id,
        "activityStatus": FOREIGN_STATES[contact.state].simple_schedule,
        "siteRef": station.complex_name or station.station_id if station else contact.station_id,
        "apertureRef": contact.station_id,
        "beginningOfTrack": _doy(track.start_time),
        "endOfTrack": _doy(track.end_time),
        "beginningOfActivity": _doy(occupied.start_time),
        "endOfActivity": _doy(occupied.end_time),
    }
    activity = _child(package, "scheduledActivity", attributes)
    bands = (
        [_DEEP_SPACE_BANDS[entry.band] for entry in station.bands if entry.band in _DEEP_SPACE_BANDS] if station else []
    )
    _child(
        activity, "serviceInfo", {"serviceType": "TELEMETRY", "frequencyBand": bands[0] if len(bands) == 1 else "N/A"}
    )
    _child(activity, "stringParameter", {"name": "asset", "value": contact.asset_id})


def _read_activity(
    element: ElementTree.Element, package: ElementTree.Element, path: str, faults: list[Fault]
) -> ScheduledActivity:
    status = _needed(element, "activityStatus", path, faults)
    if status and status not in ACTIVITY_STATES:
        message = f"{status!r} is none of {', '.join(ACTIVITY_STATES)}"
        faults.append(Fault(f"{path}.activityStatus", "UNKNOWN_STATE", message))
    track = _span(element, "beginningOfTrack", "endOfTrack", path, faults)
    whole = ("beginningOfActivity", "endOfActivity")
    activity = _span(element, *whole, path, faults) if all(element.get(name) for name in whole) else track
    if not (activity[0] <= track[0] and track[1] <= activity[1]):
        faults.append(Fault(path, "TRACK_OUTSIDE_ACTIVITY", "the track is not inside the activity"))
    return ScheduledActivity(
        activity_id=_needed(element, "scheduledActivityId", path, faults),
        package_id=package.get("scheduledPackageId", ""),
        user=package.get("user", ""),
        status=status,
        site_ref=element.get("siteRef", ""),
        aperture_ref=_needed(element, "apertureRef", path, faults),
        track=track,
        activity=activity,
        services=tuple(
            (info.get("serviceType", ""), info.get("frequencyBand", "")) for info in element.iterfind("serviceInfo")
        ),
    )


def _root(content: bytes) -> ElementTree.Element:
    try:
        text = content.decode("utf-8-sig")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            fault = Fault("body", "DOCTYPE", "a document type declaration is not allowed")
            raise InvalidInputError("INVALID_SCHEDULE", "the schedule declares a document type", faults=[fault])
        # Without a document type there are no entities that could grow.
        root = ElementTree.fromstring(text.encode())  # noqa: S314
    except (UnicodeDecodeError, ElementTree.ParseError) as error:
        fault = Fault("body", "NOT_XML", f"the body is no XML in UTF-8: {error}")
        raise InvalidInputError("INVALID_SCHEDULE", "the schedule cannot be read", faults=[fault]) from error
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.rpartition("}")[2]
    if root.tag != "simpleSchedule":
        fault = Fault("body", "WRONG_ELEMENT", f"the root is <{root.tag}>, not <simpleSchedule>")
        raise InvalidInputError("INVALID_SCHEDULE", "the body is no simple schedule", faults=[fault])
    return root


def _needed(element: ElementTree.Element, name: str, path: str, faults: list[Fault]) -> str:
    value = element.get(name, "").strip()
    if not value:
        faults.append(Fault(f"{path}.{name}", "MISSING", f"{name} is needed"))
    return value


def _span(
    element: ElementTree.Element, start: str, end: str, path: str, faults: list[Fault]
) -> tuple[datetime, datetime]:
    known = len(faults)
    first, last = (_time(_needed(element, name, path, faults), f"{path}.{name}", faults) for name in (start, end))
    if len(faults) == known and not first < last:
        faults.append(Fault(f"{path}.{end}", "EMPTY_INTERVAL", f"{end} is not after {start}"))
    return first, last


def _time(text: str, path: str, faults: list[Fault]) -> datetime:
    match = _TIME.fullmatch(text)
    try:
        if match is None:
            raise ValueError("2029-015T00:00:00.000Z or 2029-01-15T00:00:00.000Z is allowed")
        year, day_of_year, month, day, hour, minute, second, fraction = match.groups()
        clock = timedelta(
            hours=int(hour), minutes=int(minute), seconds=int(second), microseconds=round(float(fraction or 0) * 1e6)
        )
        if int(hour) > 23 or int(minute) > 59 or int(second) > 59:
            raise ValueError("the time of day is none")
        if day_of_year is None:
            return datetime(int(year), int(month), int(day), tzinfo=UTC) + clock
        if not 1 <= int(day_of_year) <= 366:
            raise ValueError("the day of the year is none")
        return datetime(int(year), 1, 1, tzinfo=UTC) + timedelta(days=int(day_of_year) - 1) + clock
    except (ValueError, OverflowError) as error:
        if text:
            faults.append(Fault(path, "NOT_A_TIME", f"{text!r}: {error}"))
        return datetime.fromtimestamp(0, UTC)


def _doy(time: datetime) -> str:
    return day_of_year_time(time, least_decimals=3)


def _child(parent: ElementTree.Element, name: str, attributes: dict[str, str]) -> ElementTree.Element:
    clean = {key: printable(value) for key, value in attributes.items()}
    return ElementTree.SubElement(parent, f"{{{NAMESPACE}}}{name}", clean)
