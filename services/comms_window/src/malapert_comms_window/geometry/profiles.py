"""Fills windows with profiles: what holds at both ends, every step between, and the middle of a short one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from malapert_astro.times import tdb_from_utc, utc_datetime, utc_from_tdb
from numpy.typing import NDArray

from malapert_comms_window.domain.links import RATE
from malapert_comms_window.domain.windows import Profile, Window, WindowKind
from malapert_comms_window.geometry.conditions import Found, SearchSpan, intervals_of

Floats = NDArray[np.float64]
Sampler = Callable[[Floats], dict[str, Floats]]
"""Returns quantities, each of shape (n,), at TDB seconds past J2000."""


@dataclass(frozen=True)
class Ends:
    """Between what windows are; what does not apply is empty."""

    place_id: str = ""
    station_id: str = ""
    orbiter_id: str = ""


def windows_of(kind: WindowKind, ends: Ends, found: Sequence[Found], span: SearchSpan, sample: Sampler) -> list[Window]:
    """Return what was found as windows with profiles, named by kind, ends and number."""
    if not found:
        return []
    intervals = utc_from_tdb(intervals_of(found))
    offsets = [_offsets(end - start, span.profile_step_s) for start, end in intervals]
    instants = np.concatenate([start + offset for (start, _), offset in zip(intervals, offsets, strict=True)])
    # Rounding must not ask beside a window: an orbiter may have no state there.
    first, last = np.repeat(intervals_of(found), [len(offset) for offset in offsets], axis=0).T
    quantities = sample(np.clip(tdb_from_utc(instants), first, last))
    bounds = pairwise(np.cumsum([0, *(len(offset) for offset in offsets)]))
    parts = [ends.place_id, kind.value, ends.orbiter_id, ends.station_id]
    name = ":".join(part for part in parts if part)
    return [
        Window(
            window_id=f"{name}:{index:04d}",
            kind=kind,
            place_id=ends.place_id,
            station_id=ends.station_id,
            start_time=utc_datetime(start),
            end_time=utc_datetime(end),
            predictability=each.predictability,
            profiles=tuple(_profile(quantity, offset, values[first:last]) for quantity, values in quantities.items()),
            orbiter_id=ends.orbiter_id,
            start_edge=each.start_edge,
            end_edge=each.end_edge,
        )
        for index, (each, (start, end), offset, (first, last)) in enumerate(
            zip(found, intervals, offsets, bounds, strict=True)
        )
    ]


def _offsets(duration_s: float, step_s: float) -> Floats:
    inner = np.arange(step_s, duration_s, step_s)
    if not len(inner):
        inner = np.array([duration_s / 2.0])
    return np.concatenate(([0.0], inner, [duration_s]))


def _profile(quantity: str, offset_s: Floats, value: Floats) -> Profile:
    if quantity != RATE:
        return Profile(quantity, offset_s, value)
    # A rate must hold until the next sample, so the worse of both ends counts; repeated values are left out.
    held = np.minimum(value[:-1], value[1:])
    change = np.concatenate(([True], held[1:] != held[:-1]))
    return Profile(quantity, offset_s[:-1][change], held[change])
