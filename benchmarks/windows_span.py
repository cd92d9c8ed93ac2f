"""Time the windows of stations × places over a span, and SPICE's geometry finder on the same task for a few stations.

CPU seconds of this process; run it with OMP_NUM_THREADS=1. The skylines are seeded noise of half-degree steps. Every
station has a mask of its own: seeded hills every two degrees, a mast half a degree wide and a vertical edge. The
comparison with SPICE has flat skylines and no masks, since its finder knows no terrain, and seeks the same edges as
closely.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
import spiceypy
from malapert_astro.earth_stations import StationLink
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.fitted_paths import SpanPaths
from malapert_astro.kernels import installed_kernels
from malapert_astro.points import SitePosition
from malapert_astro.times import utc_seconds
from malapert_comms_window.domain.horizons import Horizon
from malapert_comms_window.domain.links import LinkTerminal
from malapert_comms_window.domain.stations import MaskPoint, Station
from malapert_comms_window.domain.windows import Window
from malapert_comms_window.geometry.conditions import EDGE_TOLERANCE_S, SearchSpan, intervals_of, search
from malapert_comms_window.geometry.place_views import PlaceView
from malapert_comms_window.geometry.station_views import position_of, rises
from malapert_comms_window.geometry.window_search import (
    search_contacts,
    search_earth_visibility,
    search_light,
)
from malapert_comms_window.storage.station_catalogue import load_station_catalogue

T = TypeVar("T")
START_S = utc_seconds(datetime(2029, 1, 15, tzinfo=UTC))
TERMINAL = LinkTerminal("X", 8.45e9, 3.0, 4.0, 3.0, 2.0, (16e3, 64e3, 256e3, 1024e3))
SITE_BODY, FIRST_STATION_BODY = 301901, 399901
SPICE_STEP_S = 7200.0


def _horizon(index: int, *, flat: bool = False) -> Horizon:
    rough = np.random.default_rng(index).normal(0.5, 1.5, 720)
    smooth_deg = np.convolve(np.tile(rough, 3), np.ones(7) / 7.0, "same")[720:1440]
    skyline_deg = np.zeros(4) if flat else smooth_deg
    return Horizon(f"place-{index}", -137.3 + 0.5 * index, -89.45 + 0.004 * index, 1200.0, 2.0, skyline_deg, 0.01)


def _masked(index: int, station: Station) -> Station:
    """Return a station with a mask: hills, a mast that a coarse step would pass over and a vertical edge."""
    rng = np.random.default_rng(1000 + index)
    hills = np.convolve(np.tile(rng.uniform(0.0, 14.0, 180), 3), np.ones(7) / 7.0, "same")[180:360]
    points = [(2.0 * index, float(height)) for index, height in enumerate(hills)]
    mast = float(rng.choice(np.arange(1.0, 359.0, 2.0)))
    points += [(mast - 0.3, 8.0), (mast - 0.2, 70.0), (mast + 0.2, 70.0), (mast + 0.3, 8.0)]
    edge = float(rng.choice(np.setdiff1d(np.arange(0.5, 359.0, 2.0), [mast - 0.5, mast + 0.5])))
    points += [(edge, 4.0), (edge, 14.0)]
    points.sort(key=lambda point: point[0])
    return replace(station, mask=tuple(MaskPoint(azimuth, elevation) for azimuth, elevation in points))


def _span(days: float, profile_step_s: float = 1800.0) -> SearchSpan:
    return SearchSpan(START_S, START_S + days * 86_400.0, profile_step_s)


def _timed(search: Callable[[], list[T]]) -> tuple[float, list[T]]:
    begin_s = time.process_time()
    found = search()
    return time.process_time() - begin_s, found


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
    for name, run in rows:
        seconds, windows = _timed(run)
        print(f"| {name} | {len(windows)} | {seconds:.2f} |")
    print(f"| all | | {time.process_time() - begin_s:.2f} |")


def _print_comparison(ephemeris: Ephemeris, stations: Sequence[Station], span: SearchSpan) -> None:
    horizon = _horizon(0, flat=True)

    def edges() -> list[np.ndarray]:
        view = PlaceView(SpanPaths(ephemeris, *span.tdb_s), horizon)
        found = [search([view.lit()], span), search([view.clears(view.earth_path)], span)]
        for station in stations:
            link = StationLink(view.paths, view.site, position_of(station))
            found.append(search([rises(station, link.from_station, view.paths), view.clears(link.from_site)], span))
        return [intervals_of(each) for each in found]

    def windows() -> list[Window]:
        view = PlaceView(SpanPaths(ephemeris, *span.tdb_s), horizon)
        found = search_light(view, span) + search_earth_visibility(view, span)
        return found + [each for station in stations for each in search_contacts(view, station, TERMINAL, span)]

    own_s, own = _timed(edges)
    whole_s, whole = _timed(windows)
    with tempfile.TemporaryDirectory() as folder:
        site = PlaceView(SpanPaths(ephemeris, *span.tdb_s), horizon).site
        load_spice(site, stations, Path(folder))
        peer_s, spice = _timed(lambda: _spice_edges(stations, span))
        spiceypy.kclear()
    # The Sun's limb is not asked of SPICE, whose finder of a direction knows the centre only: its edges are other ones.
    pairs = list(zip(own, spice, strict=True))[1:]
    same = all(mine.shape == theirs.shape for mine, theirs in pairs)
    apart_ms = 1e3 * max(float(np.max(np.abs(mine - theirs))) for mine, theirs in pairs) if same else float("nan")
    count = sum(len(each) for each in own)
    print(f"| SPICE's geometry finder, edges | {sum(len(each) for each in spice)} | {peer_s:.2f} | |")
    print(f"| malapert, edges and their worth | {count} | {own_s:.3f} | {apart_ms:.2f} |")
    print(f"| malapert, with profiles | {len(whole)} | {whole_s:.3f} | |")
    print(f"\nEdges {peer_s / own_s:.0f} times, with profiles {peer_s / whole_s:.0f} times as fast.")


def load_spice(site: SitePosition, stations: Sequence[Station], folder: Path) -> None:
    """Load the installed kernels, and the site and stations as bodies with local frames."""
    kernels = installed_kernels()
    last = kernels.earth_high_precision_pck  # the last one loaded takes precedence
    for path in (*(path for path in vars(kernels).values() if path != last), last):
        spiceypy.furnsh(str(path))
    points = [(SITE_BODY, 301, "MOON_ME", site.fixed_km, site.longitude_deg, site.latitude_deg)]
    for body, station in enumerate(stations, FIRST_STATION_BODY):
        position = position_of(station)
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


def _spice_edges(stations: Sequence[Station], span: SearchSpan) -> list[np.ndarray]:
    whole = spiceypy.cell_double(2)
    spiceypy.wninsd(*span.tdb_s, whole)
    found = [_spice_above(SITE_BODY, "SUN", -0.2666, whole), _spice_above(SITE_BODY, "EARTH", 0.0, whole)]
    for body, station in enumerate(stations, FIRST_STATION_BODY):
        clear = _spice_above(SITE_BODY, str(body), 0.0, whole)
        found.append(_spice_above(body, str(SITE_BODY), station.min_elevation_deg.value, clear))
    return [
        np.array([spiceypy.wnfetd(cell, row) for row in range(spiceypy.wncard(cell))]).reshape(-1, 2) for cell in found
    ]


def _spice_above(
    observer: int, target: str, least_deg: float, within: spiceypy.utils.support_types.SpiceCell
) -> spiceypy.utils.support_types.SpiceCell:
    found = spiceypy.cell_double(4000)
    spiceypy.gfstol(EDGE_TOLERANCE_S)
    spiceypy.gfposc(
        target, f"LOCAL_{observer}", "CN+S", str(observer), "LATITUDINAL", "LATITUDE", ">",
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
    warm = PlaceView(SpanPaths(ephemeris, *_span(2.0).tdb_s), _horizon(0))  # reads the kernels, compiles
    search_light(warm, _span(2.0))
    search_contacts(warm, stations[0], TERMINAL, _span(2.0))
    print(f"{options.days:g} days, {options.places} places, {options.stations} stations, profiles every 30 min\n")
    print("| search | windows | CPU s |\n|---|---|---|")
    masked = [_masked(index, station) for index, station in enumerate(stations[: options.stations])]
    _print_searches(ephemeris, masked, options.places, _span(options.days))
    print(f"\n{options.spice_days:g} days, 1 place with a flat skyline, {options.spice_stations} stations\n")
    print("| Sun, Earth and contacts by | windows | CPU s | edges apart, ms |\n|---|---|---|---|")
    _print_comparison(ephemeris, stations[: options.spice_stations], _span(options.spice_days))


if __name__ == "__main__":
    main()
