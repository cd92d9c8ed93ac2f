"""States at rising epochs and the interpolation between them, as an OEM asks for it or an SPK of types 9 and 13 has it.

Windows are chosen as SPICE does (``SPKR09``, ``SPKR13``): of an even number of states, as many before the epoch as
after it; of an odd number about the nearest; moved inwards at the ends of the table. Nothing is asked outside of it.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SHORTEST_PIECE_S = 60.0
_MOST_AT_ONCE = 200_000


class Interpolation(StrEnum):
    """Method by which states between two entries of a table are interpolated."""

    LAGRANGE = "LAGRANGE"
    HERMITE = "HERMITE"
    LINEAR = "LINEAR"


def states_needed(interpolation: Interpolation, degree: int) -> int:
    """Return how many states an interpolation takes: degree + 1, of Hermite, which has rates as well, half of it."""
    return (degree + 2) // 2 if interpolation is Interpolation.HERMITE else degree + 1


@dataclass(frozen=True, eq=False)
class StateTable:
    """States at rising epochs and how to interpolate between them.

    Parameters
    ----------
    epoch_tdb_s
        TDB seconds past J2000, rising, shape (n,), two at least.
    position_km, velocity_km_s
        In J2000 axes from the centre, shape (3, n).
    interpolation, degree
        Degree of the polynomial in time; `states_needed` of it are not more than n.
    start_tdb_s, end_tdb_s
        The usable span, within the epochs.
    """

    epoch_tdb_s: Floats
    position_km: Floats
    velocity_km_s: Floats
    interpolation: Interpolation
    degree: int
    start_tdb_s: float
    end_tdb_s: float

    @property
    def longest_piece_s(self) -> float:
        """As long as the interpolation's own window, and at most the time of one turn at the greatest rate."""
        momentum = np.linalg.norm(np.cross(self.position_km, self.velocity_km_s, axis=0), axis=0)
        rate = float(np.max(momentum / np.maximum(np.sum(self.position_km**2, axis=0), 1e-12)))
        turn_s = 2.0 * np.pi / rate if rate > 0.0 else np.inf
        window_s = float(np.min(np.diff(self.epoch_tdb_s))) * max(self.degree, 1)
        return min(turn_s, max(window_s, _SHORTEST_PIECE_S))

    def state_km(self, epoch_tdb_s: Floats) -> tuple[Floats, Floats]:
        """Return positions and velocities at epochs of shape (m,) in the usable span, each of shape (3, m).

        Those of Hermite's polynomial are its value and derivative; Lagrange's are each a polynomial of their own.
        """
        if epoch_tdb_s.size <= _MOST_AT_ONCE:
            return self._states(epoch_tdb_s)
        parts = [
            self._states(epoch_tdb_s[first : first + _MOST_AT_ONCE])
            for first in range(0, epoch_tdb_s.size, _MOST_AT_ONCE)
        ]
        position, velocity = zip(*parts, strict=True)
        return np.concatenate(position, axis=1), np.concatenate(velocity, axis=1)

    def _states(self, epoch_tdb_s: Floats) -> tuple[Floats, Floats]:
        index = self._windows(epoch_tdb_s)
        # In units of the window: powers of seconds would lose digits.
        scale = (self.epoch_tdb_s[index[:, -1]] - self.epoch_tdb_s[index[:, 0]])[:, np.newaxis]
        scale = np.where(scale > 0.0, scale, 1.0)
        nodes = (self.epoch_tdb_s[index] - epoch_tdb_s[:, np.newaxis]) / scale
        basis, rate, slope = _lagrange_at_zero(nodes)
        if self.interpolation is not Interpolation.HERMITE:
            position = np.einsum("mk,cmk->cm", basis, self.position_km[:, index])
            return position, np.einsum("mk,cmk->cm", basis, self.velocity_km_s[:, index])
        # With lⱼ the basis: (1 − 2 (t − tⱼ) lⱼ′(tⱼ)) lⱼ² and (t − tⱼ) lⱼ², at t = 0, and their derivatives.
        of_position = (1.0 + 2.0 * nodes * slope) * basis**2
        of_velocity = -nodes * basis**2
        of_position_rate = 2.0 * basis * (rate * (1.0 + 2.0 * nodes * slope) - slope * basis)
        of_velocity_rate = basis**2 - 2.0 * nodes * basis * rate
        places, speeds = self.position_km[:, index], self.velocity_km_s[:, index]
        position = np.einsum("mk,cmk->cm", of_position, places)
        position += np.einsum("mk,cmk->cm", of_velocity * scale, speeds)
        velocity = np.einsum("mk,cmk->cm", of_position_rate / scale, places)
        return position, velocity + np.einsum("mk,cmk->cm", of_velocity_rate, speeds)

    def _windows(self, epoch_tdb_s: Floats) -> NDArray[np.intp]:
        """Return the numbers of the states that each epoch is interpolated between, shape (m, k)."""
        count = self.epoch_tdb_s.size
        size = min(states_needed(self.interpolation, self.degree), count)
        before = np.clip(np.searchsorted(self.epoch_tdb_s, epoch_tdb_s, side="right") - 1, 0, count - 2)
        if size % 2:
            nearer = epoch_tdb_s - self.epoch_tdb_s[before] >= self.epoch_tdb_s[before + 1] - epoch_tdb_s
            before = before + nearer
        first = np.clip(before - (size - 1) // 2, 0, count - size)
        return np.asarray(first[:, np.newaxis] + np.arange(size))


def _lagrange_at_zero(nodes: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the Lagrange polynomials and their derivatives at 0, and their slopes at their own nodes: (m, k) each."""
    count = nodes.shape[1]
    own = np.arange(count)
    apart = nodes[:, :, np.newaxis] - nodes[:, np.newaxis, :]
    apart[:, own, own] = 1.0
    ratios = -nodes[:, np.newaxis, :] / apart
    ratios[:, own, own] = 1.0
    inverse = 1.0 / apart
    inverse[:, own, own] = 0.0
    rate = np.zeros_like(nodes)
    for left_out in range(count):
        # The product of the others: a quotient would be 0 / 0 at a node.
        others = ratios.copy()
        others[:, :, left_out] = 1.0
        rate += inverse[:, :, left_out] * np.prod(others, axis=2)
    return np.prod(ratios, axis=2), rate, np.sum(inverse, axis=2)
