"""What the tests have read in processes of their own."""

import os
import time

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
