"""A plan as a model-free plan of PlanDev (formerly Aerie): plan transfer version 3, which needs no mission model there.

It holds directives and what became of them: types of activities and resources, a span for each item and a profile for
each resource. Start offsets of directives and the plan's duration are PostgreSQL intervals, those of spans and segments
whole microseconds.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from malapert_core.documents.plain_text import one_line
from malapert_http_models.contracts.planner import Plan, ResourceProfile

from malapert_gateway.exports.plan_items import CONTACT_ARGUMENTS, ITEM_ARGUMENTS, PlanItem, items_of

_REAL = {"type": "real"}
_MICROSECOND = timedelta(microseconds=1)


def plandev_plan(plan: Plan) -> dict[str, Any]:
    """Return activities, drives and contacts as directives with their spans, and the resources as profiles."""
    items = items_of(plan)
    begin, end = _window(plan, items)
    return {
        "version": "3",
        "name": one_line(f"{plan.mission_id} {plan.plan_id}") or "plan",
        "start_time": _time(begin),
        "duration": _interval(end - begin),
        "simulation_arguments": {},
        "activities": [_directive(number, item, begin) for number, item in enumerate(items, 1)],
        "tags": [],
        "model": {
            "activity_types": _activity_types(items),
            "resource_types": [
                {"name": name, "schema": _schema(profile)} for name, profile in _profiles_of(plan).items()
            ],
            "metadata": {
                "mission": one_line(plan.mission_id),
                "mission_version": plan.mission_version,
                "plan_id": one_line(plan.plan_id),
                "state": plan.state,
                "content_hash": one_line(plan.content_hash),
            },
        },
        "results": {
            "spans": [_span(number, item, begin) for number, item in enumerate(items, 1)],
            "profiles": {
                name: {"type": "real", "schema": _schema(profile), "segments": list(_segments(profile, end - begin))}
                for name, profile in _profiles_of(plan).items()
            },
        },
    }


def _window(plan: Plan, items: list[PlanItem]) -> tuple[datetime, datetime]:
    if plan.horizon is not None:
        return plan.horizon.start_time, plan.horizon.end_time
    if items:
        return min(item.span[0] for item in items), max(item.span[1] for item in items)
    made = plan.created_time or datetime.fromtimestamp(0, UTC)
    return made, made


def _directive(number: int, item: PlanItem, begin: datetime) -> dict[str, Any]:
    return {
        "id": number,
        "anchor_id": None,
        "anchored_to_start": True,
        "name": item.title,
        "type": item.type_id,
        "start_offset": _interval(item.span[0] - begin),
        "arguments": item.arguments,
        "metadata": {"key": item.key},
        "tags": [{"tag": {"name": item.agency_id, "color": None}}] if item.agency_id else [],
    }


def _span(number: int, item: PlanItem, begin: datetime) -> dict[str, Any]:
    return {
        "span_id": number,
        "directive_id": number,
        "type": item.type_id,
        "start_offset": (item.span[0] - begin) // _MICROSECOND,
        "duration": (item.span[1] - item.span[0]) // _MICROSECOND,
        "arguments": item.arguments,
    }


def _activity_types(items: list[PlanItem]) -> list[dict[str, Any]]:
    found = {item.type_id: item for item in items}
    return [
        {
            "name": name,
            "description": item.type_title,
            "subsystem": item.subsystem,
            "parameters": [_parameter(*each) for each in (CONTACT_ARGUMENTS if item.is_contact else ITEM_ARGUMENTS)],
            "required_parameters": [],
        }
        for name, item in sorted(found.items())
    ]


def _parameter(name: str, kind: str, unit: str) -> dict[str, Any]:
    schema = {"type": "series", "items": {"type": "string"}} if kind == "strings" else {"type": kind}
    return {"name": name, "schema": schema | _unit(unit)}


def _unit(unit: str) -> dict[str, Any]:
    return {"metadata": {"unit": {"value": unit}}} if unit else {}


def _profiles_of(plan: Plan) -> dict[str, ResourceProfile]:
    return {one_line(each.resource_id): each for each in plan.profiles if len(each.offset_s) > 1}


def _schema(profile: ResourceProfile) -> dict[str, Any]:
    return {"type": "struct", "items": {"initial": _REAL, "rate": _REAL}} | _unit(one_line(profile.unit))


def _segments(profile: ResourceProfile, length: timedelta) -> Iterator[dict[str, Any]]:
    """Yield linear segments from the plan's start to its end; where there is no sample they have no dynamics."""
    micros = [round(offset_s * 1e6) for offset_s in profile.offset_s]
    if micros[0] > 0:
        yield {"duration": micros[0]}
    for (start, end), (value, after) in zip(pairwise(micros), pairwise(profile.value), strict=True):
        if end > start:
            rate = (after - value) / ((end - start) / 1e6)
            yield {"duration": end - start, "dynamics": {"initial": value, "rate": rate}}
    if (rest := length // _MICROSECOND - micros[-1]) > 0:
        yield {"duration": rest}


def _time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat()


def _interval(length: timedelta) -> str:
    micros = length // _MICROSECOND
    minutes, rest = divmod(abs(micros), 60_000_000)
    decimals = f".{rest % 1_000_000:06d}" if rest % 1_000_000 else ""
    sign = "-" if micros < 0 else ""
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1_000_000:02d}{decimals}"
