"""Compiled inner loops of fitted paths: Chebyshev sums, directions, and what one point receives of another.

A path is stored as ``coefficients[piece, component, degree]`` with pieces of equal length from ``start_s`` on. Epochs
that follow each other in one piece are summed together, so that the sums of many epochs run in vector registers.
"""

from collections.abc import Callable

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Kernel = Callable[[float, float, Floats, Floats], Floats]
"""Evaluates the pieces of a path: start, length of a piece, coefficients, epochs."""

_BATCH = 64
_LIGHT_SPEED_KM_S = 299_792.458
_LIGHT_TIME_STEPS = 3
_DEGREES = 180.0 / np.pi
_TAN_EIGHTH_TURN_HALVED = np.tan(np.pi / 8.0)


def _arctangent_series() -> tuple[float, ...]:
    """Return coefficients in t² of arctan(t)/t for |t| ≤ tan 22.5°, interpolated at Chebyshev nodes to rounding."""
    top = _TAN_EIGHTH_TURN_HALVED**2

    def ratio(square: Floats) -> Floats:
        root = np.sqrt(np.maximum(square, 1e-300))
        return np.asarray(np.arctan(root) / root)

    series = np.polynomial.Chebyshev.interpolate(ratio, 12, domain=[0.0, top])
    return tuple(float(value) for value in series.convert(kind=np.polynomial.Polynomial).coef[::-1])


_ARCTANGENT = _arctangent_series()
_compiled = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})


@_compiled
def vectors(start_s: float, piece_s: float, coefficients: Floats, epoch_s: Floats) -> Floats:
    """Return the vectors at epochs, shape (3, n)."""
    out = np.empty((3, epoch_s.size))
    first = np.empty((3, _BATCH))
    twice_x = np.empty(_BATCH)
    begin = 0
    while begin < epoch_s.size:
        piece, count = _same_piece(start_s, piece_s, coefficients.shape[0], epoch_s, begin, twice_x)
        _sum_batch(coefficients[piece], twice_x, count, first)
        for component in range(3):
            for j in range(count):
                out[component, begin + j] = first[component, j]
        begin += count
    return out


@_compiled
def directions(start_s: float, piece_s: float, coefficients: Floats, epoch_s: Floats) -> Floats:
    """Return azimuth (from the second axis towards the first, 0 to 360) and elevation, degrees, shape (2, n)."""
    out = np.empty((2, epoch_s.size))
    first = np.empty((3, _BATCH))
    twice_x = np.empty(_BATCH)
    begin = 0
    while begin < epoch_s.size:
        piece, count = _same_piece(start_s, piece_s, coefficients.shape[0], epoch_s, begin, twice_x)
        _sum_batch(coefficients[piece], twice_x, count, first)
        for j in range(count):
            east, north, up = first[0, j], first[1, j], first[2, j]
            azimuth = _DEGREES * _angle(east, north)
            out[0, begin + j] = azimuth + 360.0 if azimuth < 0.0 else azimuth
            out[1, begin + j] = _DEGREES * _angle(up, np.sqrt(east * east + north * north))
        begin += count
    return out


@_compiled
def vectors_and_rates(start_s: float, piece_s: float, coefficients: Floats, epoch_s: Floats) -> tuple[Floats, Floats]:
    """Return the vectors at epochs and their derivatives per second, each of shape (3, n)."""
    out, rates = np.empty((3, epoch_s.size)), np.empty((3, epoch_s.size))
    twice_x = np.empty(_BATCH)
    degree = coefficients.shape[2] - 1
    begin = 0
    while begin < epoch_s.size:
        piece, count = _same_piece(start_s, piece_s, coefficients.shape[0], epoch_s, begin, twice_x)
        for component in range(3):
            terms = coefficients[piece, component]
            for j in range(count):
                later, last, later_rate, last_rate = 0.0, 0.0, 0.0, 0.0
                for k in range(degree, 0, -1):
                    later_rate, last_rate = 2.0 * later + twice_x[j] * later_rate - last_rate, later_rate
                    later, last = terms[k] + twice_x[j] * later - last, later
                half = 0.5 * twice_x[j]
                out[component, begin + j] = terms[0] + half * later - last
                rates[component, begin + j] = (later + half * later_rate - last_rate) * (2.0 / piece_s)
        begin += count
    return out, rates


@_compiled
def point_states(
    position_km: Floats, velocity_km_s: Floats, from_inertial: Floats, spin_rad_s: Floats, fixed_km: Floats
) -> tuple[Floats, Floats]:
    """Return positions and velocities of a body-fixed point, as `BodyMotion.point` does, each of shape (3, n)."""
    count = position_km.shape[1]
    place, speed = np.empty((3, count)), np.empty((3, count))
    for j in range(count):
        x = spin_rad_s[1, j] * fixed_km[2] - spin_rad_s[2, j] * fixed_km[1]
        y = spin_rad_s[2, j] * fixed_km[0] - spin_rad_s[0, j] * fixed_km[2]
        z = spin_rad_s[0, j] * fixed_km[1] - spin_rad_s[1, j] * fixed_km[0]
        for i in range(3):
            a, b, c = from_inertial[0, i, j], from_inertial[1, i, j], from_inertial[2, i, j]
            place[i, j] = position_km[i, j] + a * fixed_km[0] + b * fixed_km[1] + c * fixed_km[2]
            speed[i, j] = velocity_km_s[i, j] + a * x + b * y + c * z
    return place, speed


