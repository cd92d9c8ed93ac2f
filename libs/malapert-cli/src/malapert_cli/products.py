"""Latencies of a plan's data products, from the end of their activity to the ground."""

from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from malapert_http_models.contracts.planner import Plan, ProductDelivery

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product over all activities that make it.

    ``unsent`` of ``count`` are not on the ground by the end of the plan; latencies are of the others, None where there
    is none. ``limit_h`` is the shortest latency allowed, None where there is no limit.
    """

    product_id: str
    count: int
    unsent: int
    median_h: float | None
    longest_h: float | None
    limit_h: float | None


def product_rows(plan: "Plan") -> list[ProductRow]:
    """Return a row for each product, by name."""
    by_product: dict[str, list[ProductDelivery]] = defaultdict(list)
    for activity in plan.activities:
        for delivery in activity.deliveries:
            by_product[delivery.product_id].append(delivery)
    return [_row(product_id, by_product[product_id]) for product_id in sorted(by_product)]


def _row(product_id: str, deliveries: "list[ProductDelivery]") -> ProductRow:
    hours = [item.latency_s / HOUR_S for item in deliveries if item.latency_s is not None]
    limits = [item.max_latency_s / HOUR_S for item in deliveries if item.max_latency_s]
    return ProductRow(
        product_id,
        len(deliveries),
        len(deliveries) - len(hours),
        median(hours) if hours else None,
        max(hours, default=None),
        min(limits, default=None),
    )
