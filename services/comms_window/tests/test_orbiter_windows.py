"""Windows of orbiters and relays: SPICE's geometry finder on the same states, and set algebra on the legs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import spiceypy
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.fitted_paths import SpanPaths
from malapert_astro.kernels import installed_kernels
from malapert_astro.orbit_files import orbit_of_spk
from malapert_astro.orbits import KeplerianElements, KeplerianOrbit
from malapert_astro.points import Body, SitePosition, StationPosition
from malapert_astro.times import tdb_from_utc, utc_from_tdb, utc_seconds
from malapert_astro.windows import complement, contains, intersect, union
from malapert_comms_window.domain.horizons import Horizon
from malapert_comms_window.domain.keys import KeySource, key_rates, path_loss_db
from malapert_comms_window.domain.links import LinkTerminal
from malapert_comms_window.domain.orbiter_links import KeyLink, OpticalLink, OpticalRules, RelayLink
from malapert_comms_window.domain.orbiters import Orbiter, OrbitSource
from malapert_comms_window.domain.stations import OPTICAL, StationBand
from malapert_comms_window.domain.windows import Window, WindowKind
from malapert_comms_window.geometry.conditions import SearchSpan
from malapert_comms_window.geometry.optical_search import search_key_links, search_optical_links, search_optical_passes
from malapert_comms_window.geometry.orbiter_search import (
    search_eclipses,
    search_occultations,
    search_orbiter_contacts,
)
from malapert_comms_window.geometry.orbiter_views import OrbiterView
from malapert_comms_window.geometry.place_views import PlaceView
from malapert_comms_window.geometry.relay_search import Relay
from malapert_comms_window.storage.station_catalogue import load_station_catalogue

EDGE_S = 0.001
RELAY, SITE_BODY, STATION_BODY = -155, 301901, 399901
START = datetime(2029, 1, 15, tzinfo=UTC)
SPAN = SearchSpan(utc_seconds(START), utc_seconds(START) + 4 * 86_400.0, 300.0)
HORIZON = Horizon("site", -136.0, -88.8, 1200.0, 2.0, np.zeros(4), 0.01)
STATION = load_station_catalogue()["esa-mlg"]
SITE = SitePosition(HORIZON.longitude_deg, HORIZON.latitude_deg, HORIZON.elevation_m + HORIZON.height_m)
X_BAND = LinkTerminal("X", 8.45e9, 20.0, 4.0, 3.0, 2.0, (1e6, 4e6))
S_BAND = LinkTerminal("S", 2.25e9, 5.0, 4.0, 3.0, 1.0, (16e3, 64e3, 256e3))
LINK = RelayLink("relay", S_BAND, -10.0, X_BAND, 5.0, 6 * 3600.0)
ORBITER = Orbiter("relay", 1, "Relay", "ESA", OrbitSource.SPK, "moon", (), 0.5, "made", "sha256:00", (), START)
# Low enough for eclipses, occultations and passes of every length within four days.
ELEMENTS = KeplerianElements(float(tdb_from_utc(SPAN.start_s)), 3200.0, 0.35, 80.0, 40.0, 100.0, 0.0)


@pytest.fixture(scope="module")
def relay_spk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SPK of type 13 of the orbiter: both sides read the same states."""
    axes = Ephemeris().moon_motion(np.array([ELEMENTS.epoch_tdb_s])).from_inertial[:, :, 0]
    epochs = np.arange(SPAN.tdb_s[0] - 600.0, SPAN.tdb_s[1] + 600.0, 60.0)
    states = np.concatenate(KeplerianOrbit(Body.MOON, ELEMENTS, axes).state_km(epochs)).T
    path = tmp_path_factory.mktemp("spk") / "relay.bsp"
    handle = spiceypy.spkopn(str(path), "relay", 0)
    spiceypy.spkw13(
        handle, RELAY, 301, "J2000", epochs[0], epochs[-1], "relay", 7, len(epochs), states.tolist(), epochs.tolist()
    )
    spiceypy.spkcls(handle)
    return path


