"""What one agency's REQUESTER at its full limit costs another agency's reads.

    python benchmarks/fair_reads.py [--pairs 8] [--seconds 12] [--pace 10]

An embedded platform with a mission of two agencies and a plan. JAXA reads its mission, its plan, requests, contacts and
stations, so many times a second; ISRO's REQUESTER, from a process of its own, has as many event streams open as it may
and calls as often as its limits let it: requests checked by hundreds, imported, submitted and listed, with plans asked
for by another key of ISRO, so that its share of the queue is full. Each pair is a quiet and a loaded time right after
each other; what counts is the 99th percentile of the answers' times, loaded against quiet, all pairs together and each
pair. Ends with 1 where all together it is more than twice.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx
from malapert_testing import platform as platform_module
from malapert_testing.platform import running_platform

sys.path[:0] = [str(Path(__file__).parents[1] / "tests" / "fuzz"), str(Path(__file__).parent)]

from hostile_world import make_world  # noqa: E402

MOST_RATIO = 2.0
AT_ONCE = 24
STREAMS = 20
CHECKED = 400
PLANS = 40


def main() -> int:
    """Measure pairs and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=12.0, help="of each quiet and each loaded time")
    parser.add_argument("--pace", type=float, default=10.0, help="reads a second")
    options = parser.parse_args()
    platform_module.START_TIMEOUT_S = 600.0  # on a busy machine
    with tempfile.TemporaryDirectory() as folder, running_platform(Path(folder) / "data") as platform:
        names = make_world(platform)
        keys = {role: platform.key("ISRO", role) for role in ("REQUESTER", "PLANNER")}
        reader = httpx.Client(
            base_url=f"{platform.url}/api/v1",
            headers={"Authorization": f"Bearer {platform.key('JAXA', 'PLANNER')}"},
            timeout=60,
        )
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        loading = multiprocessing.get_context("spawn").Process(target=_load, args=(theirs, platform.url, keys, names))
        loading.start()
        try:
            return _measure(reader, ours, names, options)
        finally:
            ours.send("end")
            loading.join(60)


def _measure(reader: httpx.Client, load: Connection, names: dict[str, str], options: Any) -> int:
    paths = _reads(names)
    _read(reader, paths, options.seconds / 2, options.pace)  # what is loaded once
    quiet_s: list[float] = []
    loaded_s: list[float] = []
    print("| pair | quiet p50, p99, ms | loaded p50, p99, ms | p99 loaded to quiet |\n|---|---|---|---|")
    for pair in range(1, options.pairs + 1):
        quiet = _read(reader, paths, options.seconds, options.pace)
        load.send("go")
        time.sleep(1.0)  # until it is at its limits
        loaded = _read(reader, paths, options.seconds, options.pace)
        load.send("stop")
        told = load.recv()
        quiet_s += quiet
        loaded_s += loaded
        print(f"| {pair} | {_told(quiet)} | {_told(loaded)} | {_p99(loaded) / _p99(quiet):.2f} |", flush=True)
        time.sleep(1.0)
    ratio = _p99(loaded_s) / _p99(quiet_s)
    print(f"| all | {_told(quiet_s)} | {_told(loaded_s)} | {ratio:.2f} |")
    print(f"\nload {os.getloadavg()[0]:.1f}; the load of the last pair was answered {told}")
    return 0 if ratio <= MOST_RATIO else 1


def _reads(names: dict[str, str]) -> list[str]:
    mission = f"/missions/{names['mission_id']}"
    return [
        mission,
        f"{mission}/requests?page_size=50",
        f"/plans/{names['plan_id']}",
        "/plans?page_size=20",
        "/contacts?page_size=50",
        "/stations?page_size=50",
        "/whoami",
    ]


def _read(reader: httpx.Client, paths: list[str], seconds: float, pace: float) -> list[float]:
    took_s = []
    began_s = time.perf_counter()
    for number in range(int(seconds * pace)):
        time.sleep(max(0.0, began_s + number / pace - time.perf_counter()))
        asked_s = time.perf_counter()
        answer = reader.get(paths[number % len(paths)])
        took_s.append(time.perf_counter() - asked_s)
        answer.raise_for_status()
    return took_s


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def _told(values: list[float]) -> str:
    return f"{1000 * statistics.median(values):.0f}, {1000 * _p99(values):.0f}"


def _load(orders: Connection, url: str, keys: dict[str, str], names: dict[str, str]) -> None:
    asyncio.run(_Load(url, keys, names).run(orders))


class _Load:
    """A REQUESTER that does all that it may, and a queue that its agency has filled."""

    def __init__(self, url: str, keys: dict[str, str], names: dict[str, str]) -> None:
        self._url = f"{url}/api/v1"
        self._keys = keys
        self._mission = f"/missions/{names['mission_id']}"
        self._mission_id = names["mission_id"]
        self._statuses: Counter[int] = Counter()

    async def run(self, orders: Connection) -> None:
        """Load on "go" until "stop", and tell how the calls were answered."""
        while (await asyncio.to_thread(orders.recv)) == "go":
            self._statuses.clear()
            limits = httpx.Limits(max_connections=None)
            async with httpx.AsyncClient(base_url=self._url, timeout=60, limits=limits) as http:
                tasks = [asyncio.create_task(self._stream(http)) for _ in range(STREAMS)]
                tasks += [asyncio.create_task(self._calls(http, number)) for number in range(AT_ONCE)]
                tasks.append(asyncio.create_task(self._plans(http)))
                await asyncio.to_thread(orders.recv)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            orders.send(dict(self._statuses))

    async def _stream(self, http: httpx.AsyncClient) -> None:
        async with http.stream("GET", "/events", headers=self._as("REQUESTER")) as answer:
            async for _ in answer.aiter_raw():
                pass

    async def _plans(self, http: httpx.AsyncClient) -> None:
        for _ in range(PLANS):
            body = {"mission_id": self._mission_id, "work_limit_s": 1.0}
            self._statuses[(await http.post("/plans", json=body, headers=self._as("PLANNER"))).status_code] += 1

    async def _calls(self, http: httpx.AsyncClient, number: int) -> None:
        many = [_request(f"bulk-{number}-{index}") for index in range(CHECKED)]
        table = json.dumps({"requests": many, "reason": "a campaign"}).encode()
        turns: list[tuple[str, str, Any]] = [
            ("POST", f"{self._mission}/requests:check", {"requests": many}),
            ("GET", f"{self._mission}/requests", None),
            ("POST", f"{self._mission}/requests:import?validate_only=true", table),
            ("POST", f"{self._mission}/requests", {"requests": many[:20]}),
            ("GET", "/contacts", None),
        ]
        for turn in range(1 << 30):
            method, path, body = turns[(turn + number) % len(turns)]
            content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            headers = {**self._as("REQUESTER"), "Content-Type": "application/json"}
            try:
                answer = await http.request(method, path, content=content, headers=headers)
            except httpx.HTTPError:
                self._statuses[0] += 1
                continue
            self._statuses[answer.status_code] += 1
            if answer.status_code == 429:  # a caller that is refused asks again soon, all the same
                await asyncio.sleep(0.05)

    def _as(self, role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._keys[role]}"}


def _request(request_id: str) -> dict[str, Any]:
    return {
        "request_id": request_id,
        "title": "A limb image",
        "activity_type_id": "limb",
        "agency_id": "ISRO",
        "value": 2.0,
        "repetition": {"count": 4, "period_s": 18000.0, "tolerance_s": 7200.0},
    }


if __name__ == "__main__":
    sys.exit(main())
