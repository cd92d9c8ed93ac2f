"""Time the windows of stations × places over a span, and SPICE's geometry finder on the same task for a few stations.

CPU seconds of this process; run it with OMP_NUM_THREADS=1. The skylines are seeded noise of half-degree steps; the
comparison with SPICE has flat skylines, since its finder knows no terrain, and seeks the same edges as closely.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import spiceypy
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.fitted_paths import SpanPaths
from malapert_astro.kernels import installed_kernels
from malapert_astro.points import StationPosition
from malapert_astro.times import tdb_from_utc, utc_from_tdb, utc_seconds
from malapert_comms_window.domain.horizons import Horizon
from malapert_comms_window.domain.links import LinkTerminal
from malapert_comms_window.domain.stations import Station
from malapert_comms_window.domain.windows import Window
from malapert_comms_window.geometry.conditions import EDGE_TOLERANCE_S, SearchSpan
from malapert_comms_window.geometry.place_views import PlaceView
from malapert_comms_window.geometry.window_search import (
    search_contacts,
    search_earth_visibility,
    search_light,
)
from malapert_comms_window.storage.station_catalogue import load_station_catalogue

START_S = utc_seconds(datetime(2029, 1, 15, tzinfo=UTC))
TERMINAL = LinkTerminal("X", 8.45e9, 3.0, 4.0, 3.0, 2.0, (16e3, 64e3, 256e3, 1024e3))
SITE_BODY, FIRST_STATION_BODY = 301901, 399901
SPICE_STEP_S = 7200.0


def _horizon(index: int, *, flat: bool = False) -> Horizon:
    rough = np.random.default_rng(index).normal(0.5, 1.5, 720)
    smooth_deg = np.convolve(np.tile(rough, 3), np.ones(7) / 7.0, "same")[720:1440]
    skyline_deg = np.zeros(4) if flat else smooth_deg
    return Horizon(f"place-{index}", -137.3 + 0.5 * index, -89.45 + 0.004 * index, 1200.0, 2.0, skyline_deg, 0.01)


def _span(days: float, profile_step_s: float = 1800.0) -> SearchSpan:
    return SearchSpan(START_S, START_S + days * 86_400.0, profile_step_s)


def _timed(search: Callable[[], list[Window]]) -> tuple[float, list[Window]]:
    begin_s = time.process_time()
    windows = search()
    return time.process_time() - begin_s, windows


def _print_searches(ephemeris: Ephemeris, stations: Sequence[Station], places: int, span: SearchSpan) -> None:
    begin_s = time.process_time()
    paths = SpanPaths(ephemeris, *span.tdb_s)
    views = [PlaceView(paths, _horizon(index)) for index in range(places)]
    pairs = [(view, station) for view in views for station in stations]
    rows = (
        ("sunlight and darkness", lambda: [found for view in views for found in search_light(view, span)]),
        ("Earth visibility", lambda: [found for view in views for found in search_earth_visibility(view, span)]),
        ("contacts", lambda: [found for pair in pairs for found in search_contacts(*pair, TERMINAL, span)]),
    )
    for name, search in rows:
        seconds, windows = _timed(search)
        print(f"| {name} | {len(windows)} | {seconds:.2f} |")
    print(f"| all | | {time.process_time() - begin_s:.2f} |")


def _print_comparison(ephemeris: Ephemeris, stations: Sequence[Station], span: SearchSpan) -> None:
    horizon = _horizon(0, flat=True)

    def search() -> list[Window]:
        view = PlaceView(SpanPaths(ephemeris, *span.tdb_s), horizon)
        return [found for station in stations for found in search_contacts(view, station, TERMINAL, span)]

    own_s, windows = _timed(search)
    with tempfile.TemporaryDirectory() as folder:
        _load_spice(PlaceView(SpanPaths(ephemeris, *span.tdb_s), horizon), stations, Path(folder))
        begin_s = time.process_time()
        spice = np.concatenate([_spice_contacts(index, station, span) for index, station in enumerate(stations)])
        peer_s = time.process_time() - begin_s
        spiceypy.kclear()
    own = np.array([[utc_seconds(window.start_time), utc_seconds(window.end_time)] for window in windows])
    apart = f"{1e3 * np.max(np.abs(own - spice)):.2f}" if own.shape == spice.shape else "differs in number"
    print(f"| SPICE's geometry finder, edges only | {len(spice)} | {peer_s:.2f} | |")
    print(f"| malapert, with profiles | {len(windows)} | {own_s:.2f} | {apart} |")


def _load_spice(view: PlaceView, stations: Sequence[Station], folder: Path) -> None:
    kernels = installed_kernels()
    last = kernels.earth_high_precision_pck  # the last one loaded takes precedence
    for path in (*(path for path in vars(kernels).values() if path != last), last):
        spiceypy.furnsh(str(path))
    points = [(SITE_BODY, 301, "MOON_ME", view.site.fixed_km, view.site.longitude_deg, view.site.latitude_deg)]
    for body, station in enumerate(stations, FIRST_STATION_BODY):
        position = StationPosition(station.longitude_deg, station.latitude_deg, station.height_m)
        points.append((body, 399, "ITRF93", position.fixed_km, station.longitude_deg, station.latitude_deg))
    spk, epochs = str(folder / "points.bsp"), [0.0, 4e8, 8e8, 1.2e9]
    handle = spiceypy.spkopn(spk, "points", 0)
    for body, center, frame, position_km, longitude_deg, latitude_deg in points:
        states = [[*position_km, 0.0, 0.0, 0.0]] * 4
        spiceypy.spkw09(handle, body, center, frame, epochs[0], epochs[-1], "point", 3, 4, states, epochs)
        _define_local_frame(body, frame, longitude_deg, latitude_deg)
    spiceypy.spkcls(handle)
    spiceypy.furnsh(spk)


def _define_local_frame(body: int, base: str, longitude_deg: float, latitude_deg: float) -> None:
    """Define the frame LOCAL_<body>: north, west, up."""
    frame = 1_000_000 + body
    values = {"NAME": f"'LOCAL_{body}'", "CLASS": 4, "CLASS_ID": frame, "CENTER": body}
    angles = f"( {-longitude_deg!r} {latitude_deg - 90.0!r} 180.0 )"
    turn = {"SPEC": "'ANGLES'", "RELATIVE": f"'{base}'", "ANGLES": angles, "AXES": "( 3 2 3 )", "UNITS": "'DEGREES'"}
    spiceypy.lmpool(
        [
            f"FRAME_LOCAL_{body} = {frame}",
            *(f"FRAME_{frame}_{name} = {value}" for name, value in values.items()),
            *(f"TKFRAME_{frame}_{name} = {value}" for name, value in turn.items()),
        ]
    )


def _spice_contacts(index: int, station: Station, span: SearchSpan) -> np.ndarray:
    body = FIRST_STATION_BODY + index
    whole = spiceypy.cell_double(2)
    spiceypy.wninsd(float(tdb_from_utc(span.start_s)), float(tdb_from_utc(span.end_s)), whole)
    clear = _spice_above(SITE_BODY, body, 0.0, whole)
    both = _spice_above(body, SITE_BODY, station.min_elevation_deg.value, clear)
    edges = [spiceypy.wnfetd(both, row) for row in range(spiceypy.wncard(both))]
    return np.asarray(utc_from_tdb(np.array(edges).reshape(-1, 2)))


def _spice_above(
    observer: int, target: int, least_deg: float, within: spiceypy.utils.support_types.SpiceCell
) -> spiceypy.utils.support_types.SpiceCell:
    found = spiceypy.cell_double(4000)
    spiceypy.gfstol(EDGE_TOLERANCE_S)
    spiceypy.gfposc(
        str(target), f"LOCAL_{observer}", "CN+S", str(observer), "LATITUDINAL", "LATITUDE", ">",
        np.radians(least_deg), 0.0, SPICE_STEP_S, 2000, within, found,
    )  # fmt: skip
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=float, default=100.0)
    parser.add_argument("--stations", type=int, default=12)
    parser.add_argument("--places", type=int, default=8)
    parser.add_argument("--spice-stations", type=int, default=12)
    parser.add_argument("--spice-days", type=float, default=100.0)
    options = parser.parse_args()
    stations, ephemeris = list(load_station_catalogue().values()), Ephemeris()
    SpanPaths(ephemeris, *_span(1.0).tdb_s)  # reads the kernels
    print(f"{options.days:g} days, {options.places} places, {options.stations} stations, profiles every 30 min\n")
    print("| search | windows | CPU s |\n|---|---|---|")
    _print_searches(ephemeris, stations[: options.stations], options.places, _span(options.days))
    print(f"\n{options.spice_days:g} days, 1 place with a flat skyline, {options.spice_stations} stations\n")
    print("| contacts by | windows | CPU s | edges apart, ms |\n|---|---|---|---|")
    _print_comparison(ephemeris, stations[: options.spice_stations], _span(options.spice_days))


if __name__ == "__main__":
    main()
