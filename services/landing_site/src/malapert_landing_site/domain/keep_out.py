"""Circles of ground that must not be landed on or driven over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from malapert_core.errors import Fault

from malapert_landing_site.domain.terrain import Place, place_faults

MAX_KEEP_OUTS = 200


@dataclass(frozen=True)
class KeepOut:
    """A circle that is closed, and why."""

    title: str
    center: Place
    radius_m: float


def keep_out_faults(keep_outs: Sequence[KeepOut]) -> list[Fault]:
    """All faults of keep-outs, each with its path; empty where they are sound."""
    faults = []
    if len(keep_outs) > MAX_KEEP_OUTS:
        faults.append(Fault("keep_outs", "OUT_OF_RANGE", f"{len(keep_outs)} keep-outs; {MAX_KEEP_OUTS} are allowed"))
    for n, keep_out in enumerate(keep_outs):
        faults += place_faults(keep_out.center, f"keep_outs[{n}].center")
        if not 0.0 < keep_out.radius_m <= 100_000.0:
            message = f"the radius is {keep_out.radius_m:g} m; above 0 to 100000 m is allowed"
            faults.append(Fault(f"keep_outs[{n}].radius_m", "OUT_OF_RANGE", message))
    return faults
