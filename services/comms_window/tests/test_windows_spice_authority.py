"""Authority: SPICE's geometry finder on the same kernels, with a flat horizon."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import spiceypy
from malapert_astro.ephemeris import SUN_RADIUS_KM, Ephemeris
from malapert_astro.fitted_paths import SpanPaths
from malapert_astro.kernels import installed_kernels
from malapert_astro.points import SitePosition, StationPosition
from malapert_astro.times import tdb_from_utc, utc_from_tdb, utc_seconds
from malapert_comms_window.domain.horizons import Horizon
from malapert_comms_window.domain.links import LinkTerminal
from malapert_comms_window.domain.windows import Window, WindowKind
from malapert_comms_window.geometry.conditions import SearchSpan
from malapert_comms_window.geometry.place_views import PlaceView
from malapert_comms_window.geometry.window_search import (
    search_contacts,
    search_earth_visibility,
    search_light,
)
from malapert_comms_window.storage.station_catalogue import load_station_catalogue

EDGE_S = 0.001
STEP_S = 3 * 3600.0
"""Step of SPICE's search: elevations rise and fall with the Earth's turning, in about 12 hours each."""
YEAR = datetime(2028, 7, 1, tzinfo=UTC)
SITE_BODY = 301901
STATION_IDS = (
    "esa-mlg",
    "esa-nno-1",
    "isro-idsn-32",
    "jaxa-mdss-54",
    "jaxa-usc-34",
    "dsn-dss14",
    "dsn-dss43",
    "dsn-dss63",
    "dlr-whm-30",
    "ksat-svalsat",
)
STATION_BODIES = {station_id: 399901 + index for index, station_id in enumerate(STATION_IDS)}
TERMINAL = LinkTerminal("X", 8.45e9, 10.0, 4.0, 3.0, 2.0, (64e3, 256e3, 1024e3))
HORIZON = Horizon("site", 29.1957, -84.7906, 350.0, 2.0, np.zeros(4), 0.01)
STATIONS = load_station_catalogue()


@pytest.fixture
def spice(tmp_path: Path) -> Iterator[None]:
    """SPICE on the same kernels; site and stations are bodies with local frames: north, west, up."""
    spiceypy.gfstol(EDGE_S / 5.0)
    kernels = installed_kernels()
    for path in vars(kernels).values():
        if path != kernels.earth_high_precision_pck:
            spiceypy.furnsh(str(path))
    spiceypy.furnsh(str(kernels.earth_high_precision_pck))
    site = SitePosition(HORIZON.longitude_deg, HORIZON.latitude_deg, HORIZON.elevation_m + HORIZON.height_m)
    points = [(SITE_BODY, 301, "MOON_ME", site.fixed_km, site.longitude_deg, site.latitude_deg)]
    for station_id, body in STATION_BODIES.items():
        station = STATIONS[station_id]
        position = StationPosition(station.longitude_deg, station.latitude_deg, station.height_m)
        points.append((body, 399, "ITRF93", position.fixed_km, station.longitude_deg, station.latitude_deg))
    spk = tmp_path / "points.bsp"
    handle = spiceypy.spkopn(str(spk), "points", 0)
    for body, center, frame, position_km, longitude, latitude in points:
        epochs = np.linspace(0.0, 1.2e9, 4)
        states = np.zeros((4, 6))
        states[:, :3] = position_km
        spiceypy.spkw09(
            handle, body, center, frame, epochs[0], epochs[-1], "point", 3, 4, states.tolist(), epochs.tolist()
        )
        _define_local_frame(body, frame, longitude, latitude)
    spiceypy.spkcls(handle)
    spiceypy.furnsh(str(spk))
    yield
    spiceypy.kclear()
    spiceypy.gfstol(1e-6)


def _define_local_frame(body: int, base: str, longitude_deg: float, latitude_deg: float) -> None:
    frame = 1_000_000 + body
    name = f"LOCAL_{body}"
    spiceypy.lmpool(
        [
            f"FRAME_{name} = {frame}",
            f"FRAME_{frame}_NAME = '{name}'",
            f"FRAME_{frame}_CLASS = 4",
            f"FRAME_{frame}_CLASS_ID = {frame}",
            f"FRAME_{frame}_CENTER = {body}",
            f"TKFRAME_{frame}_SPEC = 'ANGLES'",
            f"TKFRAME_{frame}_RELATIVE = '{base}'",
            f"TKFRAME_{frame}_ANGLES = ( {-longitude_deg!r} {latitude_deg - 90.0!r} 180.0 )",
            f"TKFRAME_{frame}_AXES = ( 3 2 3 )",
            f"TKFRAME_{frame}_UNITS = 'DEGREES'",
        ]
    )


def _view(span: SearchSpan) -> PlaceView:
    return PlaceView(SpanPaths(Ephemeris(), *span.tdb_s), HORIZON)


def _span(start: datetime, days: float) -> SearchSpan:
    start_s = utc_seconds(start)
    return SearchSpan(start_s, start_s + days * 86_400.0, 600.0)


def _confinement(span: SearchSpan) -> spiceypy.utils.support_types.SpiceCell:
    cell = spiceypy.cell_double(2)
    spiceypy.wninsd(float(tdb_from_utc(span.start_s)), float(tdb_from_utc(span.end_s)), cell)
    return cell


def _above(
    observer: int, target: str, least_deg: float, confinement: spiceypy.utils.support_types.SpiceCell
) -> spiceypy.utils.support_types.SpiceCell:
    found = spiceypy.cell_double(2000)
    spiceypy.gfposc(
        target, f"LOCAL_{observer}", "CN+S", str(observer), "LATITUDINAL", "LATITUDE", ">", np.radians(least_deg),
        0.0, STEP_S, 1000, confinement, found,
    )  # fmt: skip
    return found


def _intervals(cell: spiceypy.utils.support_types.SpiceCell) -> np.ndarray:
    count = spiceypy.wncard(cell)
    return utc_from_tdb(np.array([spiceypy.wnfetd(cell, index) for index in range(count)]).reshape(-1, 2))


def _edges(windows: list[Window]) -> np.ndarray:
    return np.array([[utc_seconds(window.start_time), utc_seconds(window.end_time)] for window in windows])


@pytest.mark.usefixtures("spice")
@pytest.mark.parametrize("station_id", STATION_IDS)
@pytest.mark.parametrize(("start", "days"), [(datetime(2026, 6, 1, tzinfo=UTC), 16.0), (YEAR, 365.0)])
def test_contacts_agree(station_id: str, start: datetime, days: float) -> None:
    span, station, body = _span(start, days), STATIONS[station_id], STATION_BODIES[station_id]
    clear = _above(SITE_BODY, str(body), 0.0, _confinement(span))
    expected = _intervals(_above(body, str(SITE_BODY), station.min_elevation_deg.value, clear))
    windows = search_contacts(_view(span), station, TERMINAL, span)
    assert len(windows) == len(expected) > 0
    assert np.max(np.abs(_edges(windows) - expected)) < EDGE_S


@pytest.mark.usefixtures("spice")
def test_earth_visibility_agrees() -> None:
    span = _span(YEAR, 365.0)
    expected = _intervals(_above(SITE_BODY, "EARTH", 0.0, _confinement(span)))
    windows = search_earth_visibility(_view(span), span)
    assert len(windows) == len(expected) >= 2
    assert np.max(np.abs(_edges(windows) - expected)) < EDGE_S


@pytest.mark.usefixtures("spice")
def test_sunlight_agrees() -> None:
    span = _span(datetime(2029, 1, 1, tzinfo=UTC), 45.0)

    @spiceypy.utils.callbacks.SpiceUDFUNS
    def limb_elevation(epoch: float) -> float:
        vector = spiceypy.spkezr("SUN", epoch, f"LOCAL_{SITE_BODY}", "CN+S", str(SITE_BODY))[0][:3]
        distance = float(np.linalg.norm(vector))
        return float(np.arcsin(vector[2] / distance) + np.arcsin(SUN_RADIUS_KM / distance))

    @spiceypy.utils.callbacks.SpiceUDFUNB
    def is_decreasing(function: object, epoch: float) -> int:
        return int(spiceypy.uddc(limb_elevation, epoch, 60.0))

    found = spiceypy.cell_double(200)
    spiceypy.gfuds(limb_elevation, is_decreasing, ">", 0.0, 0.0, 21_600.0, 100, _confinement(span), found)
    expected = _intervals(found)
    windows = search_light(_view(span), span)
    lit = [window for window in windows if window.kind is WindowKind.ILLUMINATION]
    dark = [window for window in windows if window.kind is WindowKind.DARKNESS]
    assert len(lit) == len(expected) >= 2
    assert np.max(np.abs(_edges(lit) - expected)) < EDGE_S
    edges = np.unique(np.concatenate((_edges(lit), _edges(dark))).ravel())
    assert edges[0] == span.start_s
    assert edges[-1] == span.end_s
    assert len(edges) == len(lit) + len(dark) + 1


@pytest.mark.usefixtures("spice")
def test_profiles_along_a_contact_agree() -> None:
    span = _span(datetime(2029, 1, 10, tzinfo=UTC), 2.0)
    window = search_contacts(_view(span), STATIONS["esa-mlg"], TERMINAL, span)[0]
    profiles = {profile.quantity: profile for profile in window.profiles}
    offsets = profiles["station_elevation_deg"].offset_s
    body = STATION_BODIES["esa-mlg"]
    for index in (0, len(offsets) // 2, len(offsets) - 1):
        epoch = float(tdb_from_utc(utc_seconds(window.start_time) + offsets[index]))
        state, light_time = spiceypy.spkezr(str(SITE_BODY), epoch, f"LOCAL_{body}", "CN+S", str(body))
        distance, _, latitude = spiceypy.reclat(state[:3])
        assert profiles["station_elevation_deg"].value[index] == pytest.approx(np.degrees(latitude), abs=1e-6)
        assert profiles["range_km"].value[index] == pytest.approx(distance, abs=1e-3)
        assert profiles["light_time_s"].value[index] == pytest.approx(light_time, abs=1e-6)
        station = spiceypy.spkezr(str(body), epoch, f"LOCAL_{SITE_BODY}", "CN+S", str(SITE_BODY))[0][:3]
        _, west_of_north, elevation = spiceypy.reclat(station)
        assert profiles["elevation_deg"].value[index] == pytest.approx(np.degrees(elevation), abs=1e-6)
        assert profiles["azimuth_deg"].value[index] == pytest.approx(-np.degrees(west_of_north) % 360.0, abs=1e-5)
    assert offsets[-1] == pytest.approx(window.duration_s, abs=1e-5)
