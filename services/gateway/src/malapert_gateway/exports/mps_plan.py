"""A plan in the shape of CCSDS 529.1 (Mission Planning and Scheduling, draft of 2023-06).

Field names and statuses are the draft's; it has no JSON binding, so objects refer to each other by their keys, times
are RFC 3339 in UTC and durations seconds. Contacts are activities of a definition of their own.
"""

from datetime import datetime, timedelta
from typing import Any

from malapert_core.documents.plain_text import one_line
from malapert_http_models.contracts.planner import (
    Plan,
    PlannedActivity,
    PlannedActivityKind,
    PlannedContact,
    PlanState,
    ResourceProfile,
)
from malapert_http_models.wire import rfc3339

CONTACT = "contact"
DRIVE = "drive"
BUSY = "busy"
_ENDED = (PlanState.TERMINATED, PlanState.SUPERSEDED, PlanState.ARCHIVED)
"""States that the draft has one word for; why is said beside it."""
_ACTIVITY_STATUS = {PlanState.ACTIVATED: "ACTIVATED", **dict.fromkeys(_ENDED, "TERMINATED")}


def mps_plan(plan: Plan) -> dict[str, Any]:
    """Return a plan with the definitions and resources that it refers to."""
    timed = [(activity.interval.start_time, _activity(plan, activity)) for activity in plan.activities]
    timed += [(contact.interval.start_time, _contact(plan, contact)) for contact in plan.contacts]
    timed.sort(key=lambda pair: (pair[0], pair[1]["key"]))
    return {
        "domain": ["malapert", plan.mission_id],
        "timeSystem": "UTC",
        "activityDefinitions": _definitions(plan),
        "resources": [_resource(profile) for profile in plan.profiles],
        "plan": {
            "key": plan.plan_id,
            "isPatchPlan": False,
            "precursorPlan": plan.precursor_plan_id or None,
            "targetPlan": None,
            "information": _information(plan),
            "items": {"plannedEvents": [], "plannedActivities": [item for _, item in timed]},
            "revisions": None,
            "resources": {"resourceProfiles": _profiles(plan)},
            "isAlternate": False,
            "status": "TERMINATED" if plan.state in _ENDED else plan.state,
            "statusInfo": one_line(plan.state_reason) or None,
        },
    }


def _information(plan: Plan) -> dict[str, Any]:
    horizon = plan.horizon
    start = rfc3339(horizon.start_time) if horizon else None
    end = rfc3339(horizon.end_time) if horizon else None
    return {
        "originator": plan.owner_agency_id,
        "productionDate": rfc3339(plan.created_time) if plan.created_time else None,
        "description": f"{plan.mission_id} version {plan.mission_version}",
        "comments": plan.content_hash,
        "validityStart": start,
        "validityEnd": end,
        "planPeriodStart": _trigger(start) if start else None,
        "planPeriodEnd": _trigger(end) if end else None,
        "timeSystem": "UTC",
    }


def _trigger(time: str) -> dict[str, Any]:
    return {"type": "TimeTrigger", "time": time, "triggerTime": time}


def _definitions(plan: Plan) -> list[dict[str, Any]]:
    titles = {
        definition_key(activity): definition_title(activity) for activity in sorted(plan.activities, key=definition_key)
    }
    titles |= {CONTACT: "Contact with a ground station"} if plan.contacts else {}
    return [
        {
            "key": key,
            "description": title,
            "argDefs": [
                {
                    "argName": name,
                    "description": text,
                    "argType": kind,
                    "argUnits": units or None,
                    "isArray": name == "resources",
                }
                for name, kind, units, text in (_CONTACT_ARGUMENTS if key == CONTACT else _ACTIVITY_ARGUMENTS)
            ],
            "constraints": None,
            "defaultTags": [],
        }
        for key, title in titles.items()
    ]


_ACTIVITY_ARGUMENTS = (
    ("asset", "IDENTIFIER", "", "The asset that does it"),
    ("place", "IDENTIFIER", "", "Where; for a drive where it starts"),
    ("to_place", "IDENTIFIER", "", "For a drive where it ends"),
    ("agency", "IDENTIFIER", "", "The agency that asked"),
    ("power", "DOUBLE", "W", "Power above the base load"),
    ("data", "DOUBLE", "bit", "Data made"),
    ("value", "DOUBLE", "", "Worth that it adds to the objective, points"),
    ("resources", "IDENTIFIER", "", "Unary resources in use"),
)
_CONTACT_ARGUMENTS = (
    ("station", "IDENTIFIER", "", "The station"),
    ("place", "IDENTIFIER", "", "The place from which it is held"),
    ("window", "IDENTIFIER", "", "The window it lies in"),
    ("booking", "IDENTIFIER", "", "The booking, once committed"),
    ("capacity", "DOUBLE", "bit", "What could be sent in it"),
    ("sent", "DOUBLE", "bit", "What is sent in it by the validator's propagation"),
)


