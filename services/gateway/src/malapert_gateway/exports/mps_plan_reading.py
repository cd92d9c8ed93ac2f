"""Reads a plan in the shape of CCSDS 529.1 as this platform writes it: what is done when, where, with whom."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from malapert.planner.v1 import plan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.documents.nodes import MAX_FAULTS
from malapert_core.documents.text import cleaned, text_faults
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.timestamps import to_timestamp

from malapert_gateway.exports import mps_plan_form as form
from malapert_gateway.exports.mps_plan import CONTACT, DRIVE
from malapert_gateway.exports.mps_plan_times import SAME, outside_faults, stated_spans, trigger_time

MOST_ITEMS = 100_000
_FREE_TEXT = ("comments", "description", "statusInfo")
_PATH = "plan.items.plannedActivities"


def read_mps_plan(document: dict[str, Any]) -> list[plan_pb2.ImportedItem]:
    """Return the planned activities of a file; what is computed from them, such as profiles, is not read.

    Raises
    ------
    InvalidInputError
        ``INVALID_MPS_PLAN`` with the faults and their paths in the file: what is missing, is not known or cannot be
        honoured (another time system, a patch, states that have ended), contradicts itself, or is there twice.
    """
    faults = list(text_faults(document, _FREE_TEXT))
    if faults:
        document = cleaned(document)
    faults += _frame_faults(document)
    plan = document.get("plan")
    items = plan.get("items") if isinstance(plan, dict) else None
    found = items.get("plannedActivities") if isinstance(items, dict) else None
    if not isinstance(found, list) or len(found) > MOST_ITEMS:
        faults.append(Fault(_PATH, "REQUIRED", f"a list of at most {MOST_ITEMS} activities is needed"))
        found = []
    faults += form.repeated_key_faults(found, _PATH)
    keys = _definition_keys(document)
    read = [_Item(item, f"{_PATH}[{index}]", faults).read(keys) for index, item in enumerate(found)]
    information = plan.get("information") if isinstance(plan, dict) else None
    if isinstance(information, dict):
        faults += form.choice_faults(information, "timeSystem", "plan.information", form.TIME_SYSTEMS)
        faults += outside_faults(read, stated_spans(information, "plan.information", faults), _PATH)
    if faults:
        count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}"
        more = f"; the first {MAX_FAULTS} are told" if len(faults) > MAX_FAULTS else ""
        raise InvalidInputError("INVALID_MPS_PLAN", f"the file has {count}{more}", faults=faults[:MAX_FAULTS])
    return read


def mission_of(document: dict[str, Any]) -> str:
    """Return the mission that a file says it is for, the last name of its domain; empty where it says none.

    Raises
    ------
    InvalidInputError
        ``INVALID_MPS_PLAN`` where the domain is no list of names.
    """
    domain = document.get("domain")
    if domain is None:
        return ""
    if isinstance(domain, list) and domain and all(isinstance(name, str) and name for name in domain):
        return str(domain[-1])
    fault = Fault("domain", "NOT_A_DOMAIN", "a list of names is allowed, the mission's identifier at its end")
    raise InvalidInputError("INVALID_MPS_PLAN", "the file has 1 fault", faults=[fault])


def _frame_faults(document: dict[str, Any]) -> Iterator[Fault]:
    """Yield the faults of all around the activities."""
    yield from form.form_faults(document, form.DOCUMENT, "")
    yield from form.choice_faults(document, "timeSystem", "", form.TIME_SYSTEMS)
    definitions = document.get("activityDefinitions") or []
    for index, definition in enumerate(definitions if isinstance(definitions, list) else [None]):
        yield from form.form_faults(definition, form.DEFINITION, f"activityDefinitions[{index}]")
    if isinstance(definitions, list):
        yield from form.repeated_key_faults(definitions, "activityDefinitions")
    plan = document.get("plan")
    if not isinstance(plan, dict):
        return
    yield from form.form_faults(plan, form.PLAN, "plan")
    yield from form.choice_faults(plan, "status", "plan", form.PLAN_STATES)
    if plan.get("items") is not None:
        yield from form.form_faults(plan["items"], form.ITEMS, "plan.items")
    if plan.get("information") is not None:
        yield from form.form_faults(plan["information"], form.INFORMATION, "plan.information")


def _definition_keys(document: dict[str, Any]) -> set[str] | None:
    """Return the keys of the definitions that a file brings with it; None where it brings none."""
    definitions = document.get("activityDefinitions")
    if not isinstance(definitions, list) or not definitions:
        return None
    return {str(each.get("key")) for each in definitions if isinstance(each, dict)}


class _Item:
    """One planned activity and where it stands."""

    def __init__(self, item: Any, path: str, faults: list[Fault]) -> None:
        self._item: dict[str, Any] = item if isinstance(item, dict) else {}
        self._is_object = isinstance(item, dict)
        self._path = path
        self._faults = faults

    def read(self, definition_keys: set[str] | None) -> plan_pb2.ImportedItem:
        """Return the activity, and note its faults."""
        self._faults += form.form_faults(self._item if self._is_object else None, form.ITEM, self._path)
        if not self._is_object:
            return plan_pb2.ImportedItem()
        self._faults += form.choice_faults(self._item, "status", self._path, form.ITEM_STATES)
        definition, arguments = self._item.get("definition"), self._arguments()
        if not isinstance(definition, str) or not definition:
            self._fault("definition", "REQUIRED", "the key of its definition is needed")
        elif definition_keys is not None and definition not in definition_keys:
            self._fault("definition", "UNKNOWN_DEFINITION", f"{definition[:80]!r} is none of activityDefinitions")
        read = plan_pb2.ImportedItem(place_id=arguments.get("place", ""), asset_id=arguments.get("asset", ""))
        span = self._span()
        if span:
            read.interval.CopyFrom(type_pb2.Interval(start_time=to_timestamp(span[0]), end_time=to_timestamp(span[1])))
        self._identify(read, definition, arguments)
        return read

    def _fault(self, name: str, code: str, message: str) -> None:
        self._faults.append(Fault(f"{self._path}.{name}", code, message))

    def _identify(self, read: plan_pb2.ImportedItem, definition: Any, arguments: dict[str, str]) -> None:
        if definition == CONTACT:
            read.station_id = arguments.get("station", "")
            if not read.station_id:
                self._fault("arguments", "REQUIRED", "a contact needs the argument station")
        elif definition == DRIVE:
            read.to_place_id = arguments.get("to_place", "")
            if not read.to_place_id:
                self._fault("arguments", "REQUIRED", "a drive needs the argument to_place")
        else:
            key = self._item.get("key")
            read.activity_id = key if isinstance(key, str) else ""
            if not read.activity_id:
                self._fault("key", "REQUIRED", "the activity's identifier is needed")

    def _arguments(self) -> dict[str, str]:
        """Return the arguments of one text each."""
        given = self._item.get("arguments") or []
        if not isinstance(given, list):
            self._fault("arguments", "NOT_A_LIST", "a list of arguments is allowed")
            return {}
        found: dict[str, str] = {}
        first: dict[str, int] = {}
        for index, argument in enumerate(given):
            path = f"{self._path}.arguments[{index}]"
            self._faults += form.form_faults(argument, form.ARGUMENT, path)
            if isinstance(argument, dict):
                self._faults += _argument_faults(argument, path, first)
                name, values = argument.get("argName"), argument.get("argValues")
                first.setdefault(str(name), index)
                if isinstance(values, list) and len(values) == 1 and isinstance(values[0], str):
                    found[str(name)] = values[0]
        return found

    def _span(self) -> tuple[datetime, datetime] | None:
        start, end = (
            trigger_time(self._item.get(name), f"{self._path}.{name}", self._faults) for name in ("start", "end")
        )
        if start is None or end is None:
            return None
        if end <= start:
            self._fault("end.time", "EMPTY_INTERVAL", "the end is not after the start")
        duration_s = self._item.get("duration")
        if duration_s is None:
            return start, end
        if isinstance(duration_s, bool) or not isinstance(duration_s, int | float):
            self._fault("duration", "NOT_A_NUMBER", "a number of seconds is allowed")
        elif abs((end - start).total_seconds() - duration_s) > SAME.total_seconds():
            message = f"{duration_s} s is not from start to end, {(end - start).total_seconds()} s"
            self._fault("duration", "CONTRADICTING_TIME", message)
        return start, end


def _argument_faults(argument: dict[str, Any], path: str, first: dict[str, int]) -> Iterator[Fault]:
    name, values, count = argument.get("argName"), argument.get("argValues"), argument.get("count")
    if not isinstance(name, str) or name not in form.ARGUMENTS:
        allowed = ", ".join(sorted(form.ARGUMENTS))
        yield Fault(f"{path}.argName", "UNKNOWN_ARGUMENT", f"{str(name)[:80]!r} is not read; allowed: {allowed}")
    elif name in first:
        yield Fault(f"{path}.argName", "DUPLICATE_ARGUMENT", f"{name!r} is already arguments[{first[name]}]")
    if not isinstance(values, list):
        yield Fault(f"{path}.argValues", "REQUIRED", "a list of values is needed")
    elif count is not None and count != len(values):
        yield Fault(
            f"{path}.count", "CONTRADICTING_COUNT", f"{str(count)[:80]} is not the number of values, {len(values)}"
        )
