"""Segments of an Orbit Ephemeris Message: checked, each alone and all together (CCSDS 502.0-B-3, 5.2)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from malapert_astro.ndm.document import value_of
from malapert_astro.ndm.faults import Faults, quoted
from malapert_astro.ndm.oem_motion import check_motion
from malapert_astro.ndm.oem_parts import ACCELERATION, NEEDED, STATE, RawSegment
from malapert_astro.orbits import Interpolation

Floats = NDArray[np.float64]

_ROUNDING_S = 1e-3
_LEAST_OF_HERMITE = 3
_USUAL_DEGREE = 7
_LARGEST_DEGREE = 31
_FARTHEST_KM = 1e9
_DEGREE = re.compile(r"[0-9]{1,2}")


@dataclass(frozen=True, eq=False)
class OemSegment:
    """One segment: who, about what, in which axes, and its states.

    `epoch_tdb_s` has shape (n,), the states (km, km/s) shape (3, n) in the axes of the message. The useable span is as
    stated, within START_TIME to STOP_TIME; the states may cover less.
    """

    object_name: str
    object_id: str
    center_name: str
    reference_frame: str
    time_system: str
    useable_start_tdb_s: float
    useable_stop_tdb_s: float
    interpolation: Interpolation
    interpolation_degree: int
    epoch_tdb_s: Floats
    position_km: Floats
    velocity_km_s: Floats
    where: str
    reference_frame_epoch_tdb_s: float | None = None


@dataclass(frozen=True)
class Oem:
    """An ephemeris message, or several of one object in one NDM.

    `passed_over` says what the message holds that is not used.
    """

    version: str
    originator: str
    creation_date: str
    segments: tuple[OemSegment, ...]
    passed_over: tuple[str, ...] = ()


def check_together(segments: Sequence[RawSegment], faults: Faults) -> None:
    """Note segments that are of another object or time system than the first (5.1.3, 5.2.4.5)."""
    for before, after in pairwise(segments):
        for keyword, code in (
            ("OBJECT_NAME", "ANOTHER_OBJECT"),
            ("OBJECT_ID", "ANOTHER_OBJECT"),
            ("TIME_SYSTEM", "ANOTHER_TIME_SYSTEM"),
        ):
            one, other = value_of(before.metadata, keyword), value_of(after.metadata, keyword)
            if one and other and one.casefold() != other.casefold():
                message = f"{keyword} is {quoted(other)}, in the segment before ({before.where}) {quoted(one)}"
                faults.add(after.where, code, message)


def segments_of(raw: Sequence[RawSegment], faults: Faults) -> list[OemSegment]:
    """Return the segments that have no faults; those of all are noted."""
    return [segment for each in raw for segment in _segment(each, faults)]


def _segment(raw: RawSegment, faults: Faults) -> Iterator[OemSegment]:
    """Yield the segment, or nothing where its faults leave none."""
    known, where = len(faults.found), raw.where
    for keyword in NEEDED:
        if not value_of(raw.metadata, keyword):
            faults.add(where, "MISSING", f"{keyword} is needed")
    stated = value_of(raw.metadata, "TIME_SYSTEM")
    system = faults.time_system(stated, where) if stated else ""
    interpolation, degree = _interpolation(raw, faults)
    if not raw.rows:
        faults.add(where, "NO_STATES", "a segment needs at least one state")
    if not system:
        return
    span, useable = _spans(raw, system, faults)
    frame_epoch = None
    if "REF_FRAME_EPOCH" in raw.metadata:
        text = value_of(raw.metadata, "REF_FRAME_EPOCH")
        frame_epoch = faults.epoch(text, system, f"{where}, REF_FRAME_EPOCH")
    epochs, table = _states(raw, system, faults)
    _check_epochs(epochs, raw.places, span, faults)
    if len(faults.found) == known:
        check_motion(epochs, table, raw.places, faults)
    if len(faults.found) > known:
        return
    if useable[0] < epochs[0] - _ROUNDING_S or useable[1] > epochs[-1] + _ROUNDING_S:
        raw.passed_over.append(f"the span that the segment at {where} states beyond its states")
    yield OemSegment(
        object_name=value_of(raw.metadata, "OBJECT_NAME"),
        object_id=value_of(raw.metadata, "OBJECT_ID"),
        center_name=value_of(raw.metadata, "CENTER_NAME"),
        reference_frame=value_of(raw.metadata, "REF_FRAME"),
        time_system=system,
        useable_start_tdb_s=useable[0],
        useable_stop_tdb_s=useable[1],
        interpolation=interpolation,
        interpolation_degree=degree,
        epoch_tdb_s=epochs,
        position_km=table[:3],
        velocity_km_s=table[3:6],
        where=where,
        reference_frame_epoch_tdb_s=frame_epoch,
    )


def _spans(raw: RawSegment, system: str, faults: Faults) -> tuple[list[float], list[float]]:
    """Return the stated span and the useable one, TDB seconds past J2000."""
    known = len(faults.found)

    def epoch_of(keyword: str) -> float:
        return faults.epoch(value_of(raw.metadata, keyword), system, f"{raw.where}, {keyword}")

    if not all(value_of(raw.metadata, keyword) for keyword in ("START_TIME", "STOP_TIME")):
        return [np.nan, np.nan], [np.nan, np.nan]
    span = [epoch_of("START_TIME"), epoch_of("STOP_TIME")]
    useable = [
        epoch_of(keyword) if keyword in raw.metadata else default
        for keyword, default in zip(("USEABLE_START_TIME", "USEABLE_STOP_TIME"), span, strict=True)
    ]
    if len(faults.found) == known and not span[0] <= useable[0] <= useable[1] <= span[1]:
        message = "START_TIME ≤ USEABLE_START_TIME ≤ USEABLE_STOP_TIME ≤ STOP_TIME is needed"
        faults.add(raw.where, "WRONG_SPAN", message)
    return span, useable


def _interpolation(raw: RawSegment, faults: Faults) -> tuple[Interpolation, int]:
    """Return how to interpolate; where nothing is stated, Lagrange's way between 8 states."""
    name = value_of(raw.metadata, "INTERPOLATION").upper()
    text = value_of(raw.metadata, "INTERPOLATION_DEGREE")
    if "INTERPOLATION" not in raw.metadata:
        if text:
            faults.add(raw.where, "WRONG_DEGREE", "INTERPOLATION_DEGREE needs INTERPOLATION")
        return Interpolation.LAGRANGE, _USUAL_DEGREE
    if name not in tuple(Interpolation):
        message = f"INTERPOLATION {quoted(name)} is none of {', '.join(Interpolation)}"
        faults.add(raw.where, "UNKNOWN_INTERPOLATION", message)
        return Interpolation.LAGRANGE, _USUAL_DEGREE
    interpolation = Interpolation(name)
    if "INTERPOLATION_DEGREE" not in raw.metadata and interpolation is Interpolation.LINEAR:
        return interpolation, 1
    if _DEGREE.fullmatch(text) is None or not 1 <= int(text) <= _LARGEST_DEGREE:
        message = f"INTERPOLATION_DEGREE {quoted(text)} is no whole number from 1 to {_LARGEST_DEGREE}"
        faults.add(raw.where, "WRONG_DEGREE", message)
        return interpolation, _USUAL_DEGREE
    if interpolation is Interpolation.LINEAR and int(text) != 1:
        faults.add(raw.where, "WRONG_DEGREE", f"INTERPOLATION_DEGREE of LINEAR is 1, not {text}")
    # Each of two states or more gives a position and a rate, so that the polynomial has an odd degree of 3 or more.
    used = max(_LEAST_OF_HERMITE, int(text) | 1) if interpolation is Interpolation.HERMITE else int(text)
    if used != int(text):
        told = f"a Hermite polynomial has an odd degree of {_LEAST_OF_HERMITE} or more: {used} is used"
        raw.passed_over.append(f"INTERPOLATION_DEGREE {text} of the segment at {raw.where}; {told}")
    return interpolation, used


