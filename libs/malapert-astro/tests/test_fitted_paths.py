"""Fitted paths against the same vectors evaluated at each instant."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from malapert_astro.earth_stations import SitePosition, StationPosition
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.errors import EphemerisSpanError
from malapert_astro.fitted_paths import SpanPaths
from malapert_astro.times import tdb_from_utc, utc_datetime, utc_seconds

SITE_KM = SitePosition(-136.0, -88.8, 1500.0).moon_me_km
STATION_KM = StationPosition(77.368, 13.034, 800.0).itrf_km
ANGLE_BOUND_DEG = 3e-9
MILLIMETRE_KM = 1e-6


def _angle_deg(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = a / np.linalg.norm(a, axis=0), b / np.linalg.norm(b, axis=0)
    return np.degrees(np.linalg.norm(a - b, axis=0))


@pytest.mark.parametrize(
    "start",
    [datetime(2015, 6, 25, tzinfo=UTC), datetime(2027, 1, 11, 7, tzinfo=UTC), datetime(2029, 1, 15, tzinfo=UTC)],
)
@pytest.mark.parametrize("days", [0.01, 40.3])
def test_fits_are_what_the_ephemeris_gives(ephemeris: Ephemeris, start: datetime, days: float) -> None:
    start_s, end_s = utc_seconds(start), utc_seconds(start + timedelta(days=days))
    utc_s = np.random.default_rng(1).uniform(start_s, end_s, 5000)
    utc_s[:2] = start_s, end_s
    paths, moments = SpanPaths(ephemeris, start_s, end_s), ephemeris.at(tdb_from_utc(utc_s))
    for fitted, exact_km in (
        (paths.sun(SITE_KM), moments.sun_km(SITE_KM)),
        (paths.earth(SITE_KM), moments.earth_km(SITE_KM)),
        (paths.station(SITE_KM, STATION_KM), moments.station_km(SITE_KM, STATION_KM)),
        (paths.site(STATION_KM, SITE_KM), moments.site_km(STATION_KM, SITE_KM)),
    ):
        vector_km, range_km, _ = fitted.range_and_rate(utc_s)
        assert np.max(_angle_deg(vector_km, exact_km)) < ANGLE_BOUND_DEG
        assert np.max(np.abs(range_km - np.linalg.norm(exact_km, axis=0))) < 3.0 * MILLIMETRE_KM
        assert fitted.vector_km(utc_s) == pytest.approx(vector_km, rel=1e-14)


def test_a_span_that_is_empty_or_outside_the_kernels_is_refused(ephemeris: Ephemeris) -> None:
    first, last = ephemeris.span_utc_s
    with pytest.raises(ValueError, match="not after its start"):
        SpanPaths(ephemeris, last, first)
    with pytest.raises(EphemerisSpanError, match=str(utc_datetime(last).year)):
        SpanPaths(ephemeris, last - 86_400.0, last + 86_400.0).site(STATION_KM, SITE_KM)
