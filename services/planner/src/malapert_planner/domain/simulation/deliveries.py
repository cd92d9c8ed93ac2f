"""Delivery times of data products on the ground along a schedule, exact.

With G(t) what contacts could have sent by t less what came in by t that goes before a product's rank, and S(e) what is
stored at the end e of its activity that goes before or with that rank, the product's last bit is sent at the first
t ≥ e with G(t) ≥ G(e) + S(e): until then the storage holds something of that rank or before, so that no rate is lost.
"""

from __future__ import annotations

import numpy as np

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.products import Rank, before_bit, rank, through_bit
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.simulation.propagation import DataFlow, Samples
from malapert_planner.domain.simulation.timeline import Case
from malapert_planner.domain.validation.report import Delivery

SHARE_SENT = 1e-9
"""Remainder at which a product counts as sent, as a share of the storage's capacity, for rounding."""


def deliveries(case: Case, flow: DataFlow) -> tuple[Delivery, ...]:
    """Return when each product of the placed activities that has data is on the ground, by activity and product.

    What was made before a replan's now is left out: what was sent of it then is not known.
    """
    found = []
    wanted = [
        (rank(product), activity, product, placed.span)
        for activity, placed in case.activities
        for product in activity.products
        if product.data_bit > 0 and case.problem.now_s < placed.span[1] <= case.problem.horizon_s
    ]
    for which in sorted({each[0] for each in wanted}):
        sending = _Sending(case, flow, which)
        for _, activity, product, span in (each for each in wanted if each[0] == which):
            sent_s = sending.sent_s(span[1])
            found.append(Delivery(activity.activity_id, product.product_id, span[1], sent_s, product.max_latency_s))
    return tuple(sorted(found, key=lambda item: (item.activity_id, item.product_id)))


class _Sending:
    """The backlog of one rank, and what could be sent of it."""

    def __init__(self, case: Case, flow: DataFlow, which: Rank) -> None:
        storage, length_s = case.problem.storage, np.diff(flow.time_s)
        before = flow.fill_bps(_made(case, [(each, before_bit(each, which)) for each, _ in case.activities]))
        through = flow.fill_bps(_made(case, [(each, through_bit(each, which)) for each, _ in case.activities]))
        total = _sum((through - flow.drain_bps) * length_s)
        self._time_s = flow.time_s
        self._stored = total + np.maximum(storage.start_bit, np.maximum.accumulate(-total))
        self._sendable = _sum((flow.drain_bps - before) * length_s)
        self._rounding_bit = SHARE_SENT * storage.capacity_bit

    def sent_s(self, made_s: int) -> float | None:
        """Return when all that is stored at a node is sent; None where the horizon ends before."""
        first = int(np.searchsorted(self._time_s, made_s))
        goal = float(self._sendable[first] + self._stored[first])
        reached = np.flatnonzero(self._sendable[first:] >= goal - self._rounding_bit)
        if not reached.size:
            return None
        node = first + int(reached[0])
        if node == first:
            return float(made_s)
        before, after = self._sendable[node - 1], self._sendable[node]
        share = min(1.0, (goal - float(before)) / float(after - before))
        return float(self._time_s[node - 1] + share * (self._time_s[node] - self._time_s[node - 1]))


def _made(case: Case, amounts: list[tuple[Activity, float]]) -> list[tuple[Span, float]]:
    spans = {activity.activity_id: placed.span for activity, placed in case.activities}
    return [(spans[activity.activity_id], data_bit) for activity, data_bit in amounts if data_bit > 0]


def _sum(parts: Samples) -> Samples:
    return np.concatenate(([0.0], np.cumsum(parts)))
