"""Minimal conflicts by a deletion filter (Chinneck and Dravnieks 1991): what the contradiction does without goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of some names showed: a contradicting ``core`` of them, or that all are ``possible`` together.

    Neither where the check ran out of time: that proves nothing.
    """

    core: frozenset[str] | None = None
    possible: bool = False


RAN_OUT = Verdict()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Names that were proven to contradict each other; ``minimal`` where each was proven to be needed for that."""

    names: tuple[str, ...]
    minimal: bool


def filtered(names: Sequence[str], check: Callable[[frozenset[str]], Verdict], stopped: Callable[[], bool]) -> Conflict:
    """Return a conflict within contradicting names.

    What is possible without a name stays possible with fewer of the others, so that each name is tried once. A name
    whose check ran out, or that was not tried before the search was stopped, stays; the conflict is not minimal then.
    """
    kept, needed = list(names), set()
    for name in names:
        if name not in kept or stopped():
            continue
        verdict = check(frozenset(kept) - {name})
        if verdict.core is not None:
            kept = [other for other in kept if other in verdict.core]
        elif verdict.possible:
            needed.add(name)
    return Conflict(tuple(kept), needed.issuperset(kept))
