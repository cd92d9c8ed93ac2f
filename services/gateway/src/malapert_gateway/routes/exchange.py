"""Files that agencies exchange: schedules of contacts, orbit ephemerides, tracking data."""

import asyncio
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from malapert.comms_window.v1 import contact_pb2, exchange_pb2, orbiter_pb2, window_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.reading_processes import QUICK_BYTES
from malapert_core.timestamps import utc_now
from malapert_http_models.contracts.comms_window import (
    Contact,
    ContactPage,
    ReadTrackingDataRequest,
    Station,
    StationPage,
    TrackingData,
)
from malapert_http_models.contracts.vocabulary import Interval
from malapert_http_models.wire import UtcTime

from malapert_gateway.bodies import message_of
from malapert_gateway.conversion import to_message, to_model
from malapert_gateway.examples import SCHEDULE_XML
from malapert_gateway.exports.contacts_calendar import contacts_calendar
from malapert_gateway.exports.contacts_table import contacts_csv, contacts_schedule_text
from malapert_gateway.exports.simple_schedule import SimpleSchedule, read_simple_schedule, write_simple_schedule
from malapert_gateway.models.schedule import ReadActivity, ReadSchedule
from malapert_gateway.routes.files import PAGE_SIZE, TEXT, all_rows, file_answer, file_responses
from malapert_gateway.routes.guarded import GuardedRoute, OrbitFileRoute
from malapert_gateway.routes.parameters import CallerIdentity, GatewayParts, OrbiterId, WindowSetId, identifier, only
from malapert_gateway.services.gateway import Gateway


class ContactFormat(StrEnum):
    """A file format of contacts."""

    SIMPLE_SCHEDULE = "ccsds-902.1"
    CSV = "csv"
    ICS = "ics"
    DSN_TEXT = "dsn-text"


class XmlOrText(StrEnum):
    """A form of a CCSDS navigation data message."""

    KVN = "kvn"
    XML = "xml"


class ScheduleRoute(GuardedRoute):
    """A route that takes a schedule as XML."""

    media_types = ("application/xml", "text/xml")


router = APIRouter(tags=["exchange"], route_class=GuardedRoute)
schedule_router = APIRouter(tags=["exchange"], route_class=ScheduleRoute)
file_router = APIRouter(tags=["exchange"], route_class=OrbitFileRoute)

_SCHEDULE = TEXT | {"example": SCHEDULE_XML}


@router.get(
    "/contacts/export",
    response_class=Response,
    responses=file_responses("application/xml", "text/csv", "text/calendar", "text/plain"),
)
async def export_contacts(
    gateway: GatewayParts,
    identity: CallerIdentity,
    start_time: Annotated[
        UtcTime, Query(description="Contacts that overlap a span: its start.", examples=["2029-01-10T00:00:00Z"])
    ],
    end_time: Annotated[UtcTime, Query(description="The span's end.", examples=["2029-01-17T00:00:00Z"])],
    format: Annotated[ContactFormat, Query(description="The file's format.")] = ContactFormat.SIMPLE_SCHEDULE,  # noqa: A002
    station_id: Annotated[str, only("station", "esa-mlg")] = "",
    station_agency_id: Annotated[str, only("owner of antennas", "ESA")] = "",
    mission_id: Annotated[str, only("mission", "lupex")] = "",
) -> Response:
    """Return contacts as a file, each as the listing tells it.

    `ccsds-902.1` is a Simple Schedule of what holds antennas, `csv` a table with what other systems call the states,
    `ics` an iCalendar (RFC 5545), `dsn-text` lines in the manner of a DSN weekly schedule.
    """
    if not start_time < end_time:
        fault = Fault("query.end_time", "EMPTY_SPAN", "the end of the span is after its start")
        raise InvalidInputError("INVALID_REQUEST", "the span is empty", faults=[fault])
    span = to_message(Interval(start_time=start_time, end_time=end_time), type_pb2.Interval)
    wanted = contact_pb2.ListContactsRequest(
        station_id=station_id, station_agency_id=station_agency_id, mission_id=mission_id, span=span
    )
    contacts = await _all_contacts(gateway, wanted)
    if not contacts and (station_id or station_agency_id):
        _require_known(await _stations(gateway), station_id, station_agency_id)
    if format is ContactFormat.CSV:
        return file_answer(await asyncio.to_thread(contacts_csv, contacts), "text/csv; charset=utf-8", "contacts.csv")
    if format is ContactFormat.ICS:
        content = await asyncio.to_thread(contacts_calendar, contacts, utc_now())
        return file_answer(content, "text/calendar", "contacts.ics")
    if format is ContactFormat.DSN_TEXT:
        return file_answer(
            await asyncio.to_thread(contacts_schedule_text, contacts), "text/plain; charset=utf-8", "contacts.txt"
        )
    content = await asyncio.to_thread(
        write_simple_schedule,
        contacts,
        await _stations(gateway),
        originator=identity.agency_id,
        now=utc_now(),
        span=(start_time, end_time),
    )
    return file_answer(content, "application/xml", "schedule.xml")


@schedule_router.post(
    "/schedules:read",
    openapi_extra={"requestBody": {"required": True, "content": {"application/xml": _SCHEDULE, "text/xml": _SCHEDULE}}},
)
async def read_schedule(request: Request, gateway: GatewayParts, identity: CallerIdentity) -> ReadSchedule:
    """Read a CCSDS 902.1 Simple Schedule, with its namespace or without; nothing is booked.

    Each activity names the station of the catalogue whose identifier or name its aperture has, if there is one.
    """
    content, stations = await request.body(), await _stations(gateway)
    if len(content) <= QUICK_BYTES:
        schedule = read_simple_schedule(content)
    else:
        schedule = await gateway.reading.run(identity.agency_id, read_simple_schedule, content)
    return await asyncio.to_thread(_read, schedule, stations)


