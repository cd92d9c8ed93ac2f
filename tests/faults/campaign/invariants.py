"""What must hold of a platform after a campaign, seen from outside through the HTTP API."""

import time
from collections import Counter
from typing import Any

from traffic import Caller, Load, Plans, Reader

LONGEST_END_S = 240.0


def of_requests(caller: Caller, load: Load, reader: Reader) -> dict[str, Any]:
    """Return requests that were lost or doubled, events missed or doubled, and keys that were not honoured."""
    rows = caller.all_of(f"/missions/{load.mission_id}/requests", "requests")
    stored, sent = [row["request_id"] for row in rows], set(load.answered)
    again = {name: load.send(name).status_code for name in sorted(sent)[-5:]}
    return {
        "lost requests": sorted(sent - set(stored)),
        "doubled requests": [name for name, count in Counter(stored).items() if count > 1],
        "events missed": sorted(sent - set(reader.seen)),
        "events doubled": [name for name, ids in reader.seen.items() if len(set(ids)) > 1],
        "repeated without a gap": [name for name, ids in reader.seen.items() if len(ids) > 1 and not reader.gaps],
        "keys not honoured": {name: status for name, status in again.items() if status not in (200, 201, 409)},
        "refused": load.refused,
    }


def of_plans(caller: Caller, plans: Plans) -> dict[str, Any]:
    """Return operations that did not succeed, plans that are too many or too few, and what a release left undone."""
    ends = {operation_id: _ended(caller, operation_id) for operation_id in plans.operation_ids}
    made = [end["result_id"] for end in ends.values() if end["state"] == "SUCCEEDED"]
    stored = {row["plan_id"] for row in caller.all_of("/plans", "plans")}
    found = {
        "operations not succeeded": [
            f"{operation_id}: {end['state']} {end.get('error_reason', '')} {end.get('error_message', '')}"[:300]
            for operation_id, end in ends.items()
            if end["state"] != "SUCCEEDED"
        ],
        "plans of no operation, or lost": sorted(stored ^ {*made, plans.plan["plan_id"]}),
        "calls for plans refused": plans.refused,
    }
    return found | (_of_release(caller, plans.released) if plans.released else {})


def _ended(caller: Caller, operation_id: str) -> dict[str, Any]:
    until_s = time.monotonic() + LONGEST_END_S
    while True:
        operation: dict[str, Any] = caller.at_last(("JAXA", "PLANNER"), "GET", f"/operations/{operation_id}").json()
        if operation["state"] in ("SUCCEEDED", "FAILED", "CANCELLED") or time.monotonic() > until_s:
            return operation
        time.sleep(1.0)


def _of_release(caller: Caller, released: dict[str, Any]) -> dict[str, Any]:
    wanted = {contact["contact_id"] for contact in released["contacts"]}
    in_plan = {item["request_id"] for item in released["activities"] if item["request_id"]}
    until_s = time.monotonic() + 60
    while True:
        held = {row["contact_id"]: row["state"] for row in caller.all_of("/contacts", "contacts", only_holding=True)}
        rows = caller.all_of(f"/missions/{released['mission_id']}/requests", "requests")
        states = {row["request_id"]: row["state"] for row in rows}
        found = {
            "contacts of the released plan not committed": sorted(
                name for name in wanted if held.get(name) != "COMMITTED"
            ),
            "contacts held for no plan": sorted(set(held) - wanted),
            "requests of the released plan not planned": sorted(
                name for name in in_plan if states.get(name) != "PLANNED"
            ),
        }
        if not any(found.values()) or time.monotonic() > until_s:
            return found
        time.sleep(1.0)
