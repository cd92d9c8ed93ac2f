"""A plan as an iCalendar (RFC 5545) of its activities and contacts."""

from datetime import datetime

from malapert_core.documents.plain_text import one_line
from malapert_http_models.contracts.planner import Plan, PlannedActivity, PlannedActivityKind, PlannedContact, PlanState
from malapert_http_models.wire import rfc3339

from malapert_gateway.exports.calendar_events import CalendarEntry, calendar_of

_STATUS = {
    **dict.fromkeys((PlanState.DRAFT, PlanState.SUBMITTED), "TENTATIVE"),
    **dict.fromkeys((PlanState.TERMINATED, PlanState.SUPERSEDED, PlanState.ARCHIVED), "CANCELLED"),
}


def plan_calendar(plan: Plan, now: datetime) -> bytes:
    """Return the calendar of a plan; the same plan gives the same bytes.

    A plan's items never change, but its state does: the events of each plan have identifiers of their own, and the
    plan's version as their sequence number.

    Parameters
    ----------
    plan
        A plan with its items.
    now
        The stamp of a plan of which no time of change is known.
    """
    updated = plan.updated_time or plan.created_time or now
    entries = [_activity(plan, activity, updated) for activity in plan.activities]
    entries += [_contact(plan, contact, updated) for contact in plan.contacts]
    made = f"Plan {plan.plan_id} of {plan.mission_id} version {plan.mission_version}, {plan.state}, {plan.content_hash}"
    return calendar_of(f"{plan.mission_id} {plan.plan_id}", made, entries)


def _activity(plan: Plan, activity: PlannedActivity, updated: datetime) -> CalendarEntry:
    drive = activity.kind is PlannedActivityKind.DRIVE
    lines = [
        f"Activity {activity.activity_id} of {activity.asset_id}",
        f"Agency {activity.agency_id}" if activity.agency_id else "",
        "" if activity.is_busy else f"Power {activity.power_w:g} W above the base load, data {activity.data_bit:g} bit",
        f"Resources {', '.join(activity.resource_ids)}" if activity.resource_ids else "",
    ]
    return CalendarEntry(
        identity=("plan", plan.plan_id, "activity", activity.activity_id),
        title=one_line(activity.title) or activity.activity_id,
        place=f"{activity.place_id} → {activity.to_place_id}" if drive else activity.place_id,
        lines=[line for line in lines if line],
        span=(activity.interval.start_time, activity.interval.end_time),
        status=_STATUS.get(plan.state, "CONFIRMED"),
        categories=[
            "drive" if drive else "busy" if activity.is_busy else "activity",
            *([activity.agency_id] if activity.agency_id else []),
        ],
        sequence=plan.version,
        updated_time=updated,
        created_time=plan.created_time,
    )


def _contact(plan: Plan, contact: PlannedContact, updated: datetime) -> CalendarEntry:
    # Two contacts of a window differ by place, or by when they begin.
    parts = (contact.window_id, contact.station_id, contact.place_id, rfc3339(contact.interval.start_time))
    return CalendarEntry(
        identity=("plan", plan.plan_id, "contact", *parts),
        title=f"Contact {contact.station_id}",
        place=contact.station_id,
        lines=[
            f"From {contact.place_id} in window {contact.window_id}",
            f"Sends {contact.sent_bit:g} of {contact.capacity_bit:g} bit",
            f"Booking {contact.contact_id}" if contact.contact_id else "Not booked yet",
        ],
        span=(contact.interval.start_time, contact.interval.end_time),
        status=_STATUS.get(plan.state, "CONFIRMED"),
        categories=["contact"],
        sequence=plan.version,
        updated_time=updated,
        created_time=plan.created_time,
    )
