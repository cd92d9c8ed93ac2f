"""Routes through time: the earliest arrival that light, contact and battery allow, and the way back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
from malapert_astro.ephemeris import Ephemeris
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.timestamps import format_time
from numpy.typing import NDArray

from malapert_landing_site.domain.timed_route import (
    MAX_CELL_STEPS,
    MAX_CELLS,
    TimedLeg,
    TimedPoint,
    TimedRoute,
    TimedRouteRequest,
    timed_route_faults,
)
from malapert_landing_site.services.compute import Compute
from malapert_landing_site.services.ground import Ground
from malapert_landing_site.services.record import provenance_of
from malapert_landing_site.services.refusal import refuse
from malapert_landing_site.services.scenes import SceneLibrary, StackScene
from malapert_landing_site.services.spans import computable_span_faults, later
from malapert_landing_site.terrain.horizon.horizon_map import horizon_block
from malapert_landing_site.terrain.light.maps import LightFrames, light_frames
from malapert_landing_site.terrain.light.points import Sky
from malapert_landing_site.terrain.routes.path_kernel import STEPS
from malapert_landing_site.terrain.routes.paths import StepCosts, cheapest_paths, step_costs
from malapert_landing_site.terrain.routes.timed_paths import LightOverTime, TimedPath, earliest_arrival

_REFUSAL = "INVALID_TIMED_ROUTE"

AZIMUTH_COUNT = 180
_LEAST_MARGIN_M = 500.0
_KNIGHTS_MOVE = float(np.sqrt(5.0))
Cell = tuple[int, int]


class TimedRoutes:
    """Finds routes through time."""

    def __init__(self, scenes: SceneLibrary, ephemeris: Ephemeris, compute: Compute) -> None:
        self._scenes = scenes
        self._ephemeris = ephemeris
        self._compute = compute

    async def find(self, request: TimedRouteRequest) -> TimedRoute:
        """Find a route.

        Raises
        ------
        InvalidInputError
            INVALID_TIMED_ROUTE, or the code of the only fault, with all faults.
        """
        end_time = later(request.start_time, request.longest_s)
        refuse(
            timed_route_faults(request) + computable_span_faults(self._ephemeris, request.start_time, end_time),
            _REFUSAL,
        )
        scene = await self._scenes.get(request.terrain_stack_id)
        return await self._compute.run(self._find, request, scene)

    def _find(self, request: TimedRouteRequest, scene: StackScene) -> TimedRoute:
        xy_m = np.array([(w.x_m, w.y_m) for w in (request.start, request.end)])
        margin_m = max(_LEAST_MARGIN_M, 0.5 * float(np.hypot(*np.diff(xy_m, axis=0)[0])))
        ground = Ground.around(scene, xy_m, margin_m, request.keep_outs)
        step_s = request.step_s or _longest_step_s(ground, request)
        refuse(_size_faults(ground, request, step_s), _REFUSAL)
        start, end = ground.cell(*xy_m[0]), ground.cell(*xy_m[1])
        if start is None or end is None:
            path = "from_waypoint" if start is None else "to_waypoint"
            message = "the waypoint lies off the terrain, where it has no data, or in a keep-out"
            fault = Fault(path, "WAYPOINT_OUTSIDE_TERRAIN", message)
            raise InvalidInputError(fault.code, f"{path}: {message}", faults=[fault])
        frames = self._frames(request, scene, ground, step_s)
        costs = step_costs(ground.drive, request.mobility)
        journey = _Journey(request, ground, frames, step_s, start, end, costs)
        legs = journey.legs(request)
        closed_because = "" if legs else journey.closed_because()
        provenance = provenance_of(scene.stack, _parameters(request, ground, step_s), self._ephemeris)
        return TimedRoute(legs, step_s, closed_because, provenance)

    def _frames(self, request: TimedRouteRequest, scene: StackScene, ground: Ground, step_s: float) -> LightFrames:
        start_s, steps = request.start_time.timestamp(), max(round(request.longest_s / step_s), 1)
        sky = Sky(self._ephemeris, start_s, start_s + steps * step_s, step_s)
        block = horizon_block(scene.scene, ground.geometry, request.array_height_m, AZIMUTH_COUNT)
        return light_frames(block, float(np.nanmean(ground.drive.elevation_m)), sky)


@dataclass(frozen=True)
class _Journey:
    request: TimedRouteRequest
    ground: Ground
    frames: LightFrames
    step_s: float
    start: Cell
    end: Cell
    costs: StepCosts

    def legs(self, request: TimedRouteRequest) -> tuple[TimedLeg, ...]:
        """Return the drive there, the stay, and the way back; nothing where one of them is not possible."""
        light = LightOverTime(self.frames.sun_share, self._may_drive(request), self.step_s)
        there = earliest_arrival(self.costs, light, request.power, self.start, self.end, 0, request.power.start_j)
        if there is None:
            return ()
        legs = [self._leg("drive", there)]
        last, energy_j = len(there.cells) - 1, float(there.energy_j[-1])
        if request.stay_s > 0.0:
            stay = self._stay(light, last, energy_j)
            if stay is None:
                return ()
            legs.append(self._leg("stay", stay))
            last, energy_j = last + len(stay.cells) - 1, float(stay.energy_j[-1])
        if request.comes_back:
            back = earliest_arrival(self.costs, light, request.power, self.end, self.start, last, energy_j)
            if back is None:
                return ()
            legs.append(self._leg("return", back))
        return tuple(legs)

    def closed_because(self) -> str:
        """Return which limit closes the way: the ones that open it when they alone are lifted."""
        request = self.request
        if not np.isfinite(cheapest_paths(self.costs, self.start).energy_j[self.end]):
            return "max_slope_deg or keep_outs: no way is open at any time; the routes between waypoints say which"
        endless = 1e3 * request.power.capacity_j
        power = replace(request.power, capacity_j=endless, start_j=endless, floor_j=0.0)
        lifted: dict[str, TimedRouteRequest] = {"power (array and battery)": replace(request, power=power)}
        if request.needs_sun:
            lifted["needs_sun"] = replace(request, needs_sun=False)
        if request.needs_earth:
            lifted["needs_earth"] = replace(request, needs_earth=False)
        if request.comes_back:
            lifted["comes_back"] = replace(request, comes_back=False)
        opening = [name for name, relaxed in lifted.items() if self.legs(relaxed)]
        if opening:
            return "; ".join(f"{name}: without it there is a way within the time" for name in opening)
        return "max_duration_s: no way is done in time, even with any one of the other limits lifted"

    def _may_drive(self, request: TimedRouteRequest) -> NDArray[np.bool_] | None:
        if not request.needs_sun and not request.needs_earth:
            return None
        allowed = self.frames.sun_share > 0 if request.needs_sun else np.ones_like(self.frames.earth_up)
        return allowed & self.frames.earth_up if request.needs_earth else allowed

    def _stay(self, light: LightOverTime, first_step: int, energy_j: float) -> TimedPath | None:
        """Stand at the end for the time of the stay; None where the battery or the steps of light do not last."""
        power, steps = self.request.power, int(np.ceil(self.request.stay_s / self.step_s))
        if first_step + steps > len(light.sun_share):
            return None
        energies = [energy_j]
        for step in range(first_step, first_step + steps):
            share = float(light.sun_share[step][self.end]) / 255.0
            gain_j = (power.array_power_w * share - power.standing_power_w) * self.step_s
            energies.append(min(energies[-1] + gain_j, power.capacity_j))
        if min(energies) < power.floor_j:
            return None
        return TimedPath(np.tile(np.array(self.end), (steps + 1, 1)), np.array(energies), first_step)

    def _leg(self, kind: str, path: TimedPath) -> TimedLeg:
        cells, geometry = path.cells, self.ground.geometry
        steps = np.minimum(path.first_step + np.arange(len(cells)), len(self.frames.sun_share) - 1)
        share = self.frames.sun_share[steps, cells[:, 0], cells[:, 1]] / 255.0
        earth = self.frames.earth_up[steps, cells[:, 0], cells[:, 1]]
        driving = np.append((np.diff(cells, axis=0) != 0).any(axis=1), False)
        rise_m = np.diff(self.ground.drive.elevation_m[cells[:, 0], cells[:, 1]].astype(np.float64))
        length_m = np.hypot(geometry.pixel_size_m * np.hypot(*np.diff(cells, axis=0).T), rise_m)
        points = tuple(
            TimedPoint(
                self.request.start_time + timedelta(seconds=(path.first_step + n) * self.step_s),
                float(geometry.x_of(cell[1])),
                float(geometry.y_of(cell[0])),
                float(path.energy_j[n]) / 3600.0,
                float(share[n]),
                bool(earth[n]),
                bool(driving[n]),
            )
            for n, cell in enumerate(cells)
        )
        energy_j = _driving_energy_j(self.costs, cells)
        dark, standing = int((share[:-1] == 0.0).sum()), int((~driving[:-1]).sum())
        return TimedLeg(
            kind, points, float(length_m.sum()), energy_j / 3600.0, dark * self.step_s, standing * self.step_s
        )


def _driving_energy_j(costs: StepCosts, cells: NDArray[np.int64]) -> float:
    """Energy of the driving along a way, besides what standing takes, joules."""
    number = {(int(down), int(across)): k for k, (down, across) in enumerate(STEPS)}
    moves = [(start, number[tuple((end - start).tolist())]) for start, end in pairwise(cells) if (end != start).any()]
    return float(sum(costs.energy_j[start[0], start[1], k] for start, k in moves))


def _longest_step_s(ground: Ground, request: TimedRouteRequest) -> float:
    """Time of a knight's move up the steepest ground that the rover drives, whole seconds."""
    steepest = np.cos(np.radians(request.mobility.max_slope_deg))
    longest_m = _KNIGHTS_MOVE * ground.geometry.pixel_size_m / steepest
    return float(np.ceil(longest_m / request.mobility.speed_mps))


