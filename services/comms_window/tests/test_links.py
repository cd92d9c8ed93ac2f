"""Authority for free-space loss: Recommendation ITU-R P.525, 32.4 + 20 log f (MHz) + 20 log d (km)."""

from pathlib import Path

import numpy as np
import pytest
from malapert_comms_window.domain.links import (
    LinkTerminal,
    allowed_rate_bps,
    carrier_to_noise_density_dbhz,
    free_space_loss_db,
    link_margin_db,
)
from malapert_comms_window.storage.station_catalogue import load_station_catalogue

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


DOCUMENT = Path(__file__).parents[3] / "docs" / "link-budgets.md"
RADIOS = {
    "X": LinkTerminal("X", 8.45e9, 3.0, 1.5, 3.0, 2.0, (16e3, 64e3, 256e3, 1024e3)),
    "S": LinkTerminal("S", 2.25e9, 3.0, 1.5, 3.0, 2.0, (2e3, 16e3, 64e3)),
    "Ka": LinkTerminal("Ka", 26.0e9, 10.0, 1.5, 3.0, 4.0, (256e3, 1024e3, 4096e3)),
}


def _examples() -> list[list[str]]:
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [row for row in rows if row[0] in STATIONS]


STATIONS = load_station_catalogue()


@pytest.mark.parametrize("row", _examples(), ids=lambda row: f"{row[0]} {row[3]}")
def test_the_document_s_examples_are_what_is_computed(row: list[str]) -> None:
    station_id, _, dish, band, eirp, loss, losses, gain, density, highest, step, margin = row
    station, radio, range_km = STATIONS[station_id], RADIOS[band], np.array([384_400.0])
    gain_db_k = station.g_over_t_db_k(band)
    assert gain_db_k is not None
    assert float(gain.split()[0]) == gain_db_k
    assert (float(dish), float(eirp), float(losses)) == (station.dish_m, radio.eirp_dbw, radio.losses_db)
    # The sum by hand, in the document's own figures, and the code's.
    by_hand = float(eirp) - float(loss) - float(losses) + float(gain.split()[0]) + 228.60
    found = carrier_to_noise_density_dbhz(radio, gain_db_k, range_km)[0]
    assert float(density) == pytest.approx(by_hand, abs=0.011)
    assert float(density) == pytest.approx(found, abs=0.006)
    assert float(loss) == pytest.approx(free_space_loss_db(range_km, radio.frequency_hz)[0], abs=0.006)
    assert float(highest) * 1e3 == pytest.approx(10.0 ** ((found - 4.5) / 10.0), rel=5e-3)
    assert float(step) * 1e3 == allowed_rate_bps(radio, gain_db_k, range_km)[0]
    lowest = np.array([radio.rate_steps_bps[0]])
    assert float(margin) == pytest.approx(link_margin_db(radio, gain_db_k, range_km, lowest)[0], abs=0.006)


def test_every_agency_has_an_example() -> None:
    assert {STATIONS[row[0]].agency_id for row in _examples()} == {each.agency_id for each in STATIONS.values()}
