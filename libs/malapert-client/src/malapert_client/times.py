"""Times of the platform as those of astropy: `malapert-client[astropy]`."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from astropy.time import Time
    from malapert_http_models.contracts.vocabulary import Interval


def astropy_times(times: Iterable[datetime]) -> "Time":
    """Return instants on the scale UTC, from which `.tdb`, `.jd` and others follow.

    Raises
    ------
    ValueError
        Where a time has no offset from UTC.
    """
    from astropy.time import Time

    aware = list(times)
    naive = [time for time in aware if time.tzinfo is None]
    if naive:
        raise ValueError(f"{naive[0]} has no offset from UTC")
    return Time(aware, format="datetime", scale="utc")


def astropy_spans(intervals: "Iterable[Interval]") -> "tuple[Time, Time]":
    """Return starts and ends of intervals on the scale UTC."""
    listed = list(intervals)
    return astropy_times(each.start_time for each in listed), astropy_times(each.end_time for each in listed)