@pytest.fixture
def view(relay_spk: Path) -> OrbiterView:
    return OrbiterView.over(ORBITER, orbit_of_spk(relay_spk, RELAY), Ephemeris(), SPAN)


@pytest.fixture
def spice(relay_spk: Path, tmp_path: Path) -> Iterator[None]:
    kernels = installed_kernels()
    last = kernels.earth_high_precision_pck
    for path in (*(path for path in vars(kernels).values() if path != last), last, relay_spk):
        spiceypy.furnsh(str(path))
    spiceypy.pdpool("BODY301_RADII", [1737.4] * 3)
    spiceypy.pdpool("BODY399_RADII", [6378.137] * 3)
    spiceypy.pdpool("BODY10_RADII", [695_700.0] * 3)
    for body, pole in ((301, "0 0 0"), (399, "0 0 0"), (10, "0 0 0")):
        spiceypy.lmpool(
            [f"BODY{body}_POLE_RA = ( {pole} )", f"BODY{body}_POLE_DEC = ( 90 0 0 )", f"BODY{body}_PM = ( 0 0 0 )"]
        )
    spk = tmp_path / "points.bsp"
    handle = spiceypy.spkopn(str(spk), "points", 0)
    position = StationPosition(STATION.longitude_deg, STATION.latitude_deg, STATION.height_m)
    for body, center, frame, point in (
        (SITE_BODY, 301, "MOON_ME", SITE),
        (STATION_BODY, 399, "ITRF93", position),
    ):
        states = [[*point.fixed_km, 0.0, 0.0, 0.0]] * 4
        epochs = [0.0, 4e8, 8e8, 1.2e9]
        spiceypy.spkw09(handle, body, center, frame, epochs[0], epochs[-1], "point", 3, 4, states, epochs)
        frame_id = 1_000_000 + body
        angles = f"( {-point.longitude_deg!r} {point.latitude_deg - 90.0!r} 180.0 )"
        spiceypy.lmpool(
            [
                f"FRAME_LOCAL_{body} = {frame_id}",
                f"FRAME_{frame_id}_NAME = 'LOCAL_{body}'",
                f"FRAME_{frame_id}_CLASS = 4",
                f"FRAME_{frame_id}_CLASS_ID = {frame_id}",
                f"FRAME_{frame_id}_CENTER = {body}",
                f"TKFRAME_{frame_id}_SPEC = 'ANGLES'",
                f"TKFRAME_{frame_id}_RELATIVE = '{frame}'",
                f"TKFRAME_{frame_id}_ANGLES = {angles}",
                f"TKFRAME_{frame_id}_AXES = ( 3 2 3 )",
                f"TKFRAME_{frame_id}_UNITS = 'DEGREES'",
            ]
        )
    spiceypy.spkcls(handle)
    spiceypy.furnsh(str(spk))
    yield
    spiceypy.kclear()


def _whole() -> spiceypy.utils.support_types.SpiceCell:
    cell = spiceypy.cell_double(2)
    spiceypy.wninsd(*SPAN.tdb_s, cell)
    return cell


def _above(observer: int, target: int, least_deg: float) -> np.ndarray:
    found = spiceypy.cell_double(2000)
    spiceypy.gfposc(
        str(target), f"LOCAL_{observer}", "CN+S", str(observer), "LATITUDINAL", "LATITUDE", ">",
        np.radians(least_deg), 0.0, 120.0, 1000, _whole(), found,
    )  # fmt: skip
    return _intervals(found)


def _hidden(front: str, back: str, shape: str, observer: str, correction: str) -> np.ndarray:
    found = spiceypy.cell_double(2000)
    frame = "" if shape == "POINT" else "IAU_SUN"
    spiceypy.gfoclt(
        "ANY", front, "ELLIPSOID", f"IAU_{front}", back, shape, frame, correction, observer, 60.0, _whole(), found
    )
    return _intervals(found)


