"""Windows as planning events in the shape of CCSDS 529.1 (Mission Planning and Scheduling, draft of 2023-06).

One event definition for each kind's start and end, with the draft's predictability, and one event instance for each
edge. Field names are the draft's; it has no JSON binding, so objects refer to each other by their keys.
"""

from collections.abc import Sequence
from typing import Any

from malapert_http_models.contracts.comms_window import Predictability, Window, WindowKind
from malapert_http_models.wire import rfc3339


def mps_events(window_set_id: str, windows: Sequence[Window]) -> dict[str, Any]:
    """Return definitions and instances of the edges of windows, in order of the windows."""
    kinds = sorted({(window.kind, level) for window in windows for level in _levels(window)})
    return {
        "domain": ["malapert", "comms-window"],
        "timeSystem": "UTC",
        "eventDefinitions": [_definition(kind, level, edge) for kind, level in kinds for edge in ("start", "end")],
        "eventInstances": [_instance(window_set_id, window, edge) for window in windows for edge in ("start", "end")],
    }


def _levels(window: Window) -> set[str]:
    return {_level(window, edge) for edge in ("start", "end")}


def _level(window: Window, edge: str) -> str:
    found = window.start_edge if edge == "start" else window.end_edge
    level = (found.predictability if found else None) or window.predictability or Predictability.POTENTIAL
    return str(level)


def _key(kind: WindowKind, level: str, edge: str) -> str:
    return f"{kind}_{edge.upper()}_{level}"


def _definition(kind: WindowKind, level: str, edge: str) -> dict[str, Any]:
    return {
        "key": _key(kind, level, edge),
        "description": f"{edge} of {kind.lower().replace('_', ' ')}",
        "predictability": level,
        "eventType": kind,
        "argDefs": [{"name": name, "type": "String"} for name in ("place_id", "station_id", "orbiter_id", "limited_by")]
        + [{"name": "error_s", "type": "Double", "units": "s"}],
        "eventDefinitions": [],
    }


def _instance(window_set_id: str, window: Window, edge: str) -> dict[str, Any]:
    at = window.interval.start_time if edge == "start" else window.interval.end_time
    worth = window.start_edge if edge == "start" else window.end_edge
    arguments: dict[str, str | float] = {
        "place_id": window.place_id,
        "station_id": window.station_id,
        "orbiter_id": window.orbiter_id,
        "limited_by": worth.limited_by if worth else "",
        "error_s": worth.error_s if worth else 0.0,
    }
    return {
        "key": f"{window_set_id}/{window.window_id}/{edge}",
        "definition": _key(window.kind, _level(window, edge), edge),
        "sourceEvent": f"{window_set_id}/{window.window_id}",
        "events": [],
        "eventTime": rfc3339(at),
        "arguments": [{"name": name, "value": value} for name, value in arguments.items()],
        "eventStatus": "PREDICTED",
        "statusInfo": None,
    }
