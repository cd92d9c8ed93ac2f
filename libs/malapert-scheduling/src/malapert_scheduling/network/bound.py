r"""Hours of tracking that no schedule of a network can better, from a linear programme.

Time is cut into slots. With x the tracking of a request in a view period and slot and y the use of the period:

- Σ x ≤ duration of the request; Σ x over a period ≤ min(duration, period) y; Σ y ≤ tracks that the request may have;
- in each slot, tracking on an antenna ≤ what is free there, and of a mission ≤ the slot.

Every schedule keeps all of these, so their optimum bounds every schedule.
"""

from __future__ import annotations

from collections import defaultdict

from malapert_core.vocabulary.spans import Span, overlap_s
from ortools.linear_solver.python import model_builder

from malapert_scheduling.network.problem import Network

SLOT_S = 3600


def hours_bound(network: Network) -> float:
    """Return the hours of tracking that no schedule can better."""
    model = model_builder.Model()  # type: ignore[no-untyped-call]
    start, end = network.horizon
    slots = [(t, min(end, t + SLOT_S)) for t in range(start, end, SLOT_S)]
    on_antenna: dict[tuple[str, int], list[model_builder.Variable]] = defaultdict(list)
    of_mission: dict[tuple[str, int], list[model_builder.Variable]] = defaultdict(list)
    tracked = []
    for request in network.requests:
        used, all_x = [], []
        for view in request.views:
            low, high = max(view.span[0], start + request.setup_s), min(view.span[1], end - request.teardown_s)
            if high - low < request.min_track_s:
                continue
            y = model.new_num_var(0.0, 1.0, "")
            x_of_view = []
            for slot in range((low - start) // SLOT_S, min(len(slots), -(-(high - start) // SLOT_S))):
                x = model.new_num_var(0.0, float(overlap_s((low, high), slots[slot])), "")
                x_of_view.append(x)
                of_mission[request.mission_id, slot].append(x)
                for antenna_id in view.antenna_ids:
                    on_antenna[antenna_id, slot].append(x)
            longest = min(request.duration_s, high - low)
            model.add(sum(x_of_view) <= longest * y)
            used.append(y)
            all_x += x_of_view
        if used:
            most = max(1, request.duration_s // request.min_track_s) if request.splittable else 1
            model.add(sum(used) <= most)
            model.add(sum(all_x) <= request.duration_s)
            tracked += all_x
    free = _free_s(network, slots)
    for key, variables in on_antenna.items():
        model.add(sum(variables) <= free[key])
    for (_, slot), variables in of_mission.items():
        model.add(sum(variables) <= slots[slot][1] - slots[slot][0])
    model.maximize(sum(tracked))
    solver = model_builder.Solver("GLOP")
    asked_h = sum(request.duration_s for request in network.requests) / 3600
    if solver.solve(model) != model_builder.SolveStatus.OPTIMAL:
        return asked_h
    return float(min(asked_h, solver.objective_value / 3600))


def _free_s(network: Network, slots: list[Span]) -> dict[tuple[str, int], int]:
    antennas = {a for request in network.requests for view in request.views for a in view.antenna_ids}
    return {
        (antenna_id, index): slot[1] - slot[0] - sum(overlap_s(slot, span) for span in network.down.get(antenna_id, ()))
        for antenna_id in antennas
        for index, slot in enumerate(slots)
    }