def _intervals(cell: spiceypy.utils.support_types.SpiceCell) -> np.ndarray:
    return np.array([spiceypy.wnfetd(cell, index) for index in range(spiceypy.wncard(cell))]).reshape(-1, 2)


def _edges(windows: list[Window]) -> np.ndarray:
    return np.array([[utc_seconds(window.start_time), utc_seconds(window.end_time)] for window in windows]).reshape(
        -1, 2
    )


def _agrees(windows: list[Window], expected_tdb_s: np.ndarray) -> None:
    found, expected = _edges(windows), utc_from_tdb(expected_tdb_s)
    assert len(found) == len(expected) > 3
    assert np.max(np.abs(found - expected)) < EDGE_S


@pytest.mark.usefixtures("spice")
def test_place_and_orbiter_see_each_other_as_spice_finds(view: OrbiterView) -> None:
    place = PlaceView(SpanPaths(Ephemeris(), *SPAN.tdb_s), HORIZON)
    _agrees(Relay(place, view, LINK, SPAN).contacts(), _above(SITE_BODY, RELAY, LINK.min_elevation_deg))


@pytest.mark.usefixtures("spice")
def test_a_station_sees_the_orbiter_where_the_moon_does_not_hide_it(view: OrbiterView) -> None:
    risen = _above(STATION_BODY, RELAY, STATION.min_elevation_deg.value)
    free = complement(_hidden("MOON", str(RELAY), "POINT", str(STATION_BODY), "CN"), *SPAN.tdb_s)
    windows = search_orbiter_contacts(view, STATION, X_BAND, SPAN)
    _agrees(windows, intersect(risen, free))
    edges = [edge for window in windows for edge in (window.start_edge, window.end_edge) if edge]
    assert {"moon_limb", "station_mask"} <= {edge.limited_by for edge in edges}
    assert all(edge.error_s > 0.0 for edge in edges if edge.limited_by != "span")


@pytest.mark.usefixtures("spice")
def test_eclipses_are_those_of_spice(view: OrbiterView) -> None:
    by_moon = _hidden("MOON", "SUN", "ELLIPSOID", str(RELAY), "CN")
    by_earth = _hidden("EARTH", "SUN", "ELLIPSOID", str(RELAY), "CN")
    windows = search_eclipses(view, SPAN)
    _agrees(windows, union(by_moon, by_earth))
    for window in windows:
        (profile,) = window.profiles
        assert np.all((profile.value >= 0.0) & (profile.value <= 1.0))
        assert profile.value[0] == pytest.approx(1.0, abs=1e-3)
    assert min(np.min(window.profiles[0].value) for window in windows) == 0.0


@pytest.mark.usefixtures("spice")
def test_occultations_are_when_the_moon_hides_the_earth(view: OrbiterView) -> None:
    _agrees(search_occultations(view, SPAN), _hidden("MOON", "EARTH", "POINT", str(RELAY), "CN"))


def test_end_to_end_is_both_legs_at_once_and_the_slower_rate(view: OrbiterView) -> None:
    place = PlaceView(SpanPaths(Ephemeris(), *SPAN.tdb_s), HORIZON)
    relay = Relay(place, view, LINK, SPAN)
    up, down = _edges(relay.contacts()), _edges(search_orbiter_contacts(view, STATION, X_BAND, SPAN))
    through = relay.end_to_end(STATION)
    assert len(through) >= 2
    assert _edges(through) == pytest.approx(intersect(up, down), abs=0.01)
    for window in through:
        profiles = {profile.quantity: profile.value for profile in window.profiles}
        assert set(profiles["rate_bps"]) <= {0.0, *S_BAND.rate_steps_bps}
        assert np.all(profiles["latency_s"] > 1.2)
        assert np.all(profiles["latency_s"] < 1.6)


