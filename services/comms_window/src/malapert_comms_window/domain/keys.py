"""Keys over an optical link: loss of the path and the asymptotic rate of decoy-state BB84.

Rate after Ma, Qi, Zhao and Lo, Physical Review A 72, 012326 (2005), with one decoy intensity and the vacuum. A pass is
too short for a key below a number of sifted bits: the penalty of finite keys is that floor alone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_WRONG_AT_RANDOM = 0.5


@dataclass(frozen=True, slots=True)
class KeySource:
    """A source of weak pulses, the path and the receiver.

    Parameters
    ----------
    pulse_rate_hz
        Pulses a second.
    signal_photons, decoy_photons
        Mean photons of a signal and of a decoy pulse.
    signal_share
        Share of pulses that are signals.
    dark_count
        Chance of a count without a photon, per pulse.
    misalignment
        Chance that a photon's count is wrong.
    correction_efficiency
        How much more than the entropy error correction tells, 1 or more.
    basis_share
        Share of pulses kept by the choice of bases.
    beam_divergence_rad
        Full angle of the beam.
    telescope_m
        Diameter of the receiver.
    zenith_transmission
        Of the air straight up.
    fixed_loss_db
        Pointing, detector and optics.
    least_sifted_bits
        Fewest sifted bits of a pass that give a key.
    """

    pulse_rate_hz: float
    signal_photons: float
    decoy_photons: float
    signal_share: float
    dark_count: float
    misalignment: float
    correction_efficiency: float
    basis_share: float
    beam_divergence_rad: float
    telescope_m: float
    zenith_transmission: float
    fixed_loss_db: float
    least_sifted_bits: float


@dataclass(frozen=True, slots=True)
class KeyRates:
    """Rates over a link, each of the shape of its loss: sifted and secret bits a second, and the share of errors."""

    sifted_bps: Floats
    error_share: Floats
    secret_bps: Floats


def path_loss_db(source: KeySource, range_km: Floats, elevation_deg: Floats) -> Floats:
    """Return the loss of a path, dB: a beam wider than the telescope, air along 1 / sin(elevation), what is fixed."""
    spot_m = source.beam_divergence_rad * range_km * 1000.0
    spread_db = np.maximum(20.0 * np.log10(spot_m / source.telescope_m), 0.0)
    air_mass = 1.0 / np.sin(np.radians(np.maximum(elevation_deg, 1.0)))
    air_db = -10.0 * np.log10(source.zenith_transmission) * air_mass
    return np.asarray(spread_db + air_db + source.fixed_loss_db)


def key_rates(source: KeySource, loss_db: Floats) -> KeyRates:
    """Return sifted and secret rates at losses of any shape; the secret rate is 0 where no key is left."""
    eta = 10.0 ** (-np.asarray(loss_db, dtype=np.float64) / 10.0)
    mu, nu, dark = source.signal_photons, source.decoy_photons, source.dark_count
    gain, errors = _gain_and_errors(source, eta, mu)
    decoy_gain, decoy_errors = _gain_and_errors(source, eta, nu)
    single = decoy_gain * np.exp(nu) - gain * np.exp(mu) * (nu / mu) ** 2 - (mu**2 - nu**2) / mu**2 * dark
    single_yield = np.maximum(mu / (mu * nu - nu**2) * single, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        single_errors = (decoy_errors * np.exp(nu) - _WRONG_AT_RANDOM * dark) / (single_yield * nu)
        error_share = errors / gain
    single_errors = np.clip(np.nan_to_num(single_errors, nan=_WRONG_AT_RANDOM), 0.0, _WRONG_AT_RANDOM)
    corrected = source.correction_efficiency * gain * _entropy(error_share)
    kept = single_yield * mu * np.exp(-mu) * (1.0 - _entropy(single_errors))
    signals_hz = source.pulse_rate_hz * source.signal_share * source.basis_share
    return KeyRates(
        sifted_bps=np.asarray(signals_hz * gain),
        error_share=np.asarray(error_share),
        secret_bps=np.asarray(np.maximum(signals_hz * (kept - corrected), 0.0)),
    )


def _gain_and_errors(source: KeySource, eta: Floats, photons: float) -> tuple[Floats, Floats]:
    """Return the chance of a count and of a wrong one, per pulse of a mean number of photons."""
    detected = 1.0 - np.exp(-eta * photons)
    return source.dark_count + detected, _WRONG_AT_RANDOM * source.dark_count + source.misalignment * detected


def _entropy(share: Floats) -> Floats:
    """Return the binary entropy."""
    x = np.clip(share, 1e-15, 1.0 - 1e-15)
    return np.asarray(-x * np.log2(x) - (1.0 - x) * np.log2(1.0 - x))
