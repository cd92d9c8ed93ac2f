"""Fitted paths against the same vectors evaluated at each instant."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.errors import EphemerisSpanError
from malapert_astro.fitted_paths import SpanPaths
from malapert_astro.points import Body, SitePosition, StationPosition
from malapert_astro.surface import azimuth_elevation
from malapert_astro.times import tdb_from_utc, utc_datetime, utc_seconds

SITE = SitePosition(-136.0, -88.8, 1500.0)
STATION = StationPosition(77.368, 13.034, 800.0)
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
    start_s, end_s = (float(tdb_from_utc(edge)) for edge in (start_s, end_s))
    epoch_s = np.random.default_rng(1).uniform(start_s, end_s, 5000)
    epoch_s[:2] = start_s, end_s
    paths, moments = SpanPaths(ephemeris, start_s, end_s), ephemeris.at(epoch_s)
    for observer, target, exact_km in (
        (SITE, Body.SUN, moments.sun_km(SITE.fixed_km)),
        (SITE, Body.EARTH, moments.earth_km(SITE.fixed_km)),
        (SITE, STATION, moments.station_km(SITE.fixed_km, STATION.fixed_km)),
        (STATION, SITE, moments.site_km(STATION.fixed_km, SITE.fixed_km)),
    ):
        fitted = paths.seen(observer, target)
        local_km = observer.local_axes @ exact_km
        vector_km, range_km, _ = fitted.range_and_rate(epoch_s)
        assert np.max(_angle_deg(vector_km, local_km)) < ANGLE_BOUND_DEG
        assert np.max(np.abs(range_km - np.linalg.norm(exact_km, axis=0))) < 3.0 * MILLIMETRE_KM
        assert fitted.vector_km(epoch_s) == pytest.approx(vector_km, rel=1e-13)
        azimuth, elevation = azimuth_elevation(exact_km, observer.longitude_deg, observer.latitude_deg)
        own_azimuth, own_elevation = fitted.direction_deg(epoch_s)
        assert np.max(np.abs(own_elevation - elevation)) < ANGLE_BOUND_DEG
        assert np.max(np.abs((own_azimuth - azimuth + 180.0) % 360.0 - 180.0)) < 10.0 * ANGLE_BOUND_DEG


def test_the_order_and_the_shape_of_epochs_do_not_matter(ephemeris: Ephemeris) -> None:
    start_s = float(tdb_from_utc(utc_seconds(datetime(2029, 1, 15, tzinfo=UTC))))
    path = SpanPaths(ephemeris, start_s, start_s + 9.5 * 86_400.0).seen(SITE, STATION)
    epoch_s = np.linspace(start_s, start_s + 9.5 * 86_400.0, 600)
    shuffled = np.random.default_rng(2).permutation(600)
    vector_km = path.vector_km(epoch_s)
    assert path.vector_km(epoch_s[shuffled]) == pytest.approx(vector_km[:, shuffled], rel=1e-13)
    assert path.vector_km(epoch_s.reshape(20, 30)) == pytest.approx(vector_km.reshape(3, 20, 30), rel=1e-14)
    assert path.vector_km(epoch_s[7]) == pytest.approx(vector_km[:, 7], rel=1e-13)
    assert path.elevation_deg(epoch_s) == pytest.approx(path.direction_deg(epoch_s)[1])


def test_a_span_that_is_empty_or_outside_the_kernels_is_refused(ephemeris: Ephemeris) -> None:
    _, last = ephemeris.span_utc_s
    with pytest.raises(ValueError, match="not after its start"):
        SpanPaths(ephemeris, 2.0, 1.0)
    with pytest.raises(EphemerisSpanError, match=str(utc_datetime(last).year)):
        SpanPaths(ephemeris, *tdb_from_utc([last - 86_400.0, last + 86_400.0])).seen(STATION, SITE)
