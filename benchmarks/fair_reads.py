"""What one agency's REQUESTER at its full limit costs another agency's reads.

    python benchmarks/fair_reads.py [--pairs 3] [--seconds 30] [--pace 10]

An embedded platform with a mission of two agencies and a plan. JAXA reads its mission, its plan, requests, contacts and
stations, so many times a second; ISRO's REQUESTER, from a process of its own, has as many event streams open as it may
and calls as often as its limits let it: requests checked and imported by hundreds, submitted and listed. All these are
calls that are accepted, but for those beyond its limits. Each pair is a quiet and a loaded time right after each other;
what counts is the 99th percentile of the answers' times, loaded against quiet, all pairs together and each pair. Ends
with 1 where all together it is more than twice, and with 2 where the load was no load: too few of its calls were
accepted, or one was refused for another reason than that they were too many.
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
from malapert_testing.platform import running_platform

sys.path[:0] = [str(Path(__file__).parents[1] / "tests" / "fuzz"), str(Path(__file__).parent)]

from hostile_world import make_world  # noqa: E402

MOST_RATIO = 2.0
LEAST_ACCEPTED_PER_S = 5.0
WARM_UP_S = 12.0
BUSY_START_LIMIT_S = 600.0
AT_ONCE = 24
STREAMS = 20
CHECKED = 400
SUBMITTED = 2


def main() -> int:
    """Measure pairs and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each quiet and each loaded time")
    parser.add_argument("--pace", type=float, default=10.0, help="reads a second")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_platform(Path(folder) / "data", start_limit_s=BUSY_START_LIMIT_S) as platform,
    ):
        names = make_world(platform)
        reader = httpx.Client(
            base_url=f"{platform.url}/api/v1",
            headers={"Authorization": f"Bearer {platform.key('JAXA', 'PLANNER')}"},
            timeout=60,
        )
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        loading = multiprocessing.get_context("spawn").Process(
            target=_load, args=(theirs, platform.url, platform.key("ISRO", "REQUESTER"), names)
        )
        loading.start()
        try:
            return _measure(reader, ours, names, options)
        finally:
            ours.send("end")
            loading.join(60)


def _measure(reader: httpx.Client, load: Connection, names: dict[str, str], options: Any) -> int:
    paths = _reads(names)
    # What is loaded and begun once: a second reading process begins when two agencies have something large at a time.
    load.send("go")
    _read(reader, paths, WARM_UP_S, options.pace)
    load.send("stop")
    load.recv()
    quiet_s: list[float] = []
    loaded_s: list[float] = []
    load_told: list[dict[str, int]] = []
    print("| pair | quiet p50, p99, ms | loaded p50, p99, ms | p99 loaded to quiet |\n|---|---|---|---|")
    for pair in range(1, options.pairs + 1):
        quiet = _read(reader, paths, options.seconds, options.pace)
        load.send("go")
        time.sleep(1.0)  # until it is at its limits
        loaded = _read(reader, paths, options.seconds, options.pace)
        load.send("stop")
        load_told.append(load.recv())
        quiet_s += quiet
        loaded_s += loaded
        print(f"| {pair} | {_told(quiet)} | {_told(loaded)} | {_p99(loaded) / _p99(quiet):.2f} |", flush=True)
        time.sleep(1.0)
    ratio = _p99(loaded_s) / _p99(quiet_s)
    print(f"| all | {_told(quiet_s)} | {_told(loaded_s)} | {ratio:.2f} |")
    print(f"\nload {os.getloadavg()[0]:.1f}; {len(quiet_s)} reads of each kind; the load was answered")
    told = sum((Counter(each) for each in load_told), Counter[str]())
    print("\n".join(f"  {number:6d} {what}" for what, number in sorted(told.items())))
    if not _is_a_load(told, options.pairs * options.seconds):
        return 2
    return 0 if ratio <= MOST_RATIO else 1


