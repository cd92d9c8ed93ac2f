"""Chebyshev segments of SPK types 2 and 3 and binary PCK type 2, evaluated directly and vectorised.

Layout and meaning after NAIF's "SPK Required Reading" and "PCK Required Reading": fixed-length records of midpoint,
radius and coefficients per component, then four numbers (first epoch, record length in seconds, record size, count).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jplephem.daf import DAF
from numpy.typing import NDArray

from malapert_astro.errors import EphemerisSpanError, KernelError

Floats = NDArray[np.float64]

_BESIDE_S = 1e-3


@dataclass(frozen=True)
class ChebyshevSeries:
    """Consecutive Chebyshev expansions of equal length.

    Parameters
    ----------
    start_s, interval_s
        First epoch and length of one expansion, TDB seconds.
    coefficients
        Shape (degree + 1, components, records): degree first, so that one evaluation step reads one contiguous block.
    """

    start_s: float
    interval_s: float
    coefficients: Floats

    def evaluate(self, epoch_tdb_s: Floats) -> Floats:
        """Return the components, shape (components, ...), by Clenshaw's recurrence."""
        record, x = self._locate(epoch_tdb_s)
        twice_x = 2.0 * x
        later = last = np.zeros((self.coefficients.shape[1], *x.shape))
        for coefficient in self.coefficients[:0:-1]:
            later, last = coefficient[:, record] + twice_x * later - last, later
        return np.asarray(self.coefficients[0][:, record] + x * later - last)

    def evaluate_with_rate(self, epoch_tdb_s: Floats) -> tuple[Floats, Floats]:
        """Return the components and their derivatives per second, each of shape (components, ...)."""
        record, x = self._locate(epoch_tdb_s)
        twice_x = 2.0 * x
        later = last = later_rate = last_rate = np.zeros((self.coefficients.shape[1], *x.shape))
        for coefficient in self.coefficients[:0:-1]:
            later_rate, last_rate = 2.0 * later + twice_x * later_rate - last_rate, later_rate
            later, last = coefficient[:, record] + twice_x * later - last, later
        value = self.coefficients[0][:, record] + x * later - last
        return value, (later + x * later_rate - last_rate) * (2.0 / self.interval_s)

    def _locate(self, epoch_tdb_s: Floats) -> tuple[NDArray[np.intp], Floats]:
        record = np.floor((epoch_tdb_s - self.start_s) / self.interval_s).astype(np.intp)
        record = np.clip(record, 0, self.coefficients.shape[2] - 1)
        # From the record's own start, not the segment's: a rounding of 1e-6 s is 3 cm of the Earth's way.
        return record, (epoch_tdb_s - (self.start_s + record * self.interval_s)) * (2.0 / self.interval_s) - 1.0


@dataclass(frozen=True)
class Segment:
    """One segment of a kernel file; its coefficients are read when first needed.

    Parameters
    ----------
    path
        The kernel file.
    subject
        What it describes, for error messages.
    start_s, end_s
        Span, TDB seconds past J2000.
    frame
        NAIF identifier of the frame that it is relative to.
    first_word, last_word
        Where its numbers are in the file, counted from 1, both included.
    stored_components
        How many components a record holds: 3, or 6 in SPK type 3, whose velocities are left unread.
    """

    path: Path
    subject: str
    start_s: float
    end_s: float
    frame: int
    first_word: int
    last_word: int
    stored_components: int = 3

    @cached_property
    def series(self) -> ChebyshevSeries:
        """The expansions of the segment."""
        with self.path.open("rb") as file:
            words = np.asarray(DAF(file).read_array(self.first_word, self.last_word), dtype=np.float64)
        return series_of_words(words, self.stored_components, f"{self.path.name}: {self.subject}")


