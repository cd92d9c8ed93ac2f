"""Windows as a table (CSV, RFC 4180), one a line; their profiles are in other formats."""

from collections.abc import Sequence

from malapert_http_models.contracts.comms_window import Window
from malapert_http_models.wire import rfc3339

from malapert_gateway.exports.csv_table import Value, csv_table

_COLUMNS = (
    "window_id", "kind", "place_id", "orbiter_id", "station_id", "start_time", "end_time", "duration_s",
    "predictability", "start_limited_by", "start_error_s", "end_limited_by", "end_error_s",
)  # fmt: skip


def windows_csv(windows: Sequence[Window]) -> bytes:
    """Return windows in the order given; times are RFC 3339 in UTC."""
    return csv_table(_COLUMNS, map(_row, windows))


def _row(window: Window) -> list[Value]:
    start, end = window.interval.start_time, window.interval.end_time
    edges: list[Value] = []
    for edge in (window.start_edge, window.end_edge):
        edges += [edge.limited_by, edge.error_s] if edge else [None, None]
    return [
        window.window_id, window.kind, window.place_id, window.orbiter_id, window.station_id,
        rfc3339(start), rfc3339(end), (end - start).total_seconds(), window.predictability, *edges,
    ]  # fmt: skip