def _is_a_load(told: Counter[str], seconds: float) -> bool:
    accepted = sum(number for what, number in told.items() if " 2" in what)
    others = [what for what in told if " 2" not in what and " 429" not in what]
    if others:
        print(f"this is no load of accepted calls: {', '.join(others)}")
    print(f"accepted: {accepted / seconds:.1f} calls a second")
    return not others and accepted >= LEAST_ACCEPTED_PER_S * seconds


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


def _load(orders: Connection, url: str, key: str, names: dict[str, str]) -> None:
    asyncio.run(_Load(url, key, names).run(orders))


class _Load:
    """A REQUESTER that does all that it may."""

    def __init__(self, url: str, key: str, names: dict[str, str]) -> None:
        self._url = f"{url}/api/v1"
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._mission = f"/missions/{names['mission_id']}"
        self._mission_id = names["mission_id"]
        self._statuses: Counter[str] = Counter()
        self._submitted = 0
        self._began = f"load-{os.getpid()}"

    async def run(self, orders: Connection) -> None:
        """Load on "go" until "stop", and tell how the calls were answered."""
        while (await asyncio.to_thread(orders.recv)) == "go":
            self._statuses.clear()
            limits = httpx.Limits(max_connections=None)
            async with httpx.AsyncClient(base_url=self._url, timeout=60, limits=limits) as http:
                tasks = [asyncio.create_task(self._stream(http)) for _ in range(STREAMS)]
                tasks += [asyncio.create_task(self._calls(http, number)) for number in range(AT_ONCE)]
                await asyncio.to_thread(orders.recv)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            orders.send(dict(self._statuses))

    async def _stream(self, http: httpx.AsyncClient) -> None:
        async with http.stream("GET", "/events", headers=self._headers) as answer:
            async for _ in answer.aiter_raw():
                pass

    async def _calls(self, http: httpx.AsyncClient, number: int) -> None:
        many = [_request(f"bulk-{number}-{index}") for index in range(CHECKED)]
        checked = json.dumps({"requests": many}).encode()
        table = json.dumps({"requests": many, "reason": "a campaign"}).encode()
        turns: list[tuple[str, str, bytes | None]] = [
            ("POST", f"{self._mission}/requests:check", checked),
            ("GET", f"{self._mission}/requests?page_size=200", None),
            ("POST", f"{self._mission}/requests:import?validate_only=true", table),
            ("POST", f"{self._mission}/requests", None),
            ("GET", "/contacts?page_size=200", None),
        ]
        for turn in range(1 << 30):
            method, path, body = turns[(turn + number) % len(turns)]
            if method == "POST" and body is None:
                self._submitted += 1
                new = [_request(f"{self._began}-{self._submitted}-{index}") for index in range(SUBMITTED)]
                body = json.dumps({"requests": new}).encode()
            await self._call(http, method, path, body)

    async def _call(self, http: httpx.AsyncClient, method: str, path: str, body: bytes | None) -> None:
        kind = f"{method} {path.partition('?')[0].replace(self._mission, '')}"
        try:
            answer = await http.request(method, path, content=body, headers=self._headers)
        except httpx.HTTPError as error:
            self._statuses[f"{kind} {type(error).__name__}"] += 1
            return
        reason = "" if answer.is_success else f" {answer.json().get('reason', '')}"
        self._statuses[f"{kind} {answer.status_code}{reason}"] += 1
        if answer.status_code == 429:  # a caller that is refused asks again soon, all the same
            await asyncio.sleep(0.05)


def _request(request_id: str) -> dict[str, Any]:
    return {
        "request_id": request_id,
        "title": "A spectrum",
        "activity_type_id": "star",
        "agency_id": "ISRO",
        "value": 2.0,
        "visibility": "PUBLIC",
        "repetition": {"count": 4, "period_s": 18000.0, "tolerance_s": 7200.0},
    }


if __name__ == "__main__":
    sys.exit(main())