def series_of_words(words: Floats, stored_components: int, what: str, components: int = 3) -> ChebyshevSeries:
    """Return the expansions that the words of a segment hold, of the stored components the first so many.

    Raises
    ------
    KernelError
        If the words do not hold the records that they say.
    """
    start_s, interval_s, record_size, count = (float(word) for word in words[-4:]) if len(words) > 4 else (0.0,) * 4
    if not (interval_s > 0.0 and 0.0 < record_size <= len(words) and 0.0 < count <= len(words)):
        raise KernelError(f"{what}: {count} records of {record_size} words and {interval_s} s are none")
    size, records = int(record_size), int(count)
    if size * records + 4 != len(words) or size < 2 + stored_components or (size - 2) % stored_components:
        raise KernelError(f"{what}: {len(words)} words do not hold {records} records of {size}")
    table = words[:-4].reshape(records, size)
    middles = start_s + interval_s * (np.arange(records) + 0.5)
    if not (np.allclose(table[:, 0], middles, rtol=0.0, atol=1e-3) and np.allclose(table[:, 1], 0.5 * interval_s)):
        raise KernelError(f"{what}: its records do not follow each other every {interval_s} s")
    coefficients = table[:, 2:].reshape(records, stored_components, -1)[:, :components]
    return ChebyshevSeries(start_s, interval_s, np.ascontiguousarray(coefficients.transpose(2, 1, 0), np.float64))


@dataclass(frozen=True)
class SegmentChain:
    """Segments of one subject; where they overlap the later one is used, as in SPICE."""

    segments: Sequence[Segment]

    @property
    def span_tdb_s(self) -> tuple[float, float]:
        """First and last epoch, TDB seconds past J2000."""
        return min(segment.start_s for segment in self.segments), max(segment.end_s for segment in self.segments)

    def evaluate(self, epoch_tdb_s: Floats) -> Floats:
        """Return the three components, shape (3, ...).

        Raises
        ------
        EphemerisSpanError
            If an epoch is in none of the segments.
        """
        values = np.empty((3, *epoch_tdb_s.shape))
        for segment, chosen in self._choose(epoch_tdb_s):
            values[:, chosen] = segment.series.evaluate(epoch_tdb_s[chosen])
        return values

    def evaluate_with_rate(self, epoch_tdb_s: Floats) -> tuple[Floats, Floats]:
        """Return the three components and their derivatives per second, each of shape (3, ...).

        Raises
        ------
        EphemerisSpanError
            If an epoch is in none of the segments.
        """
        values, rates = np.empty((3, *epoch_tdb_s.shape)), np.empty((3, *epoch_tdb_s.shape))
        for segment, chosen in self._choose(epoch_tdb_s):
            values[:, chosen], rates[:, chosen] = segment.series.evaluate_with_rate(epoch_tdb_s[chosen])
        return values, rates

    def segments_at(self, epoch_tdb_s: Floats) -> list[Segment]:
        """Return the segments that the epochs are taken from, in order of precedence."""
        return [segment for segment, _ in self._choose(epoch_tdb_s)]

    def seams_tdb_s(self) -> list[float]:
        """Return the epochs at which one file follows another, where the values may jump."""
        edges = sorted({edge for segment in self.segments for edge in (segment.start_s, segment.end_s)})[1:-1]
        return [edge for edge in edges if self._file_at(edge - _BESIDE_S) != self._file_at(edge + _BESIDE_S)]

    def _file_at(self, epoch_tdb_s: float) -> Path:
        return self.segments_at(np.array([epoch_tdb_s]))[0].path

    def _choose(self, epoch_tdb_s: Floats) -> list[tuple[Segment, NDArray[np.bool_]]]:
        left = np.ones(epoch_tdb_s.shape, dtype=np.bool_)
        chosen = []
        for segment in reversed(self.segments):
            inside = left & (epoch_tdb_s >= segment.start_s) & (epoch_tdb_s <= segment.end_s)
            if inside.any():
                chosen.append((segment, inside))
                left &= ~inside
        if left.any():
            raise EphemerisSpanError(self._outside(float(epoch_tdb_s[left][0])))
        return chosen

    def _outside(self, epoch_tdb_s: float) -> str:
        first, last = (_tdb_label(epoch) for epoch in self.span_tdb_s)
        names = ", ".join(dict.fromkeys(segment.path.name for segment in self.segments))
        return (
            f"{self.segments[0].subject}: {_tdb_label(epoch_tdb_s)} is outside {names}, which allow {first} to {last}"
        )


def _tdb_label(epoch_tdb_s: float) -> str:
    if not np.isfinite(epoch_tdb_s):
        return f"the epoch {epoch_tdb_s}"
    return f"{np.datetime64('2000-01-01T12:00:00', 's') + np.timedelta64(round(epoch_tdb_s), 's')} TDB"
