"""Time of each stage of the reference mission, and what the plan reached: one line a stage, for benchmarks/README.md.

Reads the plan that `make demo` wrote; measures nothing by itself, so that what is recorded is what a user saw.

    python benchmarks/demo_stages.py [out/plan.json]
"""

import json
import os
import platform
import sys
from pathlib import Path


def main(path: Path) -> None:
    plan = json.loads(path.read_text())
    objective, validation = plan["objective"], plan["validation"]
    parameters = plan["provenance"]["parameters"]
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"load while reading: {os.getloadavg()[0]:.2f}; made {plan['created_time']} with seed {parameters['seed']}\n")
    print("| stage | s |\n|---|---|")
    for stage in plan["stage_times"]:
        print(f"| {stage['name']} | {stage['elapsed_s']:.1f} |")
    print(f"| **sum** | **{sum(stage['elapsed_s'] for stage in plan['stage_times']):.1f}** |\n")
    requested = {item["activity_id"] for item in plan["activities"] if item["kind"] == "REQUESTED"}
    drives = sum(item["kind"] == "DRIVE" for item in plan["activities"])
    print(f"{len(requested)} steps of requests, {drives} drives, {len(plan['contacts'])} contacts planned;")
    print(f"{len(plan['unplanned'])} repetitions not planned, each with a reason.")
    print(f"Objective {objective['objective']:.1f}, bound {objective['bound']:.1f}, gap {objective['gap']:.1%}.")
    print(f"Validator: {len(validation['violations'])} violations in {sum(validation['checks'].values())} checks.")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("out/plan.json"))
