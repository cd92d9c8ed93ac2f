"""Ground stations: one antenna each, with its receiving side and the time and cost of a contact."""

from dataclasses import dataclass

from malapert_comms_window.domain.figures import Confidence, Figure


@dataclass(frozen=True, slots=True)
class StationBand:
    """The receiving side of an antenna in one band."""

    band: str
    g_over_t_db_k: Figure


@dataclass(frozen=True, slots=True)
class Station:
    """One antenna of a ground station; geodetic position on WGS84, longitude east positive."""

    station_id: str
    name: str
    complex_name: str
    agency_id: str
    operator: str
    latitude_deg: float
    longitude_deg: float
    height_m: float
    height_datum: str
    dish_m: float
    min_elevation_deg: Figure
    bands: tuple[StationBand, ...]
    bands_confidence: Confidence
    bands_note: str
    setup_s: Figure
    teardown_s: Figure
    cost_per_hour: Figure
    source: str
    confidence: Confidence

    def g_over_t_db_k(self, band: str) -> float | None:
        """Return gain over system noise temperature in a band, dB/K, or None where the antenna does not receive it."""
        return next((entry.g_over_t_db_k.value for entry in self.bands if entry.band == band), None)
