"""The contact book as a solve reads it: outages, and the bookings of others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from malapert.comms_window.v1 import agreement_pb2, contact_pb2, outage_pb2, window_pb2
from malapert.type.v1 import type_pb2
from malapert_core.policy.identity import acting_as, service_identity
from malapert_core.timestamps import format_time, from_timestamp
from malapert_core.vocabulary.content_hash import content_hash

from malapert_planner.services.making.problem_inputs import ProblemInputs
from malapert_planner.services.ports import CommsWindows

PLANNER = service_identity("planner")


@dataclass(frozen=True, slots=True)
class AntennaBook:
    """Stations, outages and the bookings that stay in the way of a mission, as they were read at a solve."""

    stations: dict[str, window_pb2.Station]
    bookings: tuple[contact_pb2.Contact, ...]
    outages: tuple[outage_pb2.Outage, ...]
    quotas: tuple[agreement_pb2.AntennaQuota, ...] = ()

    def records(self) -> list[type_pb2.InputRecord]:
        """Return what was read as inputs of provenance, by the hash of its content."""
        booked = sorted((each.station_id, *_edges(each.occupied)) for each in self.bookings)
        out = sorted((each.station_id, *_edges(each.interval), each.kind) for each in self.outages)
        records = [
            type_pb2.InputRecord(kind="bookings", name=f"{len(booked)} bookings", content_hash=content_hash(booked)),
            type_pb2.InputRecord(kind="outages", name=f"{len(out)} outages", content_hash=content_hash(out)),
        ]
        if self.quotas:
            left = sorted((each.quota_id, *_edges(each.interval), each.left_s) for each in self.quotas)
            name, hash_of_left = f"{len(left)} quotas of antenna time", content_hash(left)
            records.append(type_pb2.InputRecord(kind="antenna_quotas", name=name, content_hash=hash_of_left))
        return records


def book_records(inputs: ProblemInputs) -> list[type_pb2.InputRecord]:
    """Return what of the book the inputs of a problem were read from."""
    read = AntennaBook({}, tuple(inputs.bookings), tuple(inputs.outages), tuple(inputs.antenna_quotas))
    return read.records()


async def read_antenna_book(
    comms_windows: CommsWindows, span: tuple[datetime, datetime], own_plan_id: str
) -> AntennaBook:
    """Return what stands in the book within a span; bookings of a plan are its mission's own, and not in the way."""
    # In the planner's own name: of another agency's bookings a caller is not told which plan they are of.
    with acting_as(PLANNER):
        bookings = await comms_windows.list_bookings(span)
        outages = await comms_windows.list_outages(span)
    stations = {station.station_id: station for station in await comms_windows.list_stations()}
    others = tuple(each for each in bookings if not own_plan_id or each.plan_id != own_plan_id)
    return AntennaBook(stations, others, tuple(outages))


def _edges(interval: type_pb2.Interval) -> Sequence[str]:
    return [format_time(from_timestamp(time)) for time in (interval.start_time, interval.end_time)]
