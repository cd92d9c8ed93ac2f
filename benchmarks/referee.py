"""Plan missions on a platform of their own, hold each plan against the independent referee, and print their figures.

    python benchmarks/referee.py missions/lupex.yaml missions/viper-like.yaml [--work 60] [--out DIRECTORY]

The referee (tests/e2e/plan_referee.py) reads the mission's document itself and looks minute by minute, by SPICE over
skylines; it shares nothing with the planner.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import yaml
from malapert_testing.platform import Platform, running_platform

sys.path.append(str(Path(__file__).parents[1] / "tests" / "e2e"))

from plan_referee import PlanReferee

FIGURES = {
    "USE_OF_GOOD_HOURS": (100.0, "%"),
    "LONGEST_SILENCE_IN_VIEW": (1 / 3600, "h"),
    "MEAN_AGE_OF_DATA": (1 / 86400, "d"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("missions", nargs="+", type=Path)
    parser.add_argument("--work", type=float, default=0.0, help="work limit, s; 0 takes the mission's own")
    parser.add_argument("--out", type=Path, help="where the plans are written")
    options = parser.parse_args()
    heads = ("mission", "objective", "bound", "gap", "steps", "drives", "contacts", "not planned", "solve, s")
    print(f"| {' | '.join(heads)} | good hours, silence, age | referee, CPU s | findings |")
    print("|---" * (len(heads) + 3) + "|")
    with tempfile.TemporaryDirectory() as folder, running_platform(Path(folder) / "data") as platform:
        for path in options.missions:
            print(_row(platform, path, options.work, options.out), flush=True)
    print(f"\nload at the end: {os.getloadavg()[0]:.1f}")


def _row(platform: Platform, path: Path, work_limit_s: float, out: Path | None) -> str:
    document = yaml.safe_load(path.read_text())
    headers = {"Authorization": f"Bearer {platform.key('JAXA', 'PLANNER')}"}
    with httpx.Client(base_url=f"{platform.url}/api/v1", headers=headers, timeout=300) as client:
        plan = _planned(client, document, work_limit_s)
        if isinstance(plan, str):
            return f"| {path.stem} | {plan} |"
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            (out / f"{path.stem}.json").write_text(json.dumps(plan))
        began_s = time.process_time()
        found = PlanReferee(client, document, plan).findings()
        took_s = time.process_time() - began_s
    for finding in found:
        print(f"{path.stem}: {finding}", file=sys.stderr)
    objective, stages = plan["objective"], {each["name"]: each["elapsed_s"] for each in plan["stage_times"]}
    kinds = Counter(each["kind"] for each in plan["activities"])
    figures = [
        f"{each['amount'] * FIGURES[each['figure_id']][0]:.1f} {FIGURES[each['figure_id']][1]}"
        for each in plan["validation"]["figures"]
        if each["figure_id"] in FIGURES
    ]
    values = (
        path.stem,
        f"{objective['objective']:.1f}",
        f"{objective['bound']:.1f}",
        f"{objective['gap']:.1%}",
        kinds["REQUESTED"],
        kinds["DRIVE"],
        len(plan["contacts"]),
        len(plan["unplanned"]),
        f"{stages.get('solve', 0):.0f}",
        ", ".join(figures),
        f"{took_s:.1f}",
        len(found),
    )
    return f"| {' | '.join(map(str, values))} |"


def _planned(client: httpx.Client, document: dict[str, Any], work_limit_s: float) -> dict[str, Any] | str:
    """Return the plan of a mission, or what became of it."""
    answer = client.post("/missions", json=document)
    if answer.status_code != 201:
        return answer.text
    asked = {"mission_id": document["mission"]["id"]} | ({"work_limit_s": work_limit_s} if work_limit_s else {})
    operation = client.post("/plans", json=asked).raise_for_status().json()
    while operation["state"] not in ("SUCCEEDED", "FAILED", "CANCELLED"):
        time.sleep(1.0)
        operation = client.get(f"/operations/{operation['operation_id']}").raise_for_status().json()
    if operation["state"] != "SUCCEEDED":
        return f"{operation['state']}: {operation['error_message']}"
    plan: dict[str, Any] = client.get(f"/plans/{operation['result_id']}").raise_for_status().json()
    return plan


if __name__ == "__main__":
    main()
