"""Downlink order of stored data: the rank of data products among each other and against all other data.

Data of priority 1 goes before that of 2, and of 0 last; of one priority what has a latency limit goes before what has
none; of one such rank what was made first. What the storage holds at first goes before everything, since nobody knows
what it is; what drives make, and what activities make beyond their products, goes last.
"""

from __future__ import annotations

import math

from malapert_planner.domain.problem.activities import Activity, Product
from malapert_planner.domain.problem.problem import PlanningProblem

Rank = tuple[float, bool]
"""Downlink rank of a product: lower ranks are sent first."""


def rank(product: Product) -> Rank:
    """Return the rank of a product."""
    return product.priority or math.inf, product.max_latency_s == 0


def limited_ranks(problem: PlanningProblem) -> tuple[Rank, ...]:
    """Return the ranks that have a latency limit to keep, those first that are sent first."""
    found = {rank(product) for activity in problem.activities for product in limited(activity)}
    return tuple(sorted(found))


def limited(activity: Activity) -> tuple[Product, ...]:
    """Return the products of an activity that have data and a latency limit."""
    return tuple(product for product in activity.products if product.max_latency_s > 0 and product.data_bit > 0)


def before_bit(activity: Activity, which: Rank) -> float:
    """Return the bits of an activity that are sent before products of a rank."""
    return math.fsum(product.data_bit for product in activity.products if rank(product) < which)


def through_bit(activity: Activity, which: Rank) -> float:
    """Return the bits of an activity that are sent before or with products of a rank."""
    return math.fsum(product.data_bit for product in activity.products if rank(product) <= which)
