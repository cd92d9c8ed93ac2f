"""Accepted fields of a plan in the shape of CCSDS 529.1; all others are faults with their path.

`READ` is taken. `TOLD` is computed anew from what is taken, or is for a person, and is passed over. `NOTHING` must be
null, false or empty, since it would change what the plan means.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import Enum, auto
from typing import Any

from malapert_core.documents.text import path_to, shown_key
from malapert_core.errors import Fault

TIME_SYSTEMS = ("UTC",)
PLAN_STATES = ("DRAFT", "RELEASED", "SUBMITTED", "ACTIVATED")
ITEM_STATES = ("PLANNED", "ACTIVATED", "EXECUTING")
TRIGGER = "TimeTrigger"
ARGUMENTS = frozenset(
    {"asset", "place", "to_place", "agency", "power", "data", "value", "resources"}
    | {"station", "window", "booking", "capacity", "sent"}
)


class Use(Enum):
    """Treatment of a field on import."""

    READ = auto()
    TOLD = auto()
    NOTHING = auto()


Form = Mapping[str, Use]
READ, TOLD, NOTHING = Use.READ, Use.TOLD, Use.NOTHING

DOCUMENT: Form = {
    "domain": READ,
    "timeSystem": READ,
    "activityDefinitions": READ,
    "resources": TOLD,
    "plan": READ,
}
PLAN: Form = {
    "key": TOLD,
    "isPatchPlan": NOTHING,
    "precursorPlan": TOLD,
    "targetPlan": NOTHING,
    "information": READ,
    "items": READ,
    "revisions": NOTHING,
    "resources": TOLD,
    "isAlternate": NOTHING,
    "status": READ,
    "statusInfo": TOLD,
}
INFORMATION: Form = {
    "originator": TOLD,
    "productionDate": TOLD,
    "description": TOLD,
    "comments": TOLD,
    "validityStart": READ,
    "validityEnd": READ,
    "planPeriodStart": READ,
    "planPeriodEnd": READ,
    "timeSystem": READ,
}
ITEMS: Form = {"plannedEvents": NOTHING, "plannedActivities": READ}
ITEM: Form = {
    "key": READ,
    "definition": READ,
    "source": TOLD,
    "relatedEvent": NOTHING,
    "children": NOTHING,
    "comments": TOLD,
    "constraints": NOTHING,
    "arguments": READ,
    "start": READ,
    "end": READ,
    "duration": READ,
    "subPlan": NOTHING,
    "tags": NOTHING,
    "status": READ,
    "executionInstance": NOTHING,
    "returnData": NOTHING,
    "statusInfo": TOLD,
    "errorCode": NOTHING,
    "errorInfo": NOTHING,
}
TRIGGER_FORM: Form = {"type": READ, "time": READ, "triggerTime": READ}
ARGUMENT: Form = {"argName": READ, "count": READ, "argValues": READ}
DEFINITION: Form = {
    "key": READ,
    "description": TOLD,
    "argDefs": TOLD,
    "constraints": NOTHING,
    "defaultTags": NOTHING,
}


def form_faults(value: Any, form: Form, path: str) -> Iterator[Fault]:
    """Yield a fault for each field that is not known, and for each that cannot be honoured."""
    if not isinstance(value, dict):
        yield Fault(path, "NOT_AN_OBJECT", "an object is allowed")
        return
    for name, content in value.items():
        where = path_to(path, name)
        if name not in form:
            yield Fault(where, "UNKNOWN_FIELD", f"{shown_key(name)!r} is not read; allowed: {', '.join(form)}")
        elif form[name] is NOTHING and content not in (None, False, "") and content != []:
            yield Fault(where, "NOT_READ", f"{name} is not read; null, false or nothing is allowed")


def choice_faults(value: Mapping[str, Any], name: str, path: str, allowed: Collection[str]) -> Iterator[Fault]:
    """Yield a fault where a field has a value that is none of those that are honoured; it may be left out."""
    given = value.get(name)
    if given is not None and given not in allowed:
        where = f"{path}.{name}" if path else name
        code = "UNKNOWN_TIME_SYSTEM" if name == "timeSystem" else "UNKNOWN_STATE"
        yield Fault(where, code, f"{str(given)[:80]!r} is not read; allowed: {', '.join(allowed)}")


def repeated_key_faults(items: Sequence[Any], path: str) -> Iterator[Fault]:
    """Yield a fault for each key that an object of a list before has."""
    first: dict[str, int] = {}
    for index, item in enumerate(items):
        key = item.get("key") if isinstance(item, dict) else None
        if isinstance(key, str) and key:
            if key in first:
                message = f"{key[:80]!r} is already {path}[{first[key]}]; give each once"
                yield Fault(f"{path}[{index}].key", "DUPLICATE_ID", message)
            first.setdefault(key, index)
