"""A process that outlives a supervisor killed without warning, and then kills what that left behind.

It reads lines `+PID` and `-PID`, process groups that begin and end, until its input ends, which it does with the
supervisor however that ends. It is run by its path and imports the standard library alone, to be small.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable

GONE_WITHIN_S = 5.0


def follow(lines: Iterable[str]) -> set[int]:
    """Return the process groups that are there when the lines end."""
    groups: set[int] = set()
    for line in lines:
        group = int(line[1:])
        groups.add(group) if line[0] == "+" else groups.discard(group)
    return groups


def end_groups(groups: set[int]) -> None:
    """Kill process groups, and wait until they are gone."""
    deadline_s = time.monotonic() + GONE_WITHIN_S
    while groups and time.monotonic() < deadline_s:
        groups = {group for group in groups if _kill(group)}
        time.sleep(0.02)


def _kill(group: int) -> bool:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def main() -> None:
    """Follow standard input."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    end_groups(follow(sys.stdin))


if __name__ == "__main__":
    main()
