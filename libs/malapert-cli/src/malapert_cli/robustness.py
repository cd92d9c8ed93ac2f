"""The command `malapert plan robustness`: replays of a stored plan under draws of a margin policy."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from malapert_cli.margins import amount_text
from malapert_cli.mission_file import assess
from malapert_cli.options import Place, asking
from malapert_cli.progress import follow
from malapert_cli.terminal import console

if TYPE_CHECKING:
    from malapert_http_models.contracts.planner import Robustness

MOST_ITEMS = 15
"""Number of weakest items that are printed."""


@asking
def robustness(
    plan: Annotated[str, typer.Argument(help="identifier of the plan")],
    policy: Annotated[Path, typer.Option(help="margin policy, YAML or JSON", exists=True, dir_okay=False)] = Path(
        "missions/policies/nominal.yaml"
    ),
    draws: Annotated[int, typer.Option(min=1, help="number of draws")] = 1000,
    seed: Annotated[int, typer.Option(min=0, max=4_294_967_295, help="seed of the draws")] = 1,
    *,
    place: Place,
) -> None:
    """Replay a plan with slow drives, late drills, a weak array and failed passes, and say where it breaks first."""
    with place.client() as client:
        work = assess(client, policy, plan, {"seed": seed, "draws": draws})
        done = follow(work, console)
        print_robustness(client.get_robustness(plan, done.result_id))


def print_robustness(found: "Robustness") -> None:
    """Print the share of draws that keep every rule, what breaks first, and the weakest items."""
    policy = found.policy
    console.print(
        f"{found.kept} of {found.draws} draws keep every rule: {found.share:.1%} "
        f"(95 %: {found.lowest_share:.1%} to {found.highest_share:.1%})"
    )
    if policy is not None:
        asked = f"{policy.policy_id} asks for {policy.required_share:.0%}"
        console.print(f"{'robust' if found.is_robust else 'not robust'}: {asked}")
    if found.first_break_time is not None:
        console.print(f"what breaks first does so by {found.first_break_time:%Y-%m-%d %H:%M} UTC in half of the others")
    if found.charge_left_wh is not None:
        console.print(f"95 % of the draws keep {found.charge_left_wh:,.0f} Wh above the battery's floor")
    if found.items:
        console.print(_items(found))


def _items(found: "Robustness") -> Table:
    table = Table(title="weakest items", title_justify="left")
    for column in ("item", "rule", "first", "in all", "at worst"):
        table.add_column(column, justify="left" if column in ("item", "rule") else "right")
    for item in found.items[:MOST_ITEMS]:
        rule = item.rule_id.lower().replace("_", " ")
        table.add_row(
            item.item_id or "(withheld)", rule, str(item.first), str(item.broken), amount_text(item.worst, item.unit)
        )
    return table