def _states(raw: RawSegment, system: str, faults: Faults) -> tuple[Floats, Floats]:
    """Return the epochs, shape (n,), and the states, shape (6, n)."""
    names, most = (*STATE, *ACCELERATION), len(STATE) + len(ACCELERATION)
    table = np.full((most, len(raw.rows)), np.nan)
    texts, with_accelerations = [], 0
    for index, (place, row) in enumerate(zip(raw.places, raw.rows, strict=True)):
        texts.append(row[0] if row else "")
        if len(row) not in (len(STATE) + 1, most + 1):
            message = f"an epoch and 6 numbers (or 9 with accelerations), not {len(row)} fields"
            faults.add(place, "WRONG_STATE", message)
            continue
        with_accelerations += len(row) == most + 1
        for at, text in enumerate(row[1:]):
            table[at, index] = faults.number(text, place, names[at])
    if with_accelerations:
        raw.passed_over.append(f"accelerations of {with_accelerations} states of the segment at {raw.where}")
    _check_range(table, raw.places, faults)
    return faults.epochs(texts, system, raw.places), table[: len(STATE)]


def _check_range(table: Floats, places: Sequence[str], faults: Faults) -> None:
    position = np.abs(table[:3])
    for index in np.flatnonzero(np.any(position > _FARTHEST_KM, axis=0)).tolist():
        faults.add(places[index], "OUT_OF_RANGE", f"a position within {_FARTHEST_KM:g} km is needed")
    for index in np.flatnonzero(np.all(position == 0.0, axis=0)).tolist():
        faults.add(places[index], "OUT_OF_RANGE", "the position is the centre of the body")


def _check_epochs(epochs: Floats, places: Sequence[str], span: Sequence[float], faults: Faults) -> None:
    if np.isnan(epochs).any():
        return
    steps_s = np.diff(epochs)
    for index in np.flatnonzero(steps_s <= 0.0).tolist():
        if steps_s[index] == 0.0:
            message = f"the epoch is that of the state before ({places[index]})"
            faults.add(places[index + 1], "DUPLICATE_EPOCH", message)
        else:
            message = "the epoch is before that of the state before; epochs must rise"
            faults.add(places[index + 1], "UNSORTED_EPOCH", message)
    outside = ~((epochs >= span[0] - _ROUNDING_S) & (epochs <= span[1] + _ROUNDING_S))
    if np.isnan(span).any():
        return
    for index in np.flatnonzero(outside).tolist():
        faults.add(places[index], "OUTSIDE_SPAN", "the epoch is outside START_TIME to STOP_TIME")
