"""Authority for free-space loss: Recommendation ITU-R P.525, 32.4 + 20 log f (MHz) + 20 log d (km)."""

import numpy as np
import pytest
from malapert_comms_window.domain.links import (
    LinkTerminal,
    allowed_rate_bps,
    carrier_to_noise_density_dbhz,
    free_space_loss_db,
)

TERMINAL = LinkTerminal("X", 8450e6, 20.0, 4.0, 3.0, 2.0, (2e3, 64e3, 256e3, 1024e3))


@pytest.mark.parametrize("frequency_mhz", [2250.0, 8450.0, 26_000.0])
def test_free_space_loss_is_that_of_itu(frequency_mhz: float) -> None:
    range_km = np.array([356_500.0, 384_400.0, 406_700.0])
    expected = 32.4 + 20.0 * np.log10(frequency_mhz) + 20.0 * np.log10(range_km)
    assert free_space_loss_db(range_km, frequency_mhz * 1e6) == pytest.approx(expected, abs=0.06)


def test_a_budget_done_by_hand() -> None:
    # 20 dBW - 222.68 dB - 2 dB + 51 dB/K + 228.60 dB = 74.92 dB-Hz; less 7 dB: 67.92 dB, 6.2 Mbit/s.
    density = carrier_to_noise_density_dbhz(TERMINAL, 51.0, np.array([384_400.0]))
    assert density[0] == pytest.approx(74.92, abs=0.02)
    assert allowed_rate_bps(TERMINAL, 51.0, np.array([384_400.0]))[0] == 1024e3


@pytest.mark.parametrize(("g_over_t", "rate"), [(51.0, 1024e3), (40.0, 256e3), (35.0, 64e3), (20.0, 2e3), (0.0, 0.0)])
def test_the_highest_step_that_closes_is_allowed(g_over_t: float, rate: float) -> None:
    range_km = np.array([384_400.0])
    assert allowed_rate_bps(TERMINAL, g_over_t, range_km)[0] == rate
    if rate:
        density = carrier_to_noise_density_dbhz(TERMINAL, g_over_t, range_km)[0]
        assert density - 10.0 * np.log10(rate) >= TERMINAL.required_eb_n0_db + TERMINAL.margin_db


def test_a_receiver_without_the_band_gives_no_rate() -> None:
    assert allowed_rate_bps(TERMINAL, None, np.array([384_400.0])).tolist() == [0.0]
