"""What people hold of a plan: activities locked where they are, repetitions disabled."""

from __future__ import annotations

from dataclasses import dataclass

from malapert_planner.domain.problem.spans import Span


@dataclass(frozen=True, slots=True)
class Lock:
    """An activity that is planned at a place over a span, and nowhere else."""

    activity_id: str
    place_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class Disabled:
    """A repetition of a request that is left out."""

    request_id: str
    repetition_index: int


@dataclass(frozen=True, slots=True)
class Holds:
    """What is locked and what is disabled; a chain is locked with all its steps."""

    locks: tuple[Lock, ...] = ()
    disabled: tuple[Disabled, ...] = ()

    def __bool__(self) -> bool:
        """True where anything is held."""
        return bool(self.locks or self.disabled)


NOTHING_HELD = Holds()
