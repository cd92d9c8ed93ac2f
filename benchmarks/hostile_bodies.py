"""Hostile corpus over every call of the HTTP API, against an embedded platform.

    python benchmarks/hostile_bodies.py [--cases 100000] [--seed 1] [--schemathesis 2000] [--minutes 20] [--keep FILE]

Calls are examples of the OpenAPI document mutated by `tests/fuzz/hostile_calls.py`, a share of them made by
schemathesis. Told are the answers by status, every answer of 500 and above, the longest hold of the event loop of each
process as it measured itself (by the clock, and by the CPU time of its thread: a busy machine gives a hold none), and
the largest memory of the gateway. Ends with 1 where an answer is 500 or a hold has more than 50 ms of CPU.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from malapert_cli.mission_file import load_mission
from malapert_testing.platform import Platform, running_platform

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "fuzz"))

from hostile_calls import HostileCall, HostileCalls  # noqa: E402

MISSION = ROOT / "missions" / "lupex-week.yaml"
MOST_HELD_S = 0.05
AT_ONCE = 4
WARMING = 200
"""Calls before the measurement: what is loaded and built once is no matter of an input."""
SETTINGS = {
    "MALAPERT_GATEWAY_RATE_LIMIT": "10000000/minute",
    "MALAPERT_GATEWAY_AGENCY_RATE_LIMIT": "10000000/minute",
    "MALAPERT_GATEWAY_REFUSAL_LIMIT": "10000000/minute",
}
KEYS = [(agency, role) for agency in ("JAXA", "ISRO", "ESA") for role in ("PLANNER", "REQUESTER", "VIEWER")]


def main() -> int:
    """Run the corpus and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--schemathesis", type=int, default=2000, help="of the cases, how many schemathesis makes")
    parser.add_argument("--minutes", type=float, default=20.0, help="most time")
    parser.add_argument("--keep", type=Path, help="file that takes the calls that were answered by 500")
    options = parser.parse_args()
    os.environ.update(SETTINGS)
    with tempfile.TemporaryDirectory() as folder, running_platform(Path(folder) / "data") as platform:
        run = _Run(platform, options.keep)
        mission = load_mission(MISSION)
        with platform.api() as api:
            api.post("/missions", mission)
        began_s = time.monotonic()
        asyncio.run(run.all(options, mission["mission"]["id"]))
        return run.report(options, time.monotonic() - began_s)


