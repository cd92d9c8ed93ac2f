"""Identifiers, stamps and sequence numbers of calendars' events, as RFC 5545 and 5546 say."""

from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Calendar, Event
from malapert_gateway.exports.calendar import plan_calendar
from malapert_gateway.exports.contacts_calendar import contacts_calendar
from malapert_http_models.contracts.comms_window import Contact, ContactState
from malapert_http_models.contracts.planner import PlanState
from test_gateway_free_text import NOW, contact_of, plan_of


def events_of(content: bytes) -> list[Event]:
    calendar = Calendar.from_ical(content)
    # RFC 5545 3.7.2 and 3.8.7.2: without a METHOD it is a snapshot, and DTSTAMP says when the event was last revised.
    assert "METHOD" not in calendar
    events: list[Any] = calendar.walk("VEVENT")
    for event in events:
        assert event.decoded("DTSTAMP") == event.decoded("LAST-MODIFIED")
        assert event.decoded("DTSTAMP") > datetime(2020, 1, 1, tzinfo=UTC)
        assert 0 <= event["SEQUENCE"] < 2**31
    return events


def booked(**more: Any) -> Contact:
    return contact_of(0).model_copy(update={"updated_time": NOW, **more})


def hidden(number: int, **more: Any) -> Contact:
    """Return what others are told of a booking."""
    told = {"contact_id": "", "asset_id": "", "mission_id": "", "agency_id": "", "interval": None, "version": 0}
    return contact_of(number).model_copy(update={**told, **more})


def test_two_bookings_of_two_calls_are_two_events() -> None:
    (one,), (two,) = (events_of(contacts_calendar([contact_of(number)], NOW)) for number in (0, 1))
    assert one["UID"] != two["UID"]
    (one,), (two,) = (events_of(contacts_calendar([hidden(number)], NOW)) for number in (0, 1))
    assert one["UID"] != two["UID"]


def test_a_booking_is_one_event_in_every_call() -> None:
    for other in (contact_of(1), hidden(1)):
        (alone,) = events_of(contacts_calendar([other], NOW))
        among = events_of(contacts_calendar([contact_of(0), hidden(0), other], NOW + timedelta(days=1)))
        assert alone["UID"] == among[2]["UID"]
        assert len({event["UID"] for event in among}) == 3


def test_a_change_is_stamped_and_raises_the_sequence() -> None:
    hold = NOW + timedelta(hours=1)
    held = booked(state=ContactState.TENTATIVE, hold_until_time=hold)
    committed = booked(version=2, updated_time=NOW + timedelta(minutes=30))
    under_way = committed.model_copy(update={"state": ContactState.ACTIVE})
    given_back = booked(version=3, state=ContactState.CANCELLED, updated_time=NOW + timedelta(minutes=40))
    now = NOW + timedelta(days=1)
    events = [events_of(contacts_calendar([each], now))[0] for each in (held, committed, under_way, given_back)]
    assert [str(event["STATUS"]) for event in events] == ["TENTATIVE", "CONFIRMED", "CONFIRMED", "CANCELLED"]
    sequences = [event["SEQUENCE"] for event in events]
    assert sequences[0] < sequences[1] == sequences[2] < sequences[3]
    assert [event.decoded("DTSTAMP") for event in events] == [
        NOW,
        NOW + timedelta(minutes=30),
        NOW + timedelta(minutes=30),
        NOW + timedelta(minutes=40),
    ]
    assert len({event["UID"] for event in events}) == 1
    assert events[1] == events[2]


def test_a_hold_that_runs_out_is_a_change() -> None:
    hold = NOW + timedelta(hours=1)
    held = booked(state=ContactState.TENTATIVE, hold_until_time=hold)
    ran_out = held.model_copy(update={"state": ContactState.CANCELLED})
    (before,), (after,) = (events_of(contacts_calendar([each], NOW + timedelta(days=1))) for each in (held, ran_out))
    assert (str(after["STATUS"]), after.decoded("DTSTAMP")) == ("CANCELLED", hold)
    assert before["SEQUENCE"] < after["SEQUENCE"]
    (committed,) = events_of(contacts_calendar([booked(version=2)], NOW))
    assert after["SEQUENCE"] < committed["SEQUENCE"]


def test_a_time_that_is_taken_again_is_one_event() -> None:
    gone = hidden(0, state=ContactState.CANCELLED)
    for contacts in ([gone, hidden(0)], [hidden(0), gone]):
        (event,) = events_of(contacts_calendar(contacts, NOW))
        assert str(event["STATUS"]) == "CONFIRMED"


def test_events_of_plans_are_their_own() -> None:
    plan = plan_of("Drill", "Look")
    other = plan.model_copy(update={"plan_id": "p-2"})
    uids = [str(event["UID"]) for each in (plan, other) for event in events_of(plan_calendar(each, NOW))]
    assert len(set(uids)) == len(uids) == 6
    later = NOW + timedelta(days=2)
    ended = plan.model_copy(update={"state": PlanState.TERMINATED, "version": 4, "updated_time": later})
    before, after = events_of(plan_calendar(plan, NOW)), events_of(plan_calendar(ended, NOW))
    assert [event["UID"] for event in before] == [event["UID"] for event in after] == uids[:3]
    for one, two in zip(before, after, strict=True):
        assert (one["SEQUENCE"], two["SEQUENCE"]) == (3, 4)
        assert (one.decoded("DTSTAMP"), two.decoded("DTSTAMP")) == (NOW, later)
        assert (str(one["STATUS"]), str(two["STATUS"])) == ("CONFIRMED", "CANCELLED")
        assert two.decoded("CREATED") == NOW


def test_two_contacts_of_a_window_are_two_events() -> None:
    plan = plan_of()
    (contact,) = plan.contacts
    interval = contact.interval
    later = interval.model_copy(
        update={"start_time": interval.end_time, "end_time": interval.end_time + timedelta(hours=1)}
    )
    both = plan.model_copy(update={"contacts": [contact, contact.model_copy(update={"interval": later})]})
    one, two = events_of(plan_calendar(both, NOW))
    assert one["UID"] != two["UID"]


def test_an_event_of_no_length_has_no_end() -> None:
    contact = contact_of(0)
    moment = contact.occupied.model_copy(update={"end_time": contact.occupied.start_time})
    (event,) = events_of(contacts_calendar([contact.model_copy(update={"interval": moment})], NOW))
    assert "DTEND" not in event
