"""Contacts as a CCSDS 902.1 Simple Schedule, written and read.

Written in the namespace ``urn:ccsds:schema:cssm:1.0.0`` with day-of-year times; read with that namespace, another or
none, since agencies send all three. Names of elements and attributes are those of public implementations of 902.1-B-1.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from xml.etree import ElementTree

from malapert_core.documents.plain_text import one_line
from malapert_http_models.contracts.comms_window import Contact, Station

from malapert_gateway.exports.contact_states import FOREIGN_STATES
from malapert_gateway.exports.day_of_year import day_of_year_time
from malapert_gateway.exports.simple_schedule_reading import ScheduledActivity, SimpleSchedule, read_simple_schedule

__all__ = ["ScheduledActivity", "SimpleSchedule", "read_simple_schedule", "write_simple_schedule"]

NAMESPACE = "urn:ccsds:schema:cssm:1.0.0"
_DEEP_SPACE_BANDS = {"S": "S-DS", "X": "X-DS", "Ka": "Ka-DS"}


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


def _doy(time: datetime) -> str:
    return day_of_year_time(time, least_decimals=3)


def _child(parent: ElementTree.Element, name: str, attributes: dict[str, str]) -> ElementTree.Element:
    clean = {key: one_line(value) for key, value in attributes.items()}
    return ElementTree.SubElement(parent, f"{{{NAMESPACE}}}{name}", clean)
