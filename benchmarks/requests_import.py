"""A file of requests taken at once through the gateway, and single checks, with everything on PostgreSQL.

The whole platform runs as it is operated, each service in its process, all on this machine; payload and gateway keep
their data in one PostgreSQL server. The mission is the reference mission. Afterwards the file is exported, and the
same file must come back.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import yaml
from malapert_testing.platform import running_platform
from malapert_testing.postgresql import PostgresqlServer, server_binaries

MISSION = Path(__file__).parents[1] / "missions" / "lupex.yaml"


def make_requests(count: int, seed: int) -> list[dict[str, Any]]:
    """Return requests of every shape: presets, arguments, relations, repetitions, campaigns, falling values."""
    rng = random.Random(seed)
    places = ["lander", "haven", "lookout", "plain", "east", "northeast"]
    made: list[dict[str, Any]] = []
    for number in range(count):
        request: dict[str, Any] = {
            "request_id": f"bulk-{number:05d}",
            "title": f"Bulk request {number}: Eis, 氷, बर्फ़, الجليد",
            "agency_id": "JAXA",
            "value": float(rng.randint(1, 100)),
            "visibility": rng.choice(("PUBLIC", "MISSION", "OWNER")),
            "tags": rng.sample(["ice", "first", "survey", "氷"], 2),
        }
        shape = number % 5
        if shape == 0:
            depth = {"parameter_id": "depth", "value": rng.choice((40.0, 80.0, 120.0)), "unit": "cm"}
            request |= {"activity_type_id": "drill-sample", "arguments": [depth], "place_ids": [rng.choice(places)]}
        elif shape == 1:
            repetition = {"count": 4, "period_s": 86400.0 * 7, "tolerance_s": 86400.0}
            request |= {"activity_type_id": "site-survey", "repetition": repetition}
        elif shape == 2:
            campaign = {"place_set_id": "survey-ground", "count": 3}
            request |= {"activity_type_id": "thermal-image-day", "campaign": campaign}
        elif shape == 3:
            decay = {"every_s": 864000.0, "factor": 0.9, "least_share": 0.5}
            request |= {"activity_type_id": "exosphere-day", "decay": decay}
        else:
            after = {"kind": "AFTER", "request_id": f"bulk-{number - 1:05d}", "min_lag_s": 3600.0}
            request |= {"activity_type_id": "thermal-image-night", "relations": [after]}
        made.append(request)
    return made


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--checks", type=int, default=200)
    arguments = parser.parse_args()
    binaries = server_binaries()
    if binaries is None:
        raise SystemExit("there is no PostgreSQL on this machine")
    server = PostgresqlServer(binaries)
    server.start()
    try:
        for service in ("PAYLOAD", "GATEWAY"):
            os.environ[f"MALAPERT_{service}_DATABASE_URL"] = server.create_database()
            os.environ[f"MALAPERT_{service}_AUTO_MIGRATE"] = "true"
        os.environ["MALAPERT_GATEWAY_RATE_LIMIT"] = "100000/minute"
        with tempfile.TemporaryDirectory() as directory, running_platform(Path(directory) / "data") as platform:
            headers = {"Authorization": f"Bearer {platform.key('JAXA', 'PLANNER')}"}
            with httpx.Client(base_url=f"{platform.url}/api/v1", headers=headers, timeout=120) as client:
                _measure(client, arguments.count, arguments.checks)
    finally:
        server.stop()


def _measure(client: httpx.Client, count: int, checks: int) -> None:
    mission = yaml.safe_load(MISSION.read_text())
    _ok(client.post("/missions", json=mission))
    single = make_requests(1, 7)[0] | {"request_id": "single"}
    alone = _checks(client, single, checks, with_windows=False)
    before = _checks(client, single, checks)
    requests = make_requests(count, 1)
    body = json.dumps({"requests": requests}, ensure_ascii=False).encode()
    begin_s = time.monotonic()
    answer = _ok(client.post("/missions/lupex/requests:import?validate_only=true", content=body, headers=_JSON)).json()
    checked_s = time.monotonic() - begin_s
    begin_s = time.monotonic()
    answer = _ok(client.post("/missions/lupex/requests:import", content=body, headers=_JSON)).json()
    taken_s = time.monotonic() - begin_s
    if answer["submitted_count"] != count:
        raise SystemExit(f"not all were taken: {answer}")
    begin_s = time.monotonic()
    exported = _ok(client.get("/missions/lupex/requests:export?agency_id=JAXA")).content
    export_s = time.monotonic() - begin_s
    begin_s = time.monotonic()
    again = _ok(client.post("/missions/lupex/requests:import", content=exported, headers=_JSON)).json()
    again_s = time.monotonic() - begin_s
    own = [item for item in json.loads(exported)["requests"] if item["request_id"].startswith("bulk-")]
    if len(own) != count or again["submitted_count"] or again["revised_count"]:
        raise SystemExit(f"the export is not what was imported: {len(own)} requests, {again}")
    after = _checks(client, single, checks)
    print(f"{count} requests, {len(body) / 1e6:.1f} MB")
    print(f"checked alone       {checked_s:7.2f} s")
    print(f"imported            {taken_s:7.2f} s")
    print(f"exported            {export_s:7.2f} s")
    print(f"imported unchanged  {again_s:7.2f} s")
    _print_spread("single check", alone)
    _print_spread("single check that looks for windows too", before)
    _print_spread("the same after the import, while its events go out", after)


_JSON = {"Content-Type": "application/json"}
_WARM_UP = 10


def _print_spread(name: str, took_ms: list[float]) -> None:
    ordered = sorted(took_ms)
    tail_ms = ordered[int(len(ordered) * 0.95)]
    print(f"{name}: median {statistics.median(ordered):.1f} ms, 95 % {tail_ms:.1f} ms")


def _checks(client: httpx.Client, request: dict[str, Any], count: int, *, with_windows: bool = True) -> list[float]:
    path, took_ms = f"/missions/lupex/requests:check?opportunities={str(with_windows).lower()}", []
    for _ in range(count + _WARM_UP):
        begin_s = time.monotonic()
        answer = _ok(client.post(path, json={"requests": [request]})).json()
        took_ms.append(1000 * (time.monotonic() - begin_s))
        if answer["faults"] or not answer["predictions"]:
            raise SystemExit(f"the check found what there is not: {answer}")
    return took_ms[_WARM_UP:]


def _ok(answer: httpx.Response) -> httpx.Response:
    if answer.is_error:
        raise SystemExit(f"{answer.status_code}: {answer.text[:2000]}")
    return answer


if __name__ == "__main__":
    main()
