"""Hostile corpus over every call of the HTTP API, against an embedded platform with a mission and a plan in it.

    python benchmarks/hostile_bodies.py [--cases 110000] [--seed 1] [--schemathesis 2000] [--minutes 60] [--record FILE]

Calls are those of `tests/fuzz/hostile_calls.py`, a share of them made by schemathesis. They are sent in batches; with
`--record` each batch that is over is written to a file, and a later run goes on after the last. Told are the answers by
status, every answer of 500 and above, the longest hold of the event loop of each process as it measured itself (by the
clock, and by the CPU time of its thread: a busy machine gives a hold none) with the calls that were under way, and the
largest memory of the gateway and of its reading processes. Ends with 1 where an answer is 500 or above or a hold has
more than 50 ms of CPU.
"""

import argparse
import asyncio
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from malapert_testing.platform import Platform, running_platform

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "fuzz"), str(Path(__file__).parent)]

from hostile_calls import HostileCall, HostileCalls  # noqa: E402
from hostile_record import Record  # noqa: E402
from hostile_schemathesis import made_by_schemathesis  # noqa: E402
from hostile_sending import Sender  # noqa: E402
from hostile_world import make_world  # noqa: E402

BATCH = 2000
BUSY_START_LIMIT_S = 600.0
WARMING = 300
"""Calls before the measurement: what is loaded and built once is no matter of an input."""
SETTINGS = {
    "MALAPERT_GATEWAY_RATE_LIMIT": "10000000/minute",
    "MALAPERT_GATEWAY_AGENCY_RATE_LIMIT": "10000000/minute",
    "MALAPERT_GATEWAY_REFUSAL_LIMIT": "10000000/minute",
}


def main() -> int:
    """Run the corpus and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=110_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--schemathesis", type=int, default=2000, help="of the cases, how many schemathesis makes")
    parser.add_argument("--minutes", type=float, default=60.0, help="most time")
    parser.add_argument("--record", type=Path, help="file that takes the batches, from which a later run goes on")
    options = parser.parse_args()
    record = Record(options.record, f"seed {options.seed}, {options.cases} cases, {options.schemathesis} schemathesis")
    os.environ.update(SETTINGS)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_platform(Path(folder) / "data", start_limit_s=BUSY_START_LIMIT_S) as platform,
    ):
        names = make_world(platform)
        asyncio.run(_send_all(platform, names, record, options))
    return record.report()


async def _send_all(platform: Platform, names: dict[str, str], record: Record, options: Any) -> None:
    until_s = time.monotonic() + 60 * options.minutes
    async with httpx.AsyncClient(base_url=platform.url, timeout=120) as http:
        document = (await http.get("/openapi.json")).json()
    calls = HostileCalls(document, names)
    sender = Sender(platform)
    await sender.send((calls.call(0, number) for number in range(WARMING)), float("inf"))
    sender.result()  # what warming told is forgotten
    for first in range(record.done, options.cases, BATCH):
        if time.monotonic() > until_s:
            break
        last = min(first + BATCH, options.cases)
        sent = await sender.send(_batch(calls, document, options, first, last), until_s)
        record.add(first + sent, sender.result())


def _batch(calls: HostileCalls, document: dict[str, Any], options: Any, first: int, last: int) -> Iterator[HostileCall]:
    """Return the calls of a batch; the first ones of all are schemathesis's."""
    made: list[HostileCall] = []
    if first < options.schemathesis:
        made = made_by_schemathesis(document, options.schemathesis, options.seed)[first : options.schemathesis]
    own = (calls.call(options.seed, number) for number in range(first + len(made), last))
    return itertools.chain(made[: last - first], own)


if __name__ == "__main__":
    sys.exit(main())
