"""What the tests have read in processes of their own."""

import os
import time
from pathlib import Path

from malapert_core.errors import Fault, InvalidInputError


def doubled(content: bytes) -> bytes:
    return content * 2


def refused() -> None:
    raise InvalidInputError("INVALID", "no", faults=[Fault("a", "B", "c")])


def endless() -> None:
    while True:
        time.sleep(0.01)


def niceness() -> int:
    return os.nice(0)


def idle_for(seconds: float) -> str:
    time.sleep(seconds)
    return "done"


def busy() -> None:
    while True:
        pass


def greedy() -> int:
    return len([bytes(1 << 20) for _ in range(4000)])


def held(seconds: float) -> int:
    until_s = time.perf_counter() + seconds
    count = 0
    while time.perf_counter() < until_s:
        count += len(str([0] * 100_000))
    return count


def spread(content: bytes, count: int) -> int:
    """Take memory in small pieces, as what was parsed does."""
    return len([{"request": [number, str(number)]} for number in range(count)]) + len(content)


def memory_mb(process_id: int) -> float:
    """Memory of a process that it shares with no other, and its part of the rest, MB."""
    rollup = Path(f"/proc/{process_id}/smaps_rollup").read_text()
    return int(rollup.split("\nPss:")[1].split()[0]) / 1024
