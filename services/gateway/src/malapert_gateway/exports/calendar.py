"""A plan as an iCalendar (RFC 5545) of its activities and contacts."""

from datetime import UTC, datetime

from icalendar import Calendar, Event

from malapert_gateway.models.plan import Plan, PlannedActivity, PlannedActivityKind, PlannedContact, PlanState

_STATUS = {PlanState.DRAFT: "TENTATIVE", PlanState.SUBMITTED: "TENTATIVE", PlanState.TERMINATED: "CANCELLED"}
_DOMAIN = "malapert"


def plan_calendar(plan: Plan) -> bytes:
    """Return the calendar of a plan; the same plan gives the same bytes.

    Parameters
    ----------
    plan
        A plan with its items.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Malapert//malapert-gateway//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", f"{plan.mission_id} {plan.plan_id}")
    stamp = plan.created_time or datetime.fromtimestamp(0, UTC)
    status = _STATUS.get(plan.state, "CONFIRMED")
    entries = [_activity(plan, activity) for activity in plan.activities]
    entries += [_contact(plan, contact) for contact in plan.contacts]
    for entry in entries:
        entry.add("dtstamp", stamp)
        entry.add("status", status)
        calendar.add_component(entry)
    return bytes(calendar.to_ical())


def _activity(plan: Plan, activity: PlannedActivity) -> Event:
    drive = activity.kind is PlannedActivityKind.DRIVE
    place = f"{activity.place_id} → {activity.to_place_id}" if drive else activity.place_id
    event = Event()
    event.add("uid", f"{plan.plan_id}/activity/{activity.activity_id}@{_DOMAIN}")
    event.add("summary", activity.title or activity.activity_id)
    event.add("location", place)
    event.add("dtstart", activity.interval.start_time)
    event.add("dtend", activity.interval.end_time)
    event.add("categories", ["drive" if drive else "activity", *([activity.agency_id] if activity.agency_id else [])])
    lines = [
        f"Activity {activity.activity_id} of {activity.asset_id}",
        f"Agency {activity.agency_id}" if activity.agency_id else "",
        f"Power {activity.power_w:g} W above the base load, data {activity.data_bit:g} bit",
        f"Resources {', '.join(activity.resource_ids)}" if activity.resource_ids else "",
    ]
    event.add("description", "\n".join(line for line in lines if line))
    return event


def _contact(plan: Plan, contact: PlannedContact) -> Event:
    event = Event()
    event.add("uid", f"{plan.plan_id}/contact/{contact.window_id}/{contact.station_id}@{_DOMAIN}")
    event.add("summary", f"Contact {contact.station_id}")
    event.add("location", contact.station_id)
    event.add("dtstart", contact.interval.start_time)
    event.add("dtend", contact.interval.end_time)
    event.add("categories", ["contact"])
    lines = [
        f"From {contact.place_id} in window {contact.window_id}",
        f"Sends {contact.sent_bit:g} of {contact.capacity_bit:g} bit",
        f"Booking {contact.contact_id}" if contact.contact_id else "Not booked yet",
    ]
    event.add("description", "\n".join(lines))
    return event
