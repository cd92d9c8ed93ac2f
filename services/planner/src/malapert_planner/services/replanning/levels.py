"""Levels of battery and storage from which a replan goes on: those that were measured, else those of the plan."""

from collections.abc import Sequence
from dataclasses import replace

from malapert.planner.v1 import replan_pb2
from malapert_core.errors import Fault

from malapert_planner.domain.problem.problem import PlanningProblem


def measurement_faults(path: str, measured: replan_pb2.Measurement, problem: PlanningProblem) -> list[Fault]:
    """Return the faults of measured levels that battery and storage cannot have: margins are not of what is."""
    faults, floor_wh = [], problem.battery.floor_wh
    capacity_wh, capacity_bit = _capacities(problem)
    if measured.HasField("charge_wh") and not floor_wh <= measured.charge_wh <= capacity_wh:
        message = f"{measured.charge_wh:g} Wh must lie between {floor_wh:g} and {capacity_wh:g}"
        faults.append(Fault(f"{path}.charge_wh", "OUT_OF_RANGE", message))
    if measured.HasField("stored_bit") and not 0 <= measured.stored_bit <= capacity_bit:
        message = f"{measured.stored_bit:g} bit must lie between 0 and {capacity_bit:g}"
        faults.append(Fault(f"{path}.stored_bit", "OUT_OF_RANGE", message))
    return faults


def with_levels(
    problem: PlanningProblem, charge_wh: float, stored_bit: float, events: Sequence[replan_pb2.PlanEvent]
) -> PlanningProblem:
    """Return the problem with the levels of now: those that were measured, else what the schedule as run left.

    A battery that holds more than is counted on is counted on for no more. Of data nothing is passed over: where they
    take what was to be left free of the storage, less is left free from then on.
    """
    for event in events:
        if event.WhichOneof("event") == "measurement":
            measured = event.measurement
            charge_wh = measured.charge_wh if measured.HasField("charge_wh") else charge_wh
            stored_bit = measured.stored_bit if measured.HasField("stored_bit") else stored_bit
    battery, storage, margins = problem.battery, problem.storage, problem.margins
    _, full_bit = _capacities(problem)
    stored_bit = min(max(stored_bit, 0.0), full_bit)
    if margins is not None and stored_bit > storage.capacity_bit:
        margins = replace(margins, storage=stored_bit / full_bit)
    capacity_bit = max(storage.capacity_bit, stored_bit)
    return replace(
        problem,
        margins=margins,
        battery=replace(battery, start_wh=min(max(charge_wh, battery.floor_wh), battery.capacity_wh)),
        storage=replace(storage, capacity_bit=capacity_bit, start_bit=stored_bit),
    )


def _capacities(problem: PlanningProblem) -> tuple[float, float]:
    """Return what battery and storage hold without margins, Wh and bit, free of the rounding that those brought in."""
    capacity_wh, capacity_bit, margins = problem.battery.capacity_wh, problem.storage.capacity_bit, problem.margins
    if margins is None:
        return capacity_wh, capacity_bit
    return round(capacity_wh / margins.battery_capacity, 6), round(capacity_bit / margins.storage, 3)
