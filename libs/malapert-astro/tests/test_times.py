"""Authority: SPICE time conversion on the same leap-seconds kernel."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
import spiceypy
from malapert_astro.errors import EphemerisSpanError, NaiveDatetimeError
from malapert_astro.times import tdb_from_utc, utc_datetime, utc_from_tdb, utc_seconds

MICROSECOND = 1e-6
TIMES = [
    datetime(1972, 1, 1, tzinfo=UTC),
    datetime(2000, 1, 1, 12, tzinfo=UTC),
    datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(2017, 1, 1, tzinfo=UTC),
    datetime(2029, 1, 15, 6, 30, 0, 250000, tzinfo=UTC),
]


@pytest.mark.usefixtures("spice")
@pytest.mark.parametrize("time", TIMES)
def test_tdb_agrees_with_spice(time: datetime) -> None:
    expected = spiceypy.str2et(time.strftime("%Y-%m-%dT%H:%M:%S.%f"))
    assert tdb_from_utc(utc_seconds(time)) == pytest.approx(expected, abs=MICROSECOND)


def test_round_trip_is_exact_to_a_microsecond() -> None:
    utc_s = np.linspace(utc_seconds(TIMES[0]), utc_seconds(datetime(2049, 1, 1, tzinfo=UTC)), 20_001)
    assert np.max(np.abs(utc_from_tdb(tdb_from_utc(utc_s)) - utc_s)) < MICROSECOND


def test_shapes_are_kept() -> None:
    assert tdb_from_utc(0.9e9).shape == ()
    assert tdb_from_utc(np.full((2, 3), 1.8e9)).shape == (2, 3)


def test_other_time_zones_mean_the_same_instant() -> None:
    tokyo = datetime(2029, 1, 15, 15, 30, tzinfo=timezone(timedelta(hours=9)))
    assert utc_datetime(utc_seconds(tokyo)) == datetime(2029, 1, 15, 6, 30, tzinfo=UTC)


def test_naive_datetimes_are_refused() -> None:
    with pytest.raises(NaiveDatetimeError, match="no time zone"):
        utc_seconds(datetime(2029, 1, 15))  # noqa: DTZ001


def test_times_before_leap_seconds_are_refused() -> None:
    with pytest.raises(EphemerisSpanError, match="1972-01-01"):
        tdb_from_utc(-1.0)
