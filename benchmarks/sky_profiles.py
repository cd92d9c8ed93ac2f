"""Time azimuths and elevations of a year by the minute: Sun and Earth from a site, ten stations and the site both ways.

CPU seconds of this process; run it with OMP_NUM_THREADS=1 on one core. The peer is SPICE by spiceypy's vectorised calls
on the same kernels with the same corrections (converged light time and aberration, local frames), timed on one epoch in
many and scaled; both are compared there.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import spiceypy
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.fitted_paths import SpanPaths
from malapert_astro.points import Body, SitePosition, StationPosition
from malapert_astro.times import tdb_from_utc, utc_seconds
from malapert_comms_window.storage.station_catalogue import load_station_catalogue
from windows_span import FIRST_STATION_BODY, SITE_BODY, load_spice

SITE = SitePosition(-137.3, -89.45, 1202.0)
START_S = utc_seconds(datetime(2029, 1, 1, tzinfo=UTC))


def own_directions(
    ephemeris: Ephemeris, stations: list[StationPosition], epoch_s: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return azimuth and elevation of every pair; the paths are fitted anew."""
    paths = SpanPaths(ephemeris, float(epoch_s[0]), float(epoch_s[-1]))
    seen = [paths.seen(SITE, Body.SUN), paths.seen(SITE, Body.EARTH)]
    for station in stations:
        seen += [paths.seen(SITE, station), paths.seen(station, SITE)]
    return [path.direction_deg(epoch_s) for path in seen]


def spice_directions(count: int, epoch_s: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the same by SPICE: north, west, up in each local frame."""
    pairs = [(SITE_BODY, "SUN"), (SITE_BODY, "EARTH")]
    for index in range(count):
        body = FIRST_STATION_BODY + index
        pairs += [(SITE_BODY, str(body)), (body, str(SITE_BODY))]
    found = []
    for observer, target in pairs:
        vectors, _ = spiceypy.spkpos(target, epoch_s, f"LOCAL_{observer}", "CN+S", str(observer))
        north, west, up = np.asarray(vectors).T
        azimuth = np.degrees(np.arctan2(-west, north)) % 360.0
        found.append((azimuth, np.degrees(np.arctan2(up, np.hypot(north, west)))))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=525_600)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--peer-step", type=int, default=20, help="SPICE takes one epoch in so many")
    options = parser.parse_args()
    catalogue = list(load_station_catalogue().values())[:10]
    stations = [StationPosition(each.longitude_deg, each.latitude_deg, each.height_m) for each in catalogue]
    ephemeris, epoch_s = Ephemeris(), tdb_from_utc(START_S + 60.0 * np.arange(options.epochs))
    own = own_directions(ephemeris, stations, epoch_s[:1000])  # compiles, reads the kernels
    took_s = []
    for _ in range(options.repeat):
        begin_s = time.process_time()
        own = own_directions(ephemeris, stations, epoch_s)
        took_s.append(time.process_time() - begin_s)
    with tempfile.TemporaryDirectory() as folder:
        load_spice(SITE, catalogue, Path(folder))
        begin_s = time.process_time()
        spice = spice_directions(len(stations), epoch_s[:: options.peer_step])
        peer_s = (time.process_time() - begin_s) * options.peer_step
        spiceypy.kclear()
    own = [(azimuth[:: options.peer_step], elevation[:: options.peer_step]) for azimuth, elevation in own]
    apart = max(float(np.max(np.abs(mine[1] - theirs[1]))) for mine, theirs in zip(own, spice, strict=True))
    across = max(
        float(np.max(np.abs((mine[0] - theirs[0] + 180.0) % 360.0 - 180.0) * np.cos(np.radians(theirs[1]))))
        for mine, theirs in zip(own, spice, strict=True)
    )
    print(f"{len(own)} pairs × {options.epochs} epochs\n")
    print("| by | CPU s | furthest apart, seconds of arc |\n|---|---|---|")
    print(f"| SPICE, vectorised calls | {peer_s:.2f} | |")
    best, worst = min(took_s), max(took_s)
    print(f"| malapert, fit included | {best:.2f} to {worst:.2f} | {3600.0 * max(apart, across):.2g} |")
    print(f"\n{peer_s / worst:.0f} to {peer_s / best:.0f} times as fast.")


if __name__ == "__main__":
    main()