@router.get(
    "/window-sets/{window_set_id}/windows/{window_id}/tdm",
    response_class=Response,
    responses=file_responses("text/plain", "application/xml"),
)
async def predict_tracking_data(
    window_set_id: WindowSetId,
    window_id: Annotated[str, identifier("window", "ridge-1:contact:esa-mlg:0003")],
    gateway: GatewayParts,
    form: Annotated[XmlOrText, Query(description="Text or XML.")] = XmlOrText.KVN,
) -> Response:
    """Return what the station is predicted to observe in a contact window, as a CCSDS TDM (503.0)."""
    message = exchange_pb2.PredictTrackingDataRequest(
        window_set_id=window_set_id, window_id=window_id, xml=form is XmlOrText.XML
    )
    answer = await gateway.call(gateway.services.exchange.PredictTrackingData, message)
    return file_answer(answer.content, *_message_file("tdm", form))


@file_router.post("/tracking-data:read")
async def read_tracking_data(body: ReadTrackingDataRequest, gateway: GatewayParts) -> TrackingData:
    """Say what is in a CCSDS TDM (503.0, text or XML, versions 1.0 to 3.0), or every fault of it."""
    message = message_of(body, exchange_pb2.ReadTrackingDataRequest)
    return await gateway.answer(await gateway.call(gateway.services.exchange.ReadTrackingData, message), TrackingData)


@router.get(
    "/orbiters/{orbiter_id}/oem", response_class=Response, responses=file_responses("text/plain", "application/xml")
)
async def export_orbiter(
    orbiter_id: OrbiterId,
    gateway: GatewayParts,
    start_time: Annotated[UtcTime, Query(description="Start of the span.", examples=["2029-01-10T00:00:00Z"])],
    end_time: Annotated[UtcTime, Query(description="End of the span.", examples=["2029-01-10T06:00:00Z"])],
    step_s: Annotated[
        float, Query(ge=1.0, le=86_400.0, description="Step of the states, seconds.", examples=[120.0])
    ] = 60.0,
    form: Annotated[XmlOrText, Query(description="Text or XML.")] = XmlOrText.KVN,
) -> Response:
    """Return an orbiter's states as a CCSDS OEM (502.0) in EME2000."""
    span = to_message(Interval(start_time=start_time, end_time=end_time), type_pb2.Interval)
    message = orbiter_pb2.ExportOrbiterRequest(
        orbiter_id=orbiter_id, span=span, step_s=step_s, xml=form is XmlOrText.XML
    )
    answer = await gateway.call(gateway.services.orbiters.ExportOrbiter, message)
    return file_answer(answer.content, *_message_file("oem", form))


async def _all_contacts(gateway: Gateway, request: contact_pb2.ListContactsRequest) -> list[Contact]:
    return await all_rows(gateway, gateway.services.contacts.ListContacts, request, ContactPage, "contacts")


def _require_known(stations: dict[str, Station], station_id: str, agency_id: str) -> None:
    """Refuse a station or an owner of none: a file without contacts would look as if they had nothing booked.

    Raises
    ------
    InvalidInputError
        ``INVALID_REQUEST`` with what is not known.
    """
    faults = []
    if station_id and station_id not in stations:
        faults.append(Fault("query.station_id", "UNKNOWN_STATION", f"there is no station {station_id[:80]!r}"))
    owners = sorted({station.agency_id for station in stations.values()})
    if agency_id and agency_id not in owners:
        message = f"{agency_id[:80]!r} owns no station; owners: {', '.join(owners)}"
        faults.append(Fault("query.station_agency_id", "UNKNOWN_AGENCY", message))
    if faults:
        raise InvalidInputError("INVALID_REQUEST", "the filter names what is not there", faults=faults)


async def _stations(gateway: Gateway) -> dict[str, Station]:
    request = window_pb2.ListStationsRequest()
    request.page.page_size = PAGE_SIZE
    page = await asyncio.to_thread(
        to_model, await gateway.call(gateway.services.stations.ListStations, request), StationPage
    )
    return {station.station_id: station for station in page.stations}


def _read(schedule: SimpleSchedule, stations: dict[str, Station]) -> ReadSchedule:
    by_name = {station.name.casefold(): station.station_id for station in stations.values()}
    by_name |= {station_id.casefold(): station_id for station_id in stations}
    return ReadSchedule(
        originator=schedule.originator,
        status=schedule.status,
        version=schedule.version,
        span=Interval(start_time=schedule.span[0], end_time=schedule.span[1]),
        activities=[
            ReadActivity(
                activity_id=each.activity_id,
                package_id=each.package_id,
                user=each.user,
                status=each.status,
                site_ref=each.site_ref,
                aperture_ref=each.aperture_ref,
                station_id=by_name.get(each.aperture_ref.casefold(), ""),
                track=Interval(start_time=each.track[0], end_time=each.track[1]),
                activity=Interval(start_time=each.activity[0], end_time=each.activity[1]),
                services=[" ".join(part for part in service if part) for service in each.services],
            )
            for each in schedule.activities
        ],
        passed_over=list(schedule.passed_over),
    )


def _message_file(name: str, form: XmlOrText) -> tuple[str, str]:
    if form is XmlOrText.XML:
        return "application/xml", f"{name}.xml"
    return "text/plain; charset=utf-8", f"{name}.{name}"
