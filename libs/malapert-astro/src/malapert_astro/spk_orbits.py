"""The orbit of a body in an SPK: segments of types 2, 3, 9 and 13, the later before the earlier, as SPICE decides.

Layouts after NAIF's "SPK Required Reading". What a descriptor promises beyond its records or states is not used.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jplephem.daf import DAF
from numpy.typing import NDArray

from malapert_astro.chebyshev import ChebyshevSeries, series_of_words
from malapert_astro.daf import check_daf
from malapert_astro.errors import KernelError
from malapert_astro.orbits import ROUNDING_S, Orbit
from malapert_astro.points import Body
from malapert_astro.segmented_orbits import OrbitSegment, SegmentedOrbit
from malapert_astro.state_tables import Interpolation, StateTable, states_needed

Floats = NDArray[np.float64]

TYPES = (2, 3, 9, 13)
_OF_POSITION, _OF_STATE = 3, 6
"""Components of a record of type 2, and of one of type 3, which has velocities too."""
_CENTERS = {301: Body.MOON, 399: Body.EARTH}
_DIRECTORY_STEP = 100
_LARGEST_DEGREE = 31
_FARTHEST = 1e12
"""Largest number of a state or of its coefficients, km or km/s: beyond it sums are no longer finite."""


@dataclass(frozen=True)
class ChebyshevSegment:
    """A segment of type 2 or 3: its records, and the span that it is given for.

    Those of type 3 give velocities of their own, which need not be the rates of the positions.
    """

    start_tdb_s: float
    end_tdb_s: float
    series: ChebyshevSeries

    @property
    def longest_piece_s(self) -> float:
        """The length of a record: its polynomials are of lower degree than a fit's."""
        return self.series.interval_s

    def state_km(self, epoch_tdb_s: Floats) -> tuple[Floats, Floats]:
        """Return positions and velocities."""
        if self.series.coefficients.shape[1] == _OF_STATE:
            state = self.series.evaluate(epoch_tdb_s)
            return state[:_OF_POSITION], state[_OF_POSITION:]
        return self.series.evaluate_with_rate(epoch_tdb_s)


def orbit_of_spk(path: Path, naif_id: int) -> Orbit:
    """Return the orbit of a body in an SPK, which must be given from the Earth or the Moon.

    Raises
    ------
    KernelError
        If the file is no SPK or is cut, or holds the body not at all, in another type or frame, or from another
        centre, or with numbers that are none.
    """
    check_daf(path, b"DAF/SPK")
    try:
        with path.open("rb") as file:
            daf = DAF(file)
            summaries = [(number, values) for number, (_, values) in enumerate(daf.summaries(), 1)]
            center = _center(summaries, naif_id)
            found = [(f"segment {number}", values) for number, values in summaries if values[2] == naif_id]
            segments = [segment for where, values in found if (segment := _segment(daf, values, where)) is not None]
    except (ValueError, UnicodeDecodeError, OSError, IndexError, OverflowError) as error:
        if isinstance(error, KernelError):
            raise
        raise KernelError(f"the file cannot be read as SPK: {error}") from error
    if not segments:
        raise KernelError(f"the segments of body {naif_id} cover no time")
    others = sorted({values[2] for _, values in summaries} - {naif_id})
    passed_over = (f"segments of {len(others)} other bodies: {_listed(others)}",) if others else ()
    return SegmentedOrbit(center, segments, passed_over)


