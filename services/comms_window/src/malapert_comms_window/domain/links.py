"""Link budget: which data rate a path closes at.

The sums follow the DSN Telecommunications Link Design Handbook (JPL 810-005) and CCSDS 401.0-B; free-space loss is
20 log₁₀(4 π d f / c) (Recommendation ITU-R P.525).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LIGHT_SPEED_M_S = 299_792_458.0
BOLTZMANN_DB = 10.0 * np.log10(1.380649e-23)
"""Boltzmann's constant, dB(W/K/Hz)."""


@dataclass(frozen=True, slots=True)
class LinkTerminal:
    """The radio of the asset: what it sends and what its coding needs.

    `losses_db` holds pointing, polarisation and atmosphere; `rate_steps_bps` rises.
    """

    band: str
    frequency_hz: float
    eirp_dbw: float
    required_eb_n0_db: float
    margin_db: float
    losses_db: float
    rate_steps_bps: tuple[float, ...]


def free_space_loss_db(range_km: Floats, frequency_hz: float) -> Floats:
    """Return free-space loss at ranges of any shape, dB."""
    return np.asarray(20.0 * np.log10(4.0e3 * np.pi * range_km * frequency_hz / LIGHT_SPEED_M_S))


def carrier_to_noise_density_dbhz(terminal: LinkTerminal, g_over_t_db_k: float, range_km: Floats) -> Floats:
    """Return C/N₀ at the receiver, dB-Hz: EIRP − free-space loss − losses + G/T − k."""
    loss_db = free_space_loss_db(range_km, terminal.frequency_hz) + terminal.losses_db
    return np.asarray(terminal.eirp_dbw - loss_db + g_over_t_db_k - BOLTZMANN_DB)


def allowed_rate_bps(terminal: LinkTerminal, g_over_t_db_k: float | None, range_km: Floats) -> Floats:
    """Return the highest rate step that keeps the required Eb/N₀ and the margin; 0 where none does.

    Parameters
    ----------
    terminal
        The sending side.
    g_over_t_db_k
        The receiving side, or None where it does not receive the terminal's band.
    range_km
        Length of the path, shape (...).
    """
    if g_over_t_db_k is None:
        return np.zeros_like(range_km)
    density = carrier_to_noise_density_dbhz(terminal, g_over_t_db_k, range_km)
    highest_bps = 10.0 ** ((density - terminal.required_eb_n0_db - terminal.margin_db) / 10.0)
    steps = np.array([0.0, *terminal.rate_steps_bps])
    return np.asarray(steps[np.searchsorted(steps, highest_bps, side="right") - 1])
