"""Motions that are given in segments, as an OEM and an SPK give them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from malapert_astro.orbits import ROUNDING_S, Orbit
from malapert_astro.points import Body

Floats = NDArray[np.float64]


class OrbitSegment(Protocol):
    """Part of a motion that is given for a span, TDB seconds past J2000."""

    @property
    def start_tdb_s(self) -> float:
        """Its first epoch."""

    @property
    def end_tdb_s(self) -> float:
        """Its last epoch."""

    @property
    def longest_piece_s(self) -> float:
        """Longest piece over which paths to it may be fitted, seconds."""

    def state_km(self, epoch_tdb_s: Floats) -> tuple[Floats, Floats]:
        """Return positions (km) and velocities (km/s) at epochs of its span, each of shape (3, n)."""


class SegmentedOrbit(Orbit):
    """A motion in segments, each within its own bounds; where they overlap the later one is used, as in SPICE.

    Parameters
    ----------
    center
        Earth or Moon.
    segments
        In order of precedence, the last one first in rank; gaps between them stay gaps.
    passed_over
        What its file holds that is not used.
    """

    def __init__(self, center: Body, segments: Sequence[OrbitSegment], passed_over: tuple[str, ...] = ()) -> None:
        super().__init__(center)
        self.segments = tuple(segments)
        self.passed_over = passed_over
        self.pieces = tuple(_resolved(self.segments))

    @property
    def spans_tdb_s(self) -> tuple[tuple[float, float], ...]:
        """The spans of the segments, those that meet joined."""
        joined: list[tuple[float, float]] = []
        for piece in self.pieces:
            if joined and piece.start_tdb_s <= joined[-1][1] + ROUNDING_S:
                joined[-1] = (joined[-1][0], piece.end_tdb_s)
            else:
                joined.append((piece.start_tdb_s, piece.end_tdb_s))
        return tuple(joined)

    @property
    def longest_piece_s(self) -> float:
        """That of the segment with the shortest."""
        return min(segment.longest_piece_s for segment in self.segments)

    @property
    def seams_tdb_s(self) -> tuple[float, ...]:
        """Where one segment follows another, such as at a manoeuvre."""
        return tuple(piece.start_tdb_s for piece in self.pieces[1:])

    def _state_km(self, epoch_tdb_s: Floats) -> tuple[Floats, Floats]:
        position, velocity = np.empty((3, epoch_tdb_s.size)), np.empty((3, epoch_tdb_s.size))
        piece_of = self._pieces_at(epoch_tdb_s)
        for number in np.unique(piece_of):
            at = piece_of == number
            position[:, at], velocity[:, at] = self.pieces[number].state_km(epoch_tdb_s[at])
        return position, velocity

    def _pieces_at(self, epoch_tdb_s: Floats) -> NDArray[np.intp]:
        """Return the numbers of the pieces that hold epochs; where two meet, that of the later segment."""
        starts, ends = np.array([(piece.start_tdb_s, piece.end_tdb_s) for piece in self.pieces]).T
        ranks = np.array([piece.rank for piece in self.pieces])
        number = np.maximum(np.searchsorted(starts, epoch_tdb_s, side="right") - 1, 0)
        before, after = np.maximum(number - 1, 0), np.minimum(number + 1, len(starts) - 1)
        meets = (epoch_tdb_s == starts[number]) & (ends[before] == epoch_tdb_s) & (ranks[before] > ranks[number])
        # A time that was rounded down may lie beside the piece that it is the start of.
        beside = (epoch_tdb_s > ends[number]) & (starts[after] - epoch_tdb_s <= ROUNDING_S)
        return np.where(meets, before, np.where(beside, after, number))


@dataclass(frozen=True, eq=False)
class OrbitPiece:
    """The part of a span in which one segment is used, and the place of that in the order of precedence."""

    start_tdb_s: float
    end_tdb_s: float
    segment: OrbitSegment
    rank: int

    def state_km(self, epoch_tdb_s: Floats) -> tuple[Floats, Floats]:
        """Return positions and velocities at epochs of the piece."""
        return self.segment.state_km(np.clip(epoch_tdb_s, self.start_tdb_s, self.end_tdb_s))


def _resolved(segments: Sequence[OrbitSegment]) -> Iterator[OrbitPiece]:
    """Yield the pieces in which each segment is the last of those that cover it, in order of time."""
    edges = sorted({edge for segment in segments for edge in (segment.start_tdb_s, segment.end_tdb_s)})
    by_start = sorted(range(len(segments)), key=lambda number: segments[number].start_tdb_s)
    covering: list[int] = []
    following, since_s, used = 0, 0.0, -1
    for edge_s in edges:
        while following < len(by_start) and segments[by_start[following]].start_tdb_s <= edge_s:
            heappush(covering, -by_start[following])
            following += 1
        while covering and segments[-covering[0]].end_tdb_s <= edge_s:
            heappop(covering)
        number = -covering[0] if covering else -1
        if number == used:
            continue
        if used >= 0:
            yield OrbitPiece(since_s, edge_s, segments[used], used)
        since_s, used = edge_s, number
