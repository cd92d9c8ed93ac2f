"""Link budget: which data rate a path closes at.

The sums follow the DSN Telecommunications Link Design Handbook (JPL 810-005) and CCSDS 401.0-B; free-space loss is
20 log₁₀(4 π d f / c) (Recommendation ITU-R P.525).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from malapert_core.errors import Fault
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RATE = "rate_bps"
"""The quantity that is a step function: each value holds until the next sample."""
TERMINAL_BANDS = ("S", "X", "Ka")
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


def link_margin_db(terminal: LinkTerminal, g_over_t_db_k: float, range_km: Floats, rate_bps: Floats) -> Floats:
    """Return by how much Eb/N₀ exceeds what the coding needs at a rate, dB; NaN where the rate is 0."""
    density = carrier_to_noise_density_dbhz(terminal, g_over_t_db_k, range_km)
    with np.errstate(divide="ignore", invalid="ignore"):
        margin_db = density - 10.0 * np.log10(rate_bps) - terminal.required_eb_n0_db
    return np.where(rate_bps > 0.0, margin_db, np.nan)


def link_quantities(terminal: LinkTerminal, g_over_t_db_k: float | None, range_km: Floats) -> dict[str, Floats]:
    """Return the profiles of a link: the highest rate that it closes at, and the margin of the lowest rate.

    The margin of the lowest rate, against the required Eb/N₀, says how far the link is from opening or closing;
    higher rates step in whenever it grows by the ratio of rates. It is left out where nothing receives the band.
    """
    rate_bps = allowed_rate_bps(terminal, g_over_t_db_k, range_km)
    if g_over_t_db_k is None:
        return {RATE: rate_bps}
    lowest = np.full_like(range_km, terminal.rate_steps_bps[0])
    return {RATE: rate_bps, "link_margin_db": link_margin_db(terminal, g_over_t_db_k, range_km, lowest)}


def terminal_faults(terminal: LinkTerminal, path: str = "terminal") -> Iterable[Fault]:
    """Yield what is wrong with a radio."""
    if terminal.band not in TERMINAL_BANDS:
        yield Fault(f"{path}.band", "UNKNOWN_BAND", f"{terminal.band!r} is none of {', '.join(TERMINAL_BANDS)}")
    if not 1e8 <= terminal.frequency_hz <= 1e11:
        message = f"{terminal.frequency_hz} Hz is not in 1e8 to 1e11 Hz"
        yield Fault(f"{path}.frequency_hz", "OUT_OF_RANGE", message)
    for name, low, high in (
        ("eirp_dbw", -30.0, 120.0),
        ("required_eb_n0_db", -2.0, 40.0),
        ("margin_db", 0.0, 40.0),
        ("losses_db", 0.0, 60.0),
    ):
        value = getattr(terminal, name)
        if not low <= value <= high:
            yield Fault(f"{path}.{name}", "OUT_OF_RANGE", f"{value} is not in {low:g} to {high:g} dB")
    steps = terminal.rate_steps_bps
    rising = all(before < after for before, after in pairwise(steps))
    if not steps or not rising or not all(math.isfinite(step) and step > 0.0 for step in steps):
        yield Fault(f"{path}.rate_steps_bps", "NOT_RISING", "at least one positive rate, rising, is needed")
