"""The newest assessment of a plan's robustness, as the report shows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from malapert_cli.margins import amount_text, with_times

if TYPE_CHECKING:
    from malapert_client import Client
    from malapert_http_models.contracts.planner import Robustness

MOST_ITEMS = 10


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item with a rule that it breaks, in how many draws, and by how much at worst."""

    item: str
    rule: str
    first: int
    broken: int
    worst: str


@dataclass(frozen=True, slots=True)
class RobustnessShown:
    """An assessment as text."""

    policy_id: str
    draws: int
    kept: int
    share: str
    interval: str
    is_robust: bool
    said: str
    items: list[ItemRow]


def newest_robustness(client: "Client", plan_id: str, start_time: datetime) -> RobustnessShown | None:
    """Return the newest assessment of a plan; None where there is none."""
    newest = client.list_robustness(plan_id, page_size=1).first()
    return shown(client.get_robustness(plan_id, newest.robustness_id), start_time) if newest else None


def shown(found: "Robustness", start_time: datetime) -> RobustnessShown:
    """Return an assessment as text."""
    said = []
    if found.first_break_time is not None:
        said.append(f"In half of the others something breaks by {found.first_break_time:%Y-%m-%d %H:%M} UTC.")
    if found.charge_left_wh is not None:
        said.append(f"95 % of the draws keep {found.charge_left_wh:,.0f} Wh above the battery's floor.")
    return RobustnessShown(
        found.policy.policy_id if found.policy is not None else "",
        found.draws,
        found.kept,
        f"{found.share:.1%}",
        f"{found.lowest_share:.1%} to {found.highest_share:.1%}",
        found.is_robust,
        " ".join(said),
        [
            ItemRow(
                with_times(each.item_id, start_time) or "(withheld)",
                each.rule_id.lower().replace("_", " "),
                each.first,
                each.broken,
                amount_text(each.worst, each.unit),
            )
            for each in found.items[:MOST_ITEMS]
        ],
    )
