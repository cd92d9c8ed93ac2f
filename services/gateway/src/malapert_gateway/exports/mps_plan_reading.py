"""Reads a plan in the shape of CCSDS 529.1 as this platform writes it: what is done when, where, with whom."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from malapert.planner.v1 import plan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.timestamps import parse_time, to_timestamp

from malapert_gateway.exports.mps_plan import CONTACT, DRIVE

MOST_ITEMS = 100_000


def read_mps_plan(document: dict[str, Any]) -> list[plan_pb2.ImportedItem]:
    """Return the planned activities of a file; what is computed from them, such as profiles, is not read.

    Raises
    ------
    InvalidInputError
        ``INVALID_MPS_PLAN`` with every fault and its path in the file.
    """
    plan = document.get("plan")
    items = plan.get("items") if isinstance(plan, dict) else None
    found = items.get("plannedActivities") if isinstance(items, dict) else None
    path = "plan.items.plannedActivities"
    if not isinstance(found, list) or not 0 < len(found) <= MOST_ITEMS:
        fault = Fault(path, "REQUIRED", f"a list of 1 to {MOST_ITEMS} activities is needed")
        raise InvalidInputError("INVALID_MPS_PLAN", "the file has a fault", faults=[fault])
    faults: list[Fault] = []
    read = [_item(item, f"{path}[{index}]", faults) for index, item in enumerate(found)]
    if faults:
        raise InvalidInputError("INVALID_MPS_PLAN", f"the file has {len(faults)} faults", faults=faults)
    return read


def _item(item: Any, path: str, faults: list[Fault]) -> plan_pb2.ImportedItem:
    if not isinstance(item, dict):
        faults.append(Fault(path, "NOT_AN_OBJECT", "an activity is an object"))
        return plan_pb2.ImportedItem()
    definition, arguments = item.get("definition"), dict(_arguments(item))
    if not isinstance(definition, str) or not definition:
        faults.append(Fault(f"{path}.definition", "REQUIRED", "the key of its definition is needed"))
    times = [_time(item, name, f"{path}.{name}", faults) for name in ("start", "end")]
    read = plan_pb2.ImportedItem(place_id=arguments.get("place", ""))
    if times[0] and times[1]:
        read.interval.CopyFrom(type_pb2.Interval(start_time=to_timestamp(times[0]), end_time=to_timestamp(times[1])))
    if definition == CONTACT:
        read.station_id = arguments.get("station", "")
        if not read.station_id:
            faults.append(Fault(f"{path}.arguments", "REQUIRED", "a contact needs the argument station"))
    elif definition == DRIVE:
        read.to_place_id = arguments.get("to_place", "")
        if not read.to_place_id:
            faults.append(Fault(f"{path}.arguments", "REQUIRED", "a drive needs the argument to_place"))
    else:
        key = item.get("key")
        read.activity_id = key if isinstance(key, str) else ""
        if not read.activity_id:
            faults.append(Fault(f"{path}.key", "REQUIRED", "the activity's identifier is needed"))
    return read


def _arguments(item: dict[str, Any]) -> Iterator[tuple[str, str]]:
    arguments = item.get("arguments")
    for argument in arguments if isinstance(arguments, list) else ():
        values = argument.get("argValues") if isinstance(argument, dict) else None
        if isinstance(values, list) and len(values) == 1 and isinstance(values[0], str):
            yield str(argument.get("argName")), values[0]


def _time(item: dict[str, Any], name: str, path: str, faults: list[Fault]) -> datetime | None:
    trigger = item.get(name)
    text = trigger.get("time") if isinstance(trigger, dict) else None
    if not isinstance(text, str):
        faults.append(Fault(f"{path}.time", "REQUIRED", "a time in RFC 3339 is needed"))
        return None
    try:
        return parse_time(text)
    except InvalidInputError as error:
        faults.append(Fault(f"{path}.time", "NOT_A_TIME", error.message))
        return None