def test_what_is_stored_is_delivered_in_time(view: OrbiterView) -> None:
    place = PlaceView(SpanPaths(Ephemeris(), *SPAN.tdb_s), HORIZON)
    down = _edges(search_orbiter_contacts(view, STATION, X_BAND, SPAN))
    for latency_s in (600.0, 6 * 3600.0):
        relay = Relay(place, view, replace(LINK, max_latency_s=latency_s), SPAN)
        stored = relay.stored([STATION])
        inside = _edges(stored)
        up = _edges(relay.contacts())
        times = np.arange(SPAN.start_s, SPAN.end_s, 20.0)
        waits = [min((max(first - time, 0.0) for first, last in down if last > time), default=np.inf) for time in times]
        expected = contains(up, times) & (np.array(waits) <= latency_s)
        near = np.min(np.abs(times[:, None] - np.concatenate((inside.ravel(), [0.0]))), axis=1) < 1.0
        assert np.all((contains(inside, times) == expected) | near)
        for window in stored:
            (profile,) = (each for each in window.profiles if each.quantity == "latency_s")
            assert np.max(profile.value) <= latency_s + 1.0
    assert Relay(place, view, replace(LINK, max_latency_s=0.0), SPAN).stored([STATION]) == []
    assert Relay(place, view, LINK, SPAN).stored([]) == []


SOURCE = KeySource(1e8, 0.8, 0.1, 0.5, 1e-6, 0.01, 1.16, 0.5, 1e-5, 1.0, 0.7, 9.0, 1e5)


@pytest.mark.parametrize(
    ("loss_db", "sifted_bps", "error_percent", "secret_bps"),
    [
        (25, 63_200, 1.02, 18_400),
        (30, 20_000, 1.06, 5_720),
        (32, 12_600, 1.10, 3_570),
        (35, 6_350, 1.19, 1_730),
        (38, 3_190, 1.38, 812),
        (40, 2_020, 1.60, 472),
        (42, 1_290, 1.95, 260),
        (45, 657, 2.86, 83),
        (48, 342, 4.58, 0),
    ],
)
def test_key_rates_are_those_of_the_check_table(
    loss_db: float, sifted_bps: float, error_percent: float, secret_bps: float
) -> None:
    rates = key_rates(SOURCE, np.array([float(loss_db)]))
    assert rates.sifted_bps[0] == pytest.approx(sifted_bps, rel=0.02)
    assert 100.0 * rates.error_share[0] == pytest.approx(error_percent, rel=0.02)
    assert rates.secret_bps[0] == pytest.approx(secret_bps, rel=0.02, abs=0.5)


@pytest.mark.parametrize(
    ("elevation_deg", "range_km", "loss_db"),
    [
        (10, 1695, 42.5),
        (15, 1407, 38.0),
        (20, 1193, 35.1),
        (30, 909, 31.3),
        (45, 683, 27.9),
        (60, 571, 25.9),
        (90, 500, 24.5),
    ],
)
def test_losses_are_those_of_the_check_table(elevation_deg: float, range_km: float, loss_db: float) -> None:
    found = path_loss_db(SOURCE, np.array([float(range_km)]), np.array([float(elevation_deg)]))
    assert found[0] == pytest.approx(loss_db, rel=0.02)


