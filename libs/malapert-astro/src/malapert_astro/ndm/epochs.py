"""Epochs of navigation data messages: CCSDS ASCII time codes A and B in named time systems (CCSDS 301.0, 3.5)."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from malapert_astro.times import installed_time_scale, utc_datetime

Floats = NDArray[np.float64]

TIME_SYSTEMS = ("UTC", "TAI", "TT", "TDB", "GPS")
FIRST_UTC_S, LAST_UTC_S = 63_072_000.0, 253_402_300_799.0
"""Range of readable epochs, Unix seconds: 1972-01-01, when UTC began, to 9999-12-31T23:59:59."""
_J2000_UNIX_S = 946_728_000.0
_GPS_BEHIND_TAI_S = 19.0
_DAY_S = 86_400.0
_EPOCH = re.compile(
    r"(?P<day>[0-9]{4}-(?:[0-9]{3}|[0-9]{2}-[0-9]{2}))"
    r"T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2}(?:\.[0-9]*)?)Z?"
)
# Atomic systems are ahead of UTC by less: what they show then is after UTC began.
_AHEAD_OF_UTC_S = 43.0


def time_system_of(text: str) -> str:
    """Return the name of a time system, written in letters of either case.

    Raises
    ------
    ValueError
        If it is none of `TIME_SYSTEMS`.
    """
    name = text.upper() if text.isascii() else ""
    if name not in TIME_SYSTEMS:
        raise ValueError(f"time system {text[:40]!r} is none of {', '.join(TIME_SYSTEMS)}")
    return name


def tdb_of(text: str, system: str) -> float:
    """Return TDB seconds past J2000 of an epoch in a time system.

    Raises
    ------
    ValueError
        If the text is no such time, or the system is none of `TIME_SYSTEMS`.
    """
    name = time_system_of(system)
    return float(tdb_of_readings([clock_reading(text.strip(), name)], name)[0])


def clock_reading(text: str, system: str) -> tuple[float, bool]:
    """Return seconds since 1970 by a clock with days of 86,400 s, and whether it is in a leap second.

    A leap second reads as the first second of the next day.

    Raises
    ------
    ValueError
        If the text is no time, or is out of what can be read, or is a leap second where there is none.
    """
    match = _EPOCH.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is no time like 2029-01-15T00:00:00.000 or 2029-015T00:00:00.000")
    hour, minute, second = int(match["hour"]), int(match["minute"]), float(match["second"])
    if hour > 23 or minute > 59 or second >= 61.0:
        raise ValueError(f"{text!r} is no time of day")
    clock_s = _day_start_s(match["day"]) + 3600.0 * hour + 60.0 * minute + second
    first_s = FIRST_UTC_S + (0.0 if system == "UTC" else _AHEAD_OF_UTC_S)
    if not first_s <= clock_s <= LAST_UTC_S:
        raise ValueError(f"{text!r} is not between 1972-01-01, when UTC began, and 9999-12-31T23:59:59")
    if second < 60.0:
        return clock_s, False
    leaps = system == "UTC" and (hour, minute) == (23, 59) and installed_time_scale().has_leap_second(clock_s // 1.0)
    if not leaps:
        raise ValueError(f"{text!r}: {system} has no leap second then")
    return clock_s, True


def tdb_of_readings(readings: Sequence[tuple[float, bool]], system: str) -> Floats:
    """Return TDB seconds past J2000 of clock readings, shape (n,); NaN stays NaN."""
    if not readings:
        return np.empty(0)
    clock_s, leaps = np.array(readings, dtype=np.float64).T
    scale = installed_time_scale()
    known = np.where(np.isnan(clock_s), _J2000_UNIX_S, clock_s)
    since_s = known - _J2000_UNIX_S
    if system == "UTC":
        # The leap second shows the time of the second after it.
        tdb = scale.tdb_from_utc(known) - leaps
    elif system == "TDB":
        tdb = since_s
    elif system == "TT":
        tdb = scale.tdb_from_tt(since_s)
    else:
        tdb = scale.tdb_from_tt(since_s + scale.tt_minus_tai_s + (_GPS_BEHIND_TAI_S if system == "GPS" else 0.0))
    return np.where(np.isnan(clock_s), np.nan, tdb)


def utc_text(utc: datetime) -> str:
    """Return a UTC time as an ASCII time code A with microseconds."""
    moment = utc.astimezone(UTC)
    # strftime leaves the zeros of years before 1000 out.
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}"


def utc_texts(epoch_tdb_s: ArrayLike) -> list[str]:
    """Return epochs, TDB seconds past J2000, as ASCII time codes A in UTC with microseconds, in leap seconds too."""
    return [
        f"{utc_text(utc_datetime(utc_s - 1.0))[:17]}60{utc_text(utc_datetime(utc_s))[19:]}"
        if leaps
        else utc_text(utc_datetime(utc_s))
        for utc_s, leaps in zip(*installed_time_scale().utc_and_leaps(epoch_tdb_s), strict=True)
    ]


@lru_cache(maxsize=4096)
def _day_start_s(text: str) -> float:
    year = int(text[:4])
    try:
        if len(text) == 8:
            day = date(year, 1, 1) + timedelta(days=int(text[5:]) - 1)
            if day.year != year:
                raise ValueError("day is out of range for year")
        else:
            day = date(year, int(text[5:7]), int(text[8:]))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no day: {error}") from error
    return (day - date(1970, 1, 1)).days * _DAY_S
