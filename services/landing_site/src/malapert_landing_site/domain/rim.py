"""Rim of a fine grid within a coarser one: the step in height there, and the policy for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from malapert_core.errors import Fault

from malapert_landing_site.domain.grid import ElevationGrid, FloatArray

# Points along a side of the mesh on which the whole of two grids is compared.
MESH = 150
# A mean difference that stands out so far from its own uncertainty is another zero of heights, not roughness.
OFFSET_M, OFFSET_SIGMA = 10.0, 4.0
# Zeros of heights that are in use for the Moon beside the sphere of 1,737,400 m, above it.
OTHER_ZEROS_M = {"the sphere of 1738000 m": 600.0, "the sphere of 1737150 m": -250.0, "the sphere of 1737100 m": -300.0}
OTHER_ZERO_TOLERANCE_M = 30.0


class RimPolicy(StrEnum):
    """Policy for a step at the rim of a finer grid."""

    REPORT = "report"
    BLEND = "blend"
    REFUSE = "refuse"


@dataclass(frozen=True)
class RimSetting:
    """Policy for steps at the rims of finer grids, with its parameters.

    Attributes
    ----------
    max_rim_step_m : float
        Largest step that REFUSE admits.
    blend_width_m : float
        Width over which BLEND tapers a finer grid to the coarser ones; 0 takes one pixel of the next coarser grid,
        at least eight of its own.
    """

    policy: RimPolicy = RimPolicy.REPORT
    max_rim_step_m: float = 0.0
    blend_width_m: float = 0.0


@dataclass(frozen=True)
class HeightStep:
    """A fine grid's heights less those of coarser ones at some points, metres."""

    mean_m: float
    rms_m: float
    max_m: float
    scatter_m: float

    def __str__(self) -> str:
        return f"{self.rms_m:.1f} m RMS, {self.max_m:.1f} m at most, {self.mean_m:+.1f} m in the mean"


def setting_faults(setting: RimSetting) -> list[Fault]:
    """Faults of a setting; empty where it is sound."""
    faults = []
    refuses = setting.policy is RimPolicy.REFUSE
    step_m, width_m = setting.max_rim_step_m, setting.blend_width_m
    if not math.isfinite(step_m) or step_m < 0.0 or (refuses and step_m == 0.0):
        message = f"the largest step is {step_m:g} m; a number above 0 is needed to refuse by it"
        faults.append(Fault("max_rim_step_m", "OUT_OF_RANGE", message))
    if not math.isfinite(width_m) or width_m < 0.0:
        message = f"the width is {width_m:g} m; 0 or more is allowed, 0 takes one pixel of the next coarser grid"
        faults.append(Fault("blend_width_m", "OUT_OF_RANGE", message))
    return faults


def coarser_height_m(coarser: Sequence[ElevationGrid], x_m: FloatArray, y_m: FloatArray) -> FloatArray:
    """Height of the finest of some grids, given from coarse to fine, that has data at each point; NaN for none."""
    height_m = np.full(np.shape(x_m), np.nan)
    for grid in reversed(coarser):
        missing = np.isnan(height_m)
        if missing.any():
            height_m[missing] = grid.sample(x_m[missing], y_m[missing])
    return height_m


def rim_step(fine: ElevationGrid, coarser: Sequence[ElevationGrid]) -> HeightStep | None:
    """The step along a grid's outermost pixel centres, where rays change over; None where the grids do not meet."""
    return _step(fine, coarser, *_rim(fine))


def offset_note(title: str, fine: ElevationGrid, coarse: ElevationGrid, coarse_title: str) -> str | None:
    """Note on a grid that as a whole lies above or below a coarser one; None where it does not.

    The mean of the differences is uncertain by their scatter over the root of the coarse pixels that are compared.
    """
    g = fine.geometry
    column, row = (np.linspace(0, size - 1, min(size, MESH)).round() for size in (g.width_px, g.height_px))
    x_m, y_m = np.meshgrid(g.x_of(column), g.y_of(row))
    step = _step(fine, [coarse], x_m.ravel(), y_m.ravel())
    if step is None:
        return None
    covered = g.width_px * g.height_px * (g.pixel_size_m / coarse.geometry.pixel_size_m) ** 2
    if abs(step.mean_m) < max(OFFSET_M, OFFSET_SIGMA * step.scatter_m / math.sqrt(max(covered, 1.0))):
        return None
    known = [name for name, zero_m in OTHER_ZEROS_M.items() if abs(step.mean_m + zero_m) < OTHER_ZERO_TOLERANCE_M]
    return (
        f"{title} lies {abs(step.mean_m):.1f} m {'above' if step.mean_m > 0 else 'below'} {coarse_title} all over "
        f"(scatter {step.scatter_m:.1f} m): its heights may count from another zero than the sphere of 1737400 m"
        + (f", such as {' or '.join(known)}" if known else "")
    )


def _step(fine: ElevationGrid, coarser: Sequence[ElevationGrid], x_m: FloatArray, y_m: FloatArray) -> HeightStep | None:
    step_m = fine.sample(x_m, y_m) - coarser_height_m(coarser, x_m, y_m)
    known = step_m[np.isfinite(step_m)]
    if known.size == 0:
        return None
    return HeightStep(
        mean_m=float(known.mean()),
        rms_m=float(np.sqrt(np.mean(known**2))),
        max_m=float(np.abs(known).max()),
        scatter_m=float(known.std()),
    )


def _rim(grid: ElevationGrid) -> tuple[FloatArray, FloatArray]:
    g = grid.geometry
    x_m, y_m = g.x_of(np.arange(g.width_px)), g.y_of(np.arange(g.height_px))
    west, east = np.full(len(y_m), x_m[0]), np.full(len(y_m), x_m[-1])
    north, south = np.full(len(x_m), y_m[0]), np.full(len(x_m), y_m[-1])
    return np.concatenate([west, east, x_m, x_m]), np.concatenate([y_m, y_m, north, south])
