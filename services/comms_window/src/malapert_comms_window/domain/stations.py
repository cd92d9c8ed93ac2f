"""Ground stations: one antenna each, with its receiving side and the time and cost of a contact."""

from dataclasses import dataclass

from malapert_comms_window.domain.figures import Confidence, Figure

OPTICAL = "optical"
"""The band of an optical ground station."""


@dataclass(frozen=True, slots=True)
class StationBand:
    """The receiving side of an antenna in one band; an optical one has no gain over temperature."""

    band: str
    g_over_t_db_k: Figure | None


@dataclass(frozen=True, slots=True)
class MaskPoint:
    """Least elevation at an azimuth from north clockwise, degrees."""

    azimuth_deg: float
    elevation_deg: float


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
    handover_s: Figure
    source: str
    confidence: Confidence
    mask: tuple[MaskPoint, ...] = ()
    mask_source: str = ""
    version: int = 0

    @property
    def is_optical(self) -> bool:
        """Whether it is an optical ground station."""
        return any(entry.band == OPTICAL for entry in self.bands)

    def g_over_t_db_k(self, band: str) -> float | None:
        """Return gain over system noise temperature in a band, dB/K, or None where the antenna does not receive it."""
        figure = next((entry.g_over_t_db_k for entry in self.bands if entry.band == band), None)
        return None if figure is None else figure.value


@dataclass(frozen=True, slots=True)
class StationFilter:
    """Filter of stations, after an identifier; an empty field means all."""

    after: str = ""
    confidences: frozenset[Confidence] = frozenset()
    bands_confidences: frozenset[Confidence] = frozenset()

    def admits(self, station: Station) -> bool:
        """Return whether a station is wanted."""
        return (
            station.station_id > self.after
            and (not self.confidences or station.confidence in self.confidences)
            and (not self.bands_confidences or station.bands_confidence in self.bands_confidences)
        )