class _Run:
    """One run against a platform."""

    def __init__(self, platform: Platform, keep: Path | None) -> None:
        self._platform = platform
        self._keep = keep
        self._statuses: Counter[int] = Counter()
        self._failed: Counter[tuple[str, int]] = Counter()
        self._done = 0
        self._since = ""

    async def all(self, options: Any, mission_id: str) -> None:
        """Send every case, a few at once."""
        async with httpx.AsyncClient(base_url=self._platform.url, timeout=60) as http:
            document = (await http.get("/openapi.json")).json()
        warm = HostileCalls(document, mission_id)
        async with httpx.AsyncClient(base_url=self._platform.url, timeout=120) as http:
            await self._send_all(http, (warm.call(0, number) for number in range(WARMING)), float("inf"))
        self._statuses.clear()
        self._since = datetime.now(UTC).isoformat()
        until_s = time.monotonic() + 60 * options.minutes
        made = iter(_made_by_schemathesis(document, options.schemathesis, options.seed))
        cases = HostileCalls(document, mission_id)
        calls = (next(made, None) or cases.call(options.seed, number) for number in range(options.cases))
        async with httpx.AsyncClient(base_url=self._platform.url, timeout=120) as http:
            await asyncio.gather(*(self._send_all(http, calls, until_s) for _ in range(AT_ONCE)))

    async def _send_all(self, http: httpx.AsyncClient, calls: Iterable[HostileCall], until_s: float) -> None:
        for call in calls:
            if time.monotonic() > until_s:
                return
            agency, role = KEYS[self._done % len(KEYS)] if self._done % 3 else KEYS[0]
            self._done += 1
            headers = {**call.headers, "Authorization": f"Bearer {self._platform.key(agency, role)}"}
            encoded = {name: value.encode("utf-8", "replace") for name, value in headers.items()}
            try:
                answer = await http.request(call.method, call.path, headers=encoded, content=call.body)
            except (httpx.InvalidURL, httpx.LocalProtocolError):
                continue
            except httpx.HTTPError as error:
                self._note(call, 599, repr(error))
                continue
            self._statuses[answer.status_code] += 1
            if answer.status_code >= 500:
                self._note(call, answer.status_code, answer.text)

    def _note(self, call: HostileCall, status: int, text: str) -> None:
        self._failed[call.operation, status] += 1
        if self._keep is not None:
            body = (call.body or b"")[:4000].decode("latin-1")
            line = {
                "operation": call.operation,
                "path": call.path,
                "status": status,
                "body": body,
                "answer": text[:600],
            }
            with self._keep.open("a") as file:
                file.write(json.dumps(line) + "\n")

    def report(self, options: Any, took_s: float) -> int:
        """Print the figures; return the exit code."""
        held = dict(self._holds())
        print(f"{self._done} calls, seed {options.seed}, {took_s:.0f} s, load {os.getloadavg()[0]:.1f}")
        print("answers:", ", ".join(f"{status}: {count}" for status, count in sorted(self._statuses.items())))
        print("answers of 500 and above:", dict(self._failed) or "none")
        print("\n| process | longest hold, ms | of its thread's CPU, ms | holds over 50 ms | of CPU |")
        print("|---|---|---|---|---|")
        for name, holds in held.items():
            wall = max((hold["duration_s"] for hold in holds), default=0.0)
            cpu = max((min(hold["duration_s"], hold["thread_cpu_s"]) for hold in holds), default=0.0)
            over = sum(hold["thread_cpu_s"] > MOST_HELD_S for hold in holds)
            print(f"| {name} | {1000 * wall:.0f} | {1000 * cpu:.0f} | {len(holds)} | {over} |")
        print(f"\ngateway: {self._memory_mb():.0f} MB at most")
        worst = max((min(h["duration_s"], h["thread_cpu_s"]) for holds in held.values() for h in holds), default=0.0)
        return 1 if self._failed or worst > MOST_HELD_S else 0

    def _holds(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        for name in ("gateway", "planner", "landing_site", "comms_window", "payload"):
            holds = []
            for path in self._platform.data_dir.glob(f"logs/{name}.log*"):
                lines = path.read_text(errors="replace").splitlines()
                told = [json.loads(line) for line in lines if "the event loop was held" in line]
                holds += [hold for hold in told if hold["timestamp"] >= self._since]
            yield name, holds

    def _memory_mb(self) -> float:
        status = Path(f"/proc/{self._platform.process_id('gateway')}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _made_by_schemathesis(document: dict[str, Any], count: int, seed: int) -> list[HostileCall]:
    if not count:
        return []
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded

    schema = schemathesis.openapi.from_dict(document).exclude(operation_id=["watch_events", "watch_operation"])
    found: list[HostileCall] = []
    operations = [result.ok() for result in schema.get_all_operations()]
    for operation in operations:

        @seeded(seed)
        @settings(
            max_examples=max(1, count // len(operations)),
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy())
        def keep(case: Any) -> None:
            kwargs = case.as_transport_kwargs(base_url="http://platform")
            request = httpx.Request(
                kwargs["method"],
                kwargs["url"],
                params=kwargs.get("params"),
                headers={name: str(value).encode() for name, value in (kwargs.get("headers") or {}).items()},
                json=kwargs.get("json"),
                content=kwargs.get("data") if isinstance(kwargs.get("data"), bytes | str) else None,
            )
            headers = {name: value for name, value in request.headers.items() if name in ("content-type", "if-match")}
            path = request.url.raw_path.decode()
            found.append(HostileCall(case.operation.path, request.method, path, headers, request.content))

        try:
            keep()
        except Exception as error:  # what schemathesis cannot make is not our matter
            print(f"schemathesis makes no {operation.label}: {error!r}"[:200], file=sys.stderr)
    random.Random(seed).shuffle(found)
    return found


if __name__ == "__main__":
    sys.exit(main())
