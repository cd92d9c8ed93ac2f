"""States of an orbiter as segments of an OEM: one where the motion goes on, another after each break of it."""

from datetime import datetime

import numpy as np
from malapert_astro.ndm.oem_segments import OemSegment
from malapert_astro.orbits import Orbit
from malapert_astro.segmented_orbits import OrbitPiece, SegmentedOrbit
from malapert_astro.state_tables import Interpolation
from malapert_astro.times import tdb_from_utc, utc_from_tdb, utc_seconds
from numpy.typing import NDArray

from malapert_comms_window.domain.orbiters import Orbiter

Floats = NDArray[np.float64]

_DEGREE = 7
_FEWEST_STATES = (_DEGREE + 1) // 2
# Nearer than this to the end a state would say nothing more than the one there.
_LEAST_SHARE_OF_STEP = 1e-2
_SHORTEST_PART_S = 0.01


def exported_segments(
    orbiter: Orbiter, orbit: Orbit, span: tuple[datetime, datetime], step_s: float
) -> tuple[OemSegment, ...]:
    """Return states every step of a span and at its end, in EME2000, with enough of them to interpolate."""
    start_s, end_s = tdb_from_utc([utc_seconds(edge) for edge in span])
    segments = []
    for first_s, last_s, source in _parts(orbit, float(start_s), float(end_s)):
        first_utc_s, last_utc_s = utc_from_tdb([first_s, last_s])
        epoch_s = tdb_from_utc(_instants(float(first_utc_s), float(last_utc_s), step_s))
        position_km, velocity_km_s = source.state_km(np.clip(epoch_s, first_s, last_s))
        segments.append(
            OemSegment(
                object_name=orbiter.name,
                object_id=orbiter.orbiter_id,
                center_name=orbiter.center.upper(),
                reference_frame="EME2000",
                time_system="UTC",
                useable_start_tdb_s=float(epoch_s[0]),
                useable_stop_tdb_s=float(epoch_s[-1]),
                interpolation=Interpolation.HERMITE,
                interpolation_degree=_DEGREE,
                epoch_tdb_s=epoch_s,
                position_km=position_km,
                velocity_km_s=velocity_km_s,
                where="export",
            )
        )
    return tuple(segments)


def _parts(orbit: Orbit, start_s: float, end_s: float) -> list[tuple[float, float, Orbit | OrbitPiece]]:
    """Return the parts of a span in which the motion does not break, and what gives the states of each."""
    if not isinstance(orbit, SegmentedOrbit):
        return [(start_s, end_s, orbit)]
    clipped = [(max(piece.start_tdb_s, start_s), min(piece.end_tdb_s, end_s), piece) for piece in orbit.pieces]
    return [part for part in clipped if part[1] - part[0] > _SHORTEST_PART_S]


def _instants(first_s: float, last_s: float, step_s: float) -> Floats:
    """Return instants every step and at the end, each once, in whole microseconds; as many as are needed."""
    steps = int(np.floor((last_s - first_s) / step_s + _LEAST_SHARE_OF_STEP))
    if steps < _FEWEST_STATES:
        return np.round(np.linspace(first_s, last_s, _FEWEST_STATES), 6)
    regular = first_s + step_s * np.arange(steps + 1)
    before_end = regular[regular < last_s - _LEAST_SHARE_OF_STEP * step_s]
    return np.round(np.append(before_end, last_s), 6)
