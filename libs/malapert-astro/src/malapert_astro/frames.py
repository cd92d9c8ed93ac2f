"""Orientation of the Moon (MOON_ME) and of the Earth (ITRF93) in the inertial frame J2000.

A binary PCK gives three angles (φ, δ, w) of the rotation from its base frame to the body, [w]₃[δ]₁[φ]₃, where [θ]ᵢ
turns the axes by θ about axis i (NAIF "PCK Required Reading"). MOON_ME is a constant rotation from MOON_PA_DE421.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from malapert_astro.chebyshev import SegmentChain
from malapert_astro.errors import KernelError
from malapert_astro.kernels import read_pck

Floats = NDArray[np.float64]

ARCSECOND_RAD = math.pi / 648_000.0
MOON_PA_DE421 = 31006
MOON_ME_DE421 = 31007
ITRF93 = 3000

_ECLIPTIC_J2000 = 17
_OBLIQUITY_RAD = 84_381.448 * ARCSECOND_RAD


@dataclass(frozen=True)
class BodyOrientation:
    """Orientation of a body-fixed frame against J2000.

    Parameters
    ----------
    angles
        The angles φ, δ, w, radians, relative to the base frame.
    base
        Rotation from J2000 to the base frame, shape (3, 3).
    fixed
        Constant rotation from the PCK's body frame to the body-fixed frame that is meant, shape (3, 3).
    """

    angles: SegmentChain
    base: Floats
    fixed: Floats

    def from_inertial(self, epoch_tdb_s: Floats) -> Floats:
        """Return rotation matrices from J2000 to the body-fixed frame, shape (3, 3, ...)."""
        return self._compose(self.angles.evaluate(epoch_tdb_s))

    def from_inertial_with_spin(self, epoch_tdb_s: Floats) -> tuple[Floats, Floats]:
        """Return the rotation matrices, shape (3, 3, ...), and the angular velocity, body axes, rad/s, shape (3, ...).

        The angular velocity is that of the 3-1-3 sequence:
        (φ′ sin δ sin w + δ′ cos w, φ′ sin δ cos w − δ′ sin w, φ′ cos δ + w′).
        """
        angles, rates = self.angles.evaluate_with_rate(epoch_tdb_s)
        (_, delta, w), (phi_rate, delta_rate, w_rate) = angles, rates
        spin = np.stack(
            (
                phi_rate * np.sin(delta) * np.sin(w) + delta_rate * np.cos(w),
                phi_rate * np.sin(delta) * np.cos(w) - delta_rate * np.sin(w),
                phi_rate * np.cos(delta) + w_rate,
            )
        )
        return self._compose(angles), rotate(self.fixed, spin)

    def sources(self, epoch_tdb_s: Floats) -> tuple[str, ...]:
        """Return the names of the kernel files that the epochs are taken from."""
        return tuple(dict.fromkeys(segment.path.name for segment in self.angles.segments_at(epoch_tdb_s)))

    def _compose(self, angles: Floats) -> Floats:
        (sin_p, sin_d, sin_w), (cos_p, cos_d, cos_w) = np.sin(angles), np.cos(angles)
        matrix = np.array(
            [
                [cos_w * cos_p - sin_w * cos_d * sin_p, cos_w * sin_p + sin_w * cos_d * cos_p, sin_w * sin_d],
                [-sin_w * cos_p - cos_w * cos_d * sin_p, -sin_w * sin_p + cos_w * cos_d * cos_p, cos_w * sin_d],
                [sin_d * sin_p, -sin_d * cos_p, cos_d],
            ]
        )
        return np.asarray(np.einsum("ij,jk...,kl->il...", self.fixed, matrix, self.base, optimize=True))


def moon_me_orientation(lunar_pck: Path, lunar_frames: Path) -> BodyOrientation:
    """Return the orientation of MOON_ME (DE421) from a lunar PCK and the constants of its frame kernel.

    Raises
    ------
    KernelError
        If a file lacks what is needed.
    """
    segments = read_pck(lunar_pck, MOON_PA_DE421)
    return BodyOrientation(
        SegmentChain(segments), _base_rotation(segments[0].frame), _read_fixed_rotation(lunar_frames)
    )


def itrf93_orientation(high_precision_pck: Path, predicted_pck: Path) -> BodyOrientation:
    """Return the orientation of ITRF93: the high-precision file where it reaches, else the predicted one.

    Raises
    ------
    KernelError
        If a file is no orientation of ITRF93.
    """
    segments = read_pck(predicted_pck, ITRF93) + read_pck(high_precision_pck, ITRF93)
    return BodyOrientation(SegmentChain(segments), _base_rotation(segments[0].frame), np.eye(3))


def rotate(matrix: Floats, vector: Floats) -> Floats:
    """Return matrix · vector for shapes (3, 3, ...) and (3, ...), broadcast."""
    return np.asarray(np.einsum("ij...,j...->i...", matrix, vector))


def rotate_back(matrix: Floats, vector: Floats) -> Floats:
    """Return the inverse rotation of a vector for shapes (3, 3, ...) and (3, ...), broadcast."""
    return np.asarray(np.einsum("ji...,j...->i...", matrix, vector))


def axis_rotation(axis: int, angle_rad: float) -> Floats:
    """Return the 3 × 3 matrix that turns the axes by an angle about axis 1, 2 or 3."""
    first, second = axis % 3, (axis + 1) % 3
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = math.cos(angle_rad)
    matrix[first, second], matrix[second, first] = math.sin(angle_rad), -math.sin(angle_rad)
    return matrix


def _base_rotation(frame: int) -> Floats:
    return axis_rotation(1, _OBLIQUITY_RAD) if frame == _ECLIPTIC_J2000 else np.eye(3)


def _read_fixed_rotation(path: Path) -> Floats:
    data = "\n".join(re.findall(r"\\begindata(.*?)(?:\\begintext|\Z)", path.read_text(encoding="ascii"), re.DOTALL))
    angles = _read_triple(data, "ANGLES", path)
    axes = _read_triple(data, "AXES", path)
    if f"TKFRAME_{MOON_ME_DE421}_UNITS" not in data or "'ARCSECONDS'" not in data:
        raise KernelError(f"{path.name}: the angles of MOON_ME_DE421 are not in ARCSECONDS")
    to_principal_axes = np.eye(3)
    for axis, angle in zip(axes, angles, strict=True):
        to_principal_axes = to_principal_axes @ axis_rotation(int(axis), angle * ARCSECOND_RAD)
    return to_principal_axes.T


def _read_triple(data: str, name: str, path: Path) -> tuple[float, float, float]:
    found = re.search(rf"TKFRAME_{MOON_ME_DE421}_{name}\s*=\s*\(([^)]*)\)", data)
    numbers = [float(text) for text in re.split(r"[\s,]+", found[1].strip())] if found else []
    if len(numbers) != 3:
        raise KernelError(f"{path.name}: no three TKFRAME_{MOON_ME_DE421}_{name}")
    return numbers[0], numbers[1], numbers[2]