@_compiled
def received(
    observer_km: Floats,
    observer_km_s: Floats,
    target_km: Floats,
    target_km_s: Floats,
    before_s: float,
    with_aberration: bool,  # compiled functions have no keyword arguments
) -> Floats:
    """Return apparent vectors, as `received_km` does, shape (3, n); without aberration the way that the light took."""
    out = np.empty_like(observer_km)
    for j in range(observer_km.shape[1]):
        apart_x = target_km[0, j] - observer_km[0, j]
        apart_y = target_km[1, j] - observer_km[1, j]
        apart_z = target_km[2, j] - observer_km[2, j]
        x, y, z = apart_x, apart_y, apart_z
        for _ in range(_LIGHT_TIME_STEPS):
            offset_s = before_s - np.sqrt(x * x + y * y + z * z) / _LIGHT_SPEED_KM_S
            x = apart_x + target_km_s[0, j] * offset_s
            y = apart_y + target_km_s[1, j] * offset_s
            z = apart_z + target_km_s[2, j] * offset_s
        out[0, j], out[1, j], out[2, j] = x, y, z
        if not with_aberration:
            continue
        length = np.sqrt(x * x + y * y + z * z)
        x, y, z = x / length, y / length, z / length
        beta_x = observer_km_s[0, j] / _LIGHT_SPEED_KM_S
        beta_y = observer_km_s[1, j] / _LIGHT_SPEED_KM_S
        beta_z = observer_km_s[2, j] / _LIGHT_SPEED_KM_S
        along = x * beta_x + y * beta_y + z * beta_z
        beta_x, beta_y, beta_z = beta_x - along * x, beta_y - along * y, beta_z - along * z
        shortened = np.sqrt(1.0 - (beta_x * beta_x + beta_y * beta_y + beta_z * beta_z))
        out[0, j] = length * (x * shortened + beta_x)
        out[1, j] = length * (y * shortened + beta_y)
        out[2, j] = length * (z * shortened + beta_z)
    return out


@_compiled
def turned(axes: Floats, from_inertial: Floats, vector_km: Floats) -> Floats:
    """Return vectors in local axes: axes (3, 3) · from_inertial (3, 3, n) · vectors (3, n)."""
    out = np.empty_like(vector_km)
    for j in range(vector_km.shape[1]):
        x, y, z = vector_km[0, j], vector_km[1, j], vector_km[2, j]
        a = from_inertial[0, 0, j] * x + from_inertial[0, 1, j] * y + from_inertial[0, 2, j] * z
        b = from_inertial[1, 0, j] * x + from_inertial[1, 1, j] * y + from_inertial[1, 2, j] * z
        c = from_inertial[2, 0, j] * x + from_inertial[2, 1, j] * y + from_inertial[2, 2, j] * z
        for i in range(3):
            out[i, j] = axes[i, 0] * a + axes[i, 1] * b + axes[i, 2] * c
    return out


@_compiled
def _same_piece(
    start_s: float, piece_s: float, pieces: int, epoch_s: Floats, begin: int, twice_x: Floats
) -> tuple[int, int]:
    """Fill in 2 x of the epochs from `begin` on that lie in one piece; return the piece and how many they are."""
    piece = min(max(int(np.floor((epoch_s[begin] - start_s) / piece_s)), 0), pieces - 1)
    piece_start_s = start_s + piece * piece_s
    end = min(epoch_s.size, begin + _BATCH)
    count = 0
    while begin + count < end:
        since_s = epoch_s[begin + count] - piece_start_s
        if count and not (0.0 <= since_s < piece_s):
            break
        twice_x[count] = 2.0 * (since_s * (2.0 / piece_s) - 1.0)
        count += 1
    return piece, count


@_compiled
def _sum_batch(terms: Floats, twice_x: Floats, count: int, out: Floats) -> None:
    """Sum three Chebyshev series at `count` places by Clenshaw's recurrence, two degrees a turn."""
    last = np.empty(_BATCH)
    degree = terms.shape[1] - 1
    for component in range(3):
        later = out[component]
        for j in range(count):
            later[j] = 0.0
            last[j] = 0.0
        k = degree
        while k >= 2:
            upper, lower = terms[component, k], terms[component, k - 1]
            for j in range(count):
                last[j] = upper + twice_x[j] * later[j] - last[j]
                later[j] = lower + twice_x[j] * last[j] - later[j]
            k -= 2
        if k == 1:
            upper = terms[component, 1]
            for j in range(count):
                swap = upper + twice_x[j] * later[j] - last[j]
                last[j] = later[j]
                later[j] = swap
        constant = terms[component, 0]
        for j in range(count):
            later[j] = constant + 0.5 * twice_x[j] * later[j] - last[j]


@_compiled
def _angle(y: float, x: float) -> float:
    """Return the angle of (x, y) from the x axis, radians: arctan2 without branches, right to 3e-16 of a turn."""
    across, along = abs(y), abs(x)
    small, large = min(across, along), max(across, along)
    ratio = small / large if large > 0.0 else 0.0
    steep = ratio > _TAN_EIGHTH_TURN_HALVED
    t = (ratio - 1.0) / (ratio + 1.0) if steep else ratio
    square = t * t
    series = 0.0
    for coefficient in _ARCTANGENT:
        series = series * square + coefficient
    angle = t * series + (0.25 * np.pi if steep else 0.0)
    angle = 0.5 * np.pi - angle if across > along else angle
    angle = np.pi - angle if x < 0.0 else angle
    return -angle if y < 0.0 else angle
