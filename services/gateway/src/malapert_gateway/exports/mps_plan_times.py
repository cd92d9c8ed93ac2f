"""Times of a plan in the shape of CCSDS 529.1: triggers, and the spans that a plan states for itself."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from malapert.planner.v1 import plan_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.timestamps import from_timestamp, parse_time

from malapert_gateway.exports import mps_plan_form as form

SAME = timedelta(milliseconds=1)
"""Tolerance of times and durations: those that differ by less count as equal."""

Span = tuple[datetime | None, datetime | None]


def trigger_time(trigger: Any, path: str, faults: list[Fault]) -> datetime | None:
    """Return the time of a time trigger, None where it has none; faults are added to the list."""
    if not isinstance(trigger, dict):
        faults.append(Fault(f"{path}.time", "REQUIRED", "a time in RFC 3339 is needed"))
        return None
    faults += form.form_faults(trigger, form.TRIGGER_FORM, path)
    if trigger.get("type") not in (None, form.TRIGGER):
        message = f"{str(trigger['type'])[:80]!r} is not read; {form.TRIGGER} is"
        faults.append(Fault(f"{path}.type", "UNKNOWN_TRIGGER", message))
    time = _time_of(trigger.get("time"), f"{path}.time", faults)
    other = trigger.get("triggerTime")
    again = time if other is None else _time_of(other, f"{path}.triggerTime", faults)
    if time and again and abs(again - time) > SAME:
        faults.append(Fault(f"{path}.triggerTime", "CONTRADICTING_TIME", "it is another time than `time`"))
    return time


def stated_spans(information: Mapping[str, Any], path: str, faults: list[Fault]) -> dict[str, Span]:
    """Return the validity and the period of a plan by name, each end None where it is not stated."""
    given = {name: value for name, value in information.items() if value is not None}
    spans: dict[str, Span] = {
        "validity": _span(given, "validity", path, _time_of, faults),
        "planPeriod": _span(given, "planPeriod", path, trigger_time, faults),
    }
    for name, (start, end) in spans.items():
        if start and end and end <= start:
            message = f"it is not after {name}Start"
            faults.append(Fault(f"{path}.{name}End", "CONTRADICTING_TIME", message))
    return spans


def outside_faults(items: Sequence[plan_pb2.ImportedItem], spans: Mapping[str, Span], path: str) -> Iterator[Fault]:
    """Yield a fault for each item that begins before, or ends after, a span that the plan states."""
    for index, item in enumerate(items):
        if not item.HasField("interval"):
            continue
        start, end = from_timestamp(item.interval.start_time), from_timestamp(item.interval.end_time)
        for name, (first, last) in spans.items():
            if first and start < first - SAME:
                message = f"it begins before {name}Start of the plan"
                yield Fault(f"{path}[{index}].start.time", "CONTRADICTING_TIME", message)
            if last and end > last + SAME:
                yield Fault(f"{path}[{index}].end.time", "CONTRADICTING_TIME", f"it ends after {name}End of the plan")


def _span(given: Mapping[str, Any], name: str, path: str, read: Any, faults: list[Fault]) -> Span:
    start, end = (
        read(given[key], f"{path}.{key}", faults) if key in given else None for key in (f"{name}Start", f"{name}End")
    )
    return start, end


def _time_of(text: Any, path: str, faults: list[Fault]) -> datetime | None:
    if not isinstance(text, str):
        faults.append(Fault(path, "REQUIRED", "a time in RFC 3339 is needed"))
        return None
    try:
        return parse_time(text)
    except InvalidInputError as error:
        faults.append(Fault(path, "NOT_A_TIME", error.message))
        return None