def _activity(plan: Plan, activity: PlannedActivity) -> dict[str, Any]:
    arguments: dict[str, list[Any]] = {
        "asset": [activity.asset_id],
        "place": [activity.place_id],
        "to_place": [activity.to_place_id] if activity.to_place_id else [],
        "agency": [activity.agency_id] if activity.agency_id else [],
        "power": [activity.power_w],
        "data": [activity.data_bit],
        "value": [activity.value],
        "resources": list(activity.resource_ids),
    }
    if activity.is_busy:
        # Withheld, which is not nothing.
        for name in ("power", "data", "value"):
            arguments[name] = []
    key, source = activity.activity_id, activity.request_id or plan.plan_id
    span = (activity.interval.start_time, activity.interval.end_time)
    return _instance(plan, key, definition_key(activity), source, span, arguments, activity.title)


def definition_title(activity: PlannedActivity) -> str:
    """Return what the definition of an activity is, for a person."""
    if activity.is_busy:
        return "Item of which its owner alone sees more"
    is_drive = activity.kind is PlannedActivityKind.DRIVE
    return "Drive between two places" if is_drive else f"Activity type {activity.activity_type_id}"


def definition_key(activity: PlannedActivity) -> str:
    """Return the key of its definition, which tells drives and contacts from types of the same names."""
    if activity.is_busy or activity.kind is PlannedActivityKind.DRIVE:
        return BUSY if activity.is_busy else DRIVE
    type_id = activity.activity_type_id
    return f"activity/{type_id}" if type_id in ("", CONTACT, DRIVE, BUSY) else type_id


def contact_key(contact: PlannedContact) -> str:
    """Return the key of a contact, unique in its plan."""
    return f"{CONTACT}/{contact.station_id}/{contact.window_id}/{rfc3339(contact.interval.start_time)}"


def _contact(plan: Plan, contact: PlannedContact) -> dict[str, Any]:
    arguments: dict[str, list[Any]] = {
        "station": [contact.station_id],
        "place": [contact.place_id],
        "window": [contact.window_id],
        "booking": [contact.contact_id] if contact.contact_id else [],
        "capacity": [contact.capacity_bit],
        "sent": [contact.sent_bit],
    }
    span = (contact.interval.start_time, contact.interval.end_time)
    return _instance(
        plan, contact_key(contact), CONTACT, plan.plan_id, span, arguments, f"Contact {contact.station_id}"
    )


def _instance(
    plan: Plan,
    key: str,
    definition: str,
    source: str,
    span: tuple[datetime, datetime],
    arguments: dict[str, list[Any]],
    title: str,
) -> dict[str, Any]:
    return {
        "key": key,
        "definition": definition,
        "source": source,
        "relatedEvent": None,
        "children": [],
        "comments": one_line(title) or None,
        "constraints": None,
        "arguments": [
            {"argName": name, "count": len(values), "argValues": values} for name, values in arguments.items() if values
        ],
        "start": _trigger(rfc3339(span[0])),
        "end": _trigger(rfc3339(span[1])),
        "duration": (span[1] - span[0]).total_seconds(),
        "subPlan": None,
        "tags": [],
        "status": _ACTIVITY_STATUS.get(plan.state, "PLANNED"),
        "executionInstance": None,
        "returnData": [],
        "statusInfo": None,
        "errorCode": None,
        "errorInfo": None,
    }


def _resource(profile: ResourceProfile) -> dict[str, Any]:
    return {
        "key": profile.resource_id,
        "description": profile.resource_id.replace("_", " "),
        "dataType": "DOUBLE",
        "units": profile.unit or None,
        "validationData": {"type": "NumericRange", "min": profile.floor, "max": profile.capacity}
        if profile.floor is not None or profile.capacity is not None
        else None,
        "value": None,
    }


def _profiles(plan: Plan) -> list[dict[str, Any]]:
    if plan.horizon is None:
        return []
    begin = plan.horizon.start_time
    found = []
    for profile in (each for each in plan.profiles if each.offset_s):
        times = [rfc3339(begin + timedelta(seconds=offset_s)) for offset_s in profile.offset_s]
        entries = [{"time": time, "value": value} for time, value in zip(times, profile.value, strict=True)]
        segment = {
            "interpolation": "LINEAR",
            "start": times[0],
            "end": times[-1],
            "startIncluded": True,
            "endIncluded": True,
            "profileEntries": entries,
        }
        found.append({"resource": profile.resource_id, "profileSegments": [segment]})
    return found