def test_keys_are_made_at_night_away_from_the_moon() -> None:
    """A source 500 km up: every sample of every pass keeps each rule, and the key is the sum of its rate."""
    elements = KeplerianElements(SPAN.tdb_s[0], 6878.137, 0.0, 97.4, 10.0, 0.0, 0.0)
    orbit = KeplerianOrbit(Body.EARTH, elements, np.eye(3))
    view = OrbiterView.over(replace(ORBITER, center="earth"), orbit, Ephemeris(), SPAN)
    ground = replace(STATION, bands=(StationBand(OPTICAL, None),))
    rules = OpticalRules(-12.0, 20.0, 20.0)
    link = KeyLink("relay", rules, SOURCE, {ground.station_id: 0.6})
    passes = search_key_links(view, ground, link, SPAN)
    assert passes
    for window in passes:
        profiles = {profile.quantity: profile for profile in window.profiles}
        assert np.min(profiles["station_elevation_deg"].value) >= 20.0 - 1e-4
        assert np.max(profiles["station_sun_elevation_deg"].value) <= -12.0 + 1e-4
        assert np.min(profiles["moon_separation_deg"].value) >= 20.0 - 1e-4
        secret = profiles["key_rate_bps"]
        made = np.trapezoid(secret.value, secret.offset_s)
        assert window.volume_bit() == pytest.approx(0.6 * made)
        assert made > 0.0
    fewest = replace(SOURCE, least_sifted_bits=1e12)
    assert search_key_links(view, ground, replace(link, source=fewest), SPAN) == []
    in_shadow = search_key_links(view, ground, replace(link, needs_shadow=True), SPAN)
    dark = _edges(search_eclipses(view, SPAN))
    shadowed = _edges(in_shadow)
    assert intersect(shadowed, dark) == pytest.approx(shadowed, abs=0.01)


def test_passes_of_light_are_those_of_keys() -> None:
    """By the same rules a pass that gives a key is one of light, to the instant."""
    elements = KeplerianElements(SPAN.tdb_s[0], 6878.137, 0.0, 97.4, 10.0, 0.0, 0.0)
    view = OrbiterView.over(
        replace(ORBITER, center="earth"), KeplerianOrbit(Body.EARTH, elements, np.eye(3)), Ephemeris(), SPAN
    )
    ground = replace(STATION, bands=(StationBand(OPTICAL, None),))
    rules = OpticalRules(-12.0, 20.0, 20.0)
    passes = search_optical_passes(view, ground, OpticalLink("relay", rules), SPAN)
    light = {(window.start_time, window.end_time) for window in passes}
    keys = search_key_links(view, ground, KeyLink("relay", rules, SOURCE), SPAN)
    assert {(window.start_time, window.end_time) for window in keys} == light != set()
    for window in passes:
        assert (window.kind, window.station_id, window.orbiter_id) == (
            WindowKind.OPTICAL_LINK,
            ground.station_id,
            view.orbiter.orbiter_id,
        )
        profiles = {profile.quantity: profile.value for profile in window.profiles}
        assert np.min(profiles["station_elevation_deg"]) >= 20.0 - 1e-4
        assert np.max(profiles["station_sun_elevation_deg"]) <= -12.0 + 1e-4
        assert np.min(profiles["moon_separation_deg"]) >= 20.0 - 1e-4
    in_shadow = _edges(search_optical_passes(view, ground, OpticalLink("relay", rules, needs_shadow=True), SPAN))
    assert intersect(in_shadow, _edges(search_eclipses(view, SPAN))) == pytest.approx(in_shadow, abs=0.01)


def test_optical_links_of_a_place_are_at_the_station_s_night() -> None:
    place = PlaceView(SpanPaths(Ephemeris(), *SPAN.tdb_s), HORIZON)
    windows = search_optical_links(place, STATION, OpticalRules(-12.0, 20.0, 0.0), SPAN)
    for window in windows:
        profiles = {profile.quantity: profile.value for profile in window.profiles}
        assert np.max(profiles["station_sun_elevation_deg"]) <= -12.0 + 1e-4
        assert np.min(profiles["station_elevation_deg"]) >= 20.0 - 1e-4
    whole = replace(SPAN, end_s=SPAN.end_s + 20 * 86_400.0)
    place = PlaceView(SpanPaths(Ephemeris(), *whole.tdb_s), HORIZON)
    assert search_optical_links(place, STATION, OpticalRules(-12.0, 20.0, 0.0), whole)
