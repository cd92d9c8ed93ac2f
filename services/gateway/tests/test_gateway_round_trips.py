"""What is written is read: plans in the shape of CCSDS 529.1 and schedules of CCSDS 902.1."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from malapert.planner.v1 import plan_pb2
from malapert_core.timestamps import from_timestamp
from malapert_gateway.exports.mps_plan import mps_plan
from malapert_gateway.exports.mps_plan_reading import read_mps_plan
from malapert_gateway.exports.simple_schedule import read_simple_schedule, write_simple_schedule
from malapert_http_models.contracts.comms_window import ContactState
from malapert_http_models.contracts.planner import PlannedActivityKind
from test_gateway_free_text import NOW, TEXT, contact_of, plan_of

IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/=-]{0,20}", fullmatch=True) | st.sampled_from(["drive", "contact"])
# Times to the microsecond, near both ends of those that are taken too.
MOMENTS = st.datetimes(datetime(1500, 1, 1), datetime(2999, 12, 30)).map(lambda time: time.replace(tzinfo=UTC))  # noqa: DTZ001
LENGTHS = st.timedeltas(timedelta(microseconds=1), timedelta(days=1))
SPANS = st.builds(lambda start, length: (start, start + length), MOMENTS, LENGTHS)
ITEMS = st.lists(
    st.fixed_dictionaries(
        {"id": IDS, "type": IDS, "place": IDS, "to": IDS, "title": TEXT, "span": SPANS, "drive": st.booleans()}
    ),
    max_size=6,
    unique_by=lambda item: item["id"],
)


@pytest.mark.slow
@settings(max_examples=60)
@given(ITEMS, SPANS, IDS, IDS)
def test_a_plan_comes_back(
    items: list[dict[str, Any]], contact_span: tuple[datetime, datetime], station: str, place: str
) -> None:
    base = plan_of("x")
    sample, (contact,) = base.activities[0], base.contacts
    activities = [
        sample.model_copy(
            update={
                "activity_id": item["id"], "title": item["title"], "place_id": item["place"],
                "activity_type_id": "" if item["drive"] else item["type"],
                "to_place_id": item["to"] if item["drive"] else "",
                "kind": PlannedActivityKind.DRIVE if item["drive"] else PlannedActivityKind.REQUESTED,
                "interval": interval_of(sample, item["span"]),
            }
        )
        for item in items
    ]  # fmt: skip
    held = contact.model_copy(
        update={"station_id": station, "place_id": place, "interval": interval_of(contact, contact_span)}
    )
    plan = base.model_copy(update={"activities": activities, "contacts": [held]})
    read = read_mps_plan(json.loads(json.dumps(mps_plan(plan), ensure_ascii=False).encode()))
    found = sorted(map(parts_of, read))
    expected = [
        ("", item["to"], "", item["place"], *item["span"])
        if item["drive"]
        else (item["id"], "", "", item["place"], *item["span"])
        for item in items
    ]
    assert found == sorted([*expected, ("", "", station, place, *contact_span)])


def interval_of(owner: Any, span: tuple[datetime, datetime]) -> Any:
    return owner.interval.model_copy(update={"start_time": span[0], "end_time": span[1]})


def parts_of(item: plan_pb2.ImportedItem) -> tuple[Any, ...]:
    span = (from_timestamp(item.interval.start_time), from_timestamp(item.interval.end_time))
    return item.activity_id, item.to_place_id, item.station_id, item.place_id, *span


@settings(max_examples=60)
@given(st.lists(st.tuples(SPANS, TEXT, st.sampled_from(ContactState)), max_size=5), SPANS, IDS)
def test_a_schedule_comes_back(
    booked: list[tuple[tuple[datetime, datetime], str, ContactState]], span: tuple[datetime, datetime], originator: str
) -> None:
    contacts = []
    for number, (track, mission, state) in enumerate(booked):
        contact = contact_of(number)
        interval = interval_of(contact, track)
        occupied = interval.model_copy(update={"end_time": track[1] + timedelta(minutes=5)})
        update = {"interval": interval, "occupied": occupied, "mission_id": mission, "state": state}
        contacts.append(contact.model_copy(update=update))
    # A schedule is of what overlaps its span.
    ends = [each for contact in contacts for each in (contact.occupied.start_time, contact.occupied.end_time)]
    span = (min(span[0], *ends), max(span[1], *ends)) if ends else span
    read = read_simple_schedule(write_simple_schedule(contacts, {}, originator=originator, now=NOW, span=span))
    assert (read.originator, read.span) == (originator, span)
    gone = (ContactState.REJECTED, ContactState.CANCELLED, ContactState.FAILED)
    expected = {
        each.contact_id: ((each.interval.start_time, each.interval.end_time), each.occupied.end_time)
        for each in contacts
        if each.interval and each.state not in gone
    }
    assert {each.activity_id: (each.track, each.activity[1]) for each in read.activities} == expected
