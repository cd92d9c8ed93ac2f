"""Spans of time that can be computed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from malapert_astro.ephemeris import Ephemeris
from malapert_astro.times import utc_datetime
from malapert_core.errors import Fault
from malapert_core.timestamps import format_time

from malapert_landing_site.domain.site import span_faults


def later(time: datetime, after_s: float) -> datetime:
    """The time `after_s` later, at least a second; the last that a datetime holds where it would be beyond."""
    # A second less: microseconds of such a time are rounded.
    left_s = (datetime.max.replace(tzinfo=UTC) - time).total_seconds() - 1.0
    # Not max(): nothing is larger than NaN, which is refused by its own name.
    return time + timedelta(seconds=min(after_s if after_s > 1.0 else 1.0, left_s))


def computable_span_faults(ephemeris: Ephemeris, start_time: datetime, end_time: datetime) -> list[Fault]:
    """Faults of a span, and of one that the ephemeris does not cover; empty where it is sound."""
    faults = span_faults(start_time, end_time)
    first_s, last_s = ephemeris.span_utc_s
    if start_time.timestamp() < first_s or end_time.timestamp() > last_s:
        allowed = f"{format_time(utc_datetime(first_s))} to {format_time(utc_datetime(last_s))}"
        faults.append(Fault("span", "OUTSIDE_EPHEMERIS", f"the span must lie within the ephemeris, {allowed}"))
    return faults