def _size_faults(ground: Ground, request: TimedRouteRequest, step_s: float) -> list[Fault]:
    least_s, cells = _longest_step_s(ground, request), ground.drive.slope_deg.size
    if step_s < least_s:
        message = f"the step is {step_s:g} s; a step between cells takes up to {least_s:g} s"
        return [Fault("step_s", "OUT_OF_RANGE", message)]
    steps = round(request.longest_s / step_s)
    if cells > MAX_CELLS or cells * steps > MAX_CELL_STEPS:
        pixel_m = ground.geometry.pixel_size_m
        message = (
            f"the ground about the waypoints is {cells:,} cells of {pixel_m:g} m over {steps} steps; up to "
            f"{MAX_CELLS:,} cells and {MAX_CELL_STEPS:,} cells times steps are allowed: take a shorter way or time"
        )
        return [Fault("max_duration_s", "ROUTE_TOO_LARGE", message)]
    return []


def _parameters(request: TimedRouteRequest, ground: Ground, step_s: float) -> dict[str, str]:
    return {
        "pixel_m": f"{ground.geometry.pixel_size_m:g}",
        "step_s": f"{step_s:g}",
        "azimuth_count": str(AZIMUTH_COUNT),
        "array_height_m": f"{request.array_height_m:g}",
        "start_time": format_time(request.start_time),
        "max_duration_s": f"{request.longest_s:g}",
        "needs_sun": str(request.needs_sun).lower(),
        "needs_earth": str(request.needs_earth).lower(),
        "neighbours": "16",
    }
