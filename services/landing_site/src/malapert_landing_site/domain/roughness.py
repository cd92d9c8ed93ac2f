"""Synthetic surface detail with the roughness statistics of the lunar highlands."""

from __future__ import annotations

import numpy as np

from malapert_landing_site.domain.grid import ElevationArray, FloatArray

# After Rosenburg et al. 2011, "Global surface slopes and roughness of the Moon from the Lunar Orbiter Laser Altimeter",
# JGR 116, E02001: the highlands have a median Hurst exponent of 0.95 and a median slope of 7.5° at a baseline of 17 m.
# The numbers are from memory (confidence U): the paper was not at hand, and every product says so.
HURST_EXPONENT = 0.95
MEDIAN_SLOPE_DEG = 7.5
SLOPE_BASELINE_M = 17.0

# Of a two-dimensional Gaussian gradient the median magnitude is sqrt(2 ln 2) standard deviations of a component.
_MEDIAN_OF_RAYLEIGH = float(np.sqrt(2.0 * np.log(2.0)))


def rms_deviation_m(baseline_m: float) -> float:
    """Root mean square height difference of highland ground over a baseline, metres: nu(L) = nu0 (L / L0)^H."""
    at_reference_m = SLOPE_BASELINE_M * np.tan(np.radians(MEDIAN_SLOPE_DEG)) / _MEDIAN_OF_RAYLEIGH
    return float(at_reference_m * (baseline_m / SLOPE_BASELINE_M) ** HURST_EXPONENT)


def highland_detail(rows: int, columns: int, pixel_size_m: float, base_pixel_m: float, seed: int) -> ElevationArray:
    """Return a random field with what a grid of pixels of `base_pixel_m` leaves out of highland ground.

    A self-affine field has a power spectrum k^-(2H + 2). Of it, wavelengths below twice the base pixel are kept, each
    with the share that averaging over a base pixel removes, 1 - sinc²; so the shape that the base grid knows is not
    changed. The amplitude is set so that the whole power law would show `rms_deviation_m` at its own baseline. At the
    rim the field is blended to zero over a tenth of the side.

    Parameters
    ----------
    rows, columns : int
        Size of the field.
    pixel_size_m : float
        Its pixel, metres.
    base_pixel_m : float
        Pixel of the grid that it refines, metres.
    seed : int
        The same seed and sizes give the same field.
    """
    size = 2 * max(rows, columns)
    frequency = np.fft.fftfreq(size, pixel_size_m)
    fy, fx = frequency[:, None], np.fft.rfftfreq(size, pixel_size_m)[None, :]
    f = np.hypot(fx, fy)
    amplitude = np.zeros_like(f)
    known = f > 0
    amplitude[known] = f[known] ** -(HURST_EXPONENT + 1.0)
    kept = (1.0 - (np.sinc(fx * base_pixel_m) * np.sinc(fy * base_pixel_m)) ** 2) * (f > 1.0 / (2.0 * base_pixel_m))
    noise = np.fft.rfft2(np.random.default_rng(seed).standard_normal((size, size)))
    field = np.fft.irfft2(noise * amplitude * np.sqrt(kept), s=(size, size))[:rows, :columns]
    scaled = field * _scale(size, pixel_size_m)
    return np.asarray(scaled * _blend(rows, columns), dtype=np.float32)


def _scale(size: int, pixel_size_m: float) -> float:
    """Factor from the unscaled power law to metres, by its expected structure function at a baseline of the grid."""
    lag_px = max(1, round(SLOPE_BASELINE_M / pixel_size_m))
    frequency_px = np.fft.fftfreq(size)
    fy, fx = frequency_px[:, None], frequency_px[None, :]
    f = np.hypot(fx, fy) / pixel_size_m
    f[0, 0] = np.inf
    power = f ** -(2.0 * HURST_EXPONENT + 2.0)
    structure = 2.0 * np.sum(power * (1.0 - np.cos(2.0 * np.pi * fx * lag_px))) / size**2
    return float(rms_deviation_m(lag_px * pixel_size_m) / np.sqrt(structure))


def _blend(rows: int, columns: int) -> FloatArray:
    def ramp(size: int) -> FloatArray:
        from_rim = np.minimum(np.arange(size), np.arange(size)[::-1]) / max(0.1 * size, 1.0)
        share = np.clip(from_rim, 0.0, 1.0)
        return np.asarray(share * share * (3.0 - 2.0 * share))

    return np.asarray(ramp(rows)[:, None] * ramp(columns)[None, :])