def _center(summaries: list[tuple[int, tuple[float, ...]]], naif_id: int) -> Body:
    """Return the body that an orbiter is given from; its segments must be ones that can be read."""
    found = [(number, values) for number, values in summaries if values[2] == naif_id]
    if not found:
        raise KernelError(f"no segment of body {naif_id}; the file has {_listed(sorted({v[2] for _, v in summaries}))}")
    centers = {values[3] for _, values in found}
    if len(centers) != 1 or next(iter(centers)) not in _CENTERS:
        raise KernelError(f"body {naif_id} is given from {_listed(sorted(centers))}; one of 301 and 399 is needed")
    for number, values in found:
        if values[4] != 1:
            raise KernelError(f"segment {number} of body {naif_id} is given in frame {values[4]}, not in 1 (J2000)")
        if values[5] not in TYPES:
            message = f"segment {number} of body {naif_id} is of type {values[5]}"
            raise KernelError(f"{message}; types {', '.join(map(str, TYPES))} can be read")
    return _CENTERS[int(next(iter(centers)))]


def _segment(daf: DAF, values: tuple[float, ...], where: str) -> OrbitSegment | None:
    """Return a segment within its bounds and its data, or nothing where those leave no time."""
    start_s, end_s, _, _, _, kind, first, last = values
    if not -1e12 < start_s <= end_s < 1e12:
        raise KernelError(f"{where}: the span {start_s} to {end_s} is none")
    words = np.array(daf.read_array(int(first), int(last)), dtype=np.float64)
    if not np.isfinite(words).all():
        raise KernelError(f"{where}: a number is not finite")
    segment = _records(words, int(kind), where) if kind in (2, 3) else _table(words, int(kind), where)
    start_s, end_s = max(start_s, segment.start_tdb_s), min(end_s, segment.end_tdb_s)
    if not end_s - start_s > ROUNDING_S:
        return None
    if isinstance(segment, ChebyshevSegment):
        return ChebyshevSegment(start_s, end_s, segment.series)
    return StateTable(
        segment.epoch_tdb_s,
        segment.position_km,
        segment.velocity_km_s,
        segment.interpolation,
        segment.degree,
        start_s,
        end_s,
    )


def _records(words: Floats, kind: int, where: str) -> ChebyshevSegment:
    components = _OF_POSITION if kind == 2 else _OF_STATE
    series = series_of_words(words, components, where, components)
    _require_near(series.coefficients, where)
    return ChebyshevSegment(series.start_s, series.start_s + series.interval_s * series.coefficients.shape[2], series)


def _table(words: Floats, kind: int, where: str) -> StateTable:
    """Return the states of a segment of type 9 (Lagrange) or 13 (Hermite)."""
    count, size = (
        (int(word) if abs(word) < 1e9 else -1 for word in (words[-1], words[-2])) if len(words) > 2 else (0, 0)
    )
    # Type 9 states the degree, type 13 the window less one: of W + 1 states, degree 2 W + 1.
    interpolation, degree = (Interpolation.LAGRANGE, size) if kind == 9 else (Interpolation.HERMITE, 2 * size + 1)
    if len(words) != 7 * count + (count - 1) // _DIRECTORY_STEP + 2 or count < 2:
        raise KernelError(f"{where}: {len(words)} words do not hold {count} states of type {kind}")
    if not 1 <= degree <= _LARGEST_DEGREE or states_needed(interpolation, degree) > count:
        raise KernelError(f"{where}: {count} states do not allow an interpolation of degree {degree}")
    states, epochs = words[: 6 * count].reshape(count, 6).T, words[6 * count : 7 * count]
    if not np.all(np.diff(epochs) > 0.0):
        raise KernelError(f"{where}: its epochs do not rise")
    position, velocity = states[:3].copy(), states[3:].copy()
    _require_near(states, where)
    return StateTable(epochs, position, velocity, interpolation, degree, float(epochs[0]), float(epochs[-1]))


def _require_near(numbers: Floats, where: str) -> None:
    if np.max(np.abs(numbers)) > _FARTHEST:
        raise KernelError(f"{where}: a state is farther than {_FARTHEST:g} km")


def _listed(numbers: list[float]) -> str:
    text = ", ".join(str(int(number)) for number in numbers[:20])
    return text + (f" and {len(numbers) - 20} more" if len(numbers) > 20 else "")
