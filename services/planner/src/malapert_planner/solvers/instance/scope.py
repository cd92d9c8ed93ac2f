"""The part of a problem that one model decides: a span, what is free in it, and what stands around it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from malapert_planner.domain.problem.products import Rank
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells between consecutive edges in seconds, of one width where that is known.

    Every resource is accounted per cell.
    """

    edges_s: tuple[int, ...]
    width_s: int = field(default=0, compare=False)

    @classmethod
    def over(cls, span: Span, width_s: int) -> Cells:
        """Cut a span at the multiples of a width."""
        alike = span[0] % width_s == span[1] % width_s == 0
        return cls(cls.cut(span, width_s, ()).edges_s, width_s if alike else 0)

    @classmethod
    def cut(cls, span: Span, width_s: int, at_s: Iterable[int]) -> Cells:
        """Cut a span at the multiples of a width and at some instants."""
        first = (span[0] // width_s + 1) * width_s
        inner = {time_s for time_s in at_s if span[0] < time_s < span[1]}
        return cls((span[0], *sorted(inner | set(range(first, span[1], width_s))), span[1]))

    def __len__(self) -> int:
        return len(self.edges_s) - 1

    def at(self, time_s: int) -> int:
        """Return the cell that holds an instant."""
        return min(max(bisect_right(self.edges_s, time_s) - 1, 0), len(self) - 1)

    def touched(self, span: Span) -> range:
        """Return the cells that a span overlaps."""
        if span[1] <= self.edges_s[0] or span[0] >= self.edges_s[-1]:
            return range(0)
        return range(self.at(span[0]), self.at(span[1] - 1) + 1)

    def span(self, cell: int) -> Span:
        """Return a cell's span."""
        return self.edges_s[cell], self.edges_s[cell + 1]


@dataclass(frozen=True, slots=True)
class BacklogBoundary:
    """What waits of a rank where a model starts, what may wait where it ends, and what is to be sent in time.

    ``pending`` are what was made before the span as (until when, how many bits are to be sent from its start on);
    ``later_bit`` is what can be sent between the span's end and each of ``later_s``.
    """

    rank: Rank
    stored_bit: float
    admitted_bit: float
    pending: tuple[tuple[int, float], ...]
    later_s: tuple[int, ...]
    later_bit: tuple[float, ...]

    def later(self, time_s: int) -> float:
        """Return what can surely be sent between the span's end and an instant after it."""
        return self.later_bit[bisect_right(self.later_s, time_s) - 1]


@dataclass(frozen=True, slots=True)
class Boundary:
    """What a model starts from and must leave.

    ``end_charge_wh`` maps the places at which the span may end to the charge needed there then. ``silence_s`` is what
    is counted of a silence before the span, ``end_silence_s`` by end place what may be counted of one at its end;
    ``dark_s`` and ``end_dark_s`` are the same of the time in the dark, below zero where the span may not end there.
    """

    start_place_id: str
    charge_wh: float
    end_charge_wh: dict[str, float]
    stored_bit: float
    end_stored_bit: float
    backlogs: tuple[BacklogBoundary, ...] = ()
    silence_s: int = 0
    end_silence_s: dict[str, int] = field(default_factory=dict)
    dark_s: int = 0
    end_dark_s: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FixedChain:
    """A chain that stays where it is: from its first start to its last end the asset may not leave."""

    chain_index: int
    place_id: str
    span: Span
    first_start_s: int
    activities: tuple[PlacedActivity, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """A span to decide anew.

    Drives and later blocks may start at multiples of ``step_s``, chains at those of ``chain_step_s``.
    ``free`` are indices of chains to place or leave out; ``fixed`` are the chains that stay, anywhere in the
    horizon; of ``forced`` ones each must be placed, in any of the modes named. ``outside_contacts`` are those chosen
    outside the span. ``route``, where given, fixes the drives.
    ``kept_contacts`` stay, and others may be chosen beside them.
    ``place_ids`` and ``station_ids``, where given, are the only places and stations to choose from.
    """

    span: Span
    cells: Cells
    step_s: int
    chain_step_s: int
    boundary: Boundary
    free: tuple[int, ...]
    fixed: tuple[FixedChain, ...] = ()
    outside_contacts: tuple[PlacedContact, ...] = ()
    route: tuple[PlacedDrive, ...] | None = None
    hint: Schedule = field(default_factory=Schedule)
    forced: frozenset[int] = frozenset()
    place_ids: frozenset[str] | None = None
    station_ids: frozenset[str] | None = None
    kept_contacts: tuple[PlacedContact, ...] = ()
