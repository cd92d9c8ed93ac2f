"""Collects the faults of a problem, each with its path."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from malapert_core.errors import Fault

from malapert_planner.domain.problem.spans import Span

LARGEST_DURATION_S = 10 * 366 * 86400
"""Largest time in a problem, seconds from its start: ten years."""

LARGEST_AMOUNT = 1e15
"""Largest amount in a problem, in its own unit: sums stay exact in 64 bits."""


def known_s(time_s: float) -> int:
    """Return the whole seconds of a time, at most the largest in a problem: longer than any horizon are both."""
    return min(math.floor(time_s), LARGEST_DURATION_S)


class Faults:
    """Collects faults; a check returns True where there is none."""

    def __init__(self) -> None:
        self._found: list[Fault] = []

    def add(self, path: str, code: str, message: str) -> None:
        """Record a fault."""
        self._found.append(Fault(path, code, message))

    def found(self) -> tuple[Fault, ...]:
        """Return the faults in the order in which they were found."""
        return tuple(self._found)

    def whole(self, path: str, value: object, least: int, most: int) -> bool:
        """Check a whole number within limits."""
        if type(value) is not int:
            self.add(path, "NOT_WHOLE", f"{value!r} must be a whole number")
            return False
        if not least <= value <= most:
            self.add(path, "OUT_OF_RANGE", f"{value} must lie between {least} and {most}")
            return False
        return True

    def number(
        self, path: str, value: object, least: float, most: float = LARGEST_AMOUNT, *, above: bool = False
    ) -> bool:
        """Check a finite number within limits; ``above`` leaves the lower one out."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.add(path, "NOT_FINITE", f"{value!r} must be a finite number")
            return False
        if not least <= value <= min(most, LARGEST_AMOUNT) or (above and value == least):
            limit = f"above {least:g}" if above else f"at least {least:g}"
            self.add(path, "OUT_OF_RANGE", f"{value:g} must be {limit} and at most {min(most, LARGEST_AMOUNT):g}")
            return False
        return True

    def member(self, path: str, identifier: str, known: Iterable[str], kind: str) -> bool:
        """Check that an identifier is one of the known ones."""
        if identifier in (known := set(known)):
            return True
        choices = ", ".join(sorted(known)) or "none"
        self.add(path, f"UNKNOWN_{kind}", f"{identifier!r} is not one of: {choices}")
        return False

    def spans(self, path: str, spans: Sequence[Span], horizon_s: int) -> bool:
        """Check that spans are whole, not empty, inside the horizon, sorted and disjoint."""
        before = len(self._found)
        reached_s = 0
        for index, span in enumerate(spans):
            where = f"{path}[{index}]"
            if not all(self.whole(where, edge_s, 0, horizon_s) for edge_s in span):
                continue
            if span[0] >= span[1]:
                self.add(where, "EMPTY_SPAN", f"[{span[0]}, {span[1]}) must end after it starts")
            elif span[0] < reached_s:
                self.add(where, "UNSORTED", f"[{span[0]}, {span[1]}) must start at or after {reached_s}")
            reached_s = max(reached_s, span[1])
        return len(self._found) == before
