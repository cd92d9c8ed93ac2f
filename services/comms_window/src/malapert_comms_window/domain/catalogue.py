"""Reads a station catalogue from plain values and checks it whole: every fault comes back at once, with its path."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from malapert_core.errors import Fault, InvalidInputError

from malapert_comms_window.domain.figures import Confidence, Figure
from malapert_comms_window.domain.stations import OPTICAL, MaskPoint, Station, StationBand

BANDS = ("L", "S", "X", "Ka", OPTICAL)
_SCHEMA = 1
_COMPLEX_DIAMETER_KM = 100.0
_EARTH_RADIUS_KM = 6371.0
_FIGURES = {
    "min_elevation_deg": ("deg", 0.0, 90.0),
    "setup_s": ("s", 0.0, 86_400.0),
    "teardown_s": ("s", 0.0, 86_400.0),
    "cost_per_hour": ("1", 0.0, 1e6),
    "handover_s": ("s", 0.0, 86_400.0),
}
_NUMBERS = {
    "latitude_deg": (-90.0, 90.0),
    "longitude_deg": (-180.0, 360.0),
    "height_m": (-500.0, 9_000.0),
    "dish_m": (0.1, 500.0),
}
_TEXTS = ("id", "name", "complex", "agency_id", "operator", "height_datum", "source")
_OTHER = ("confidence", "bands", "bands_confidence", "bands_note", "mask", "mask_source")
_DATUMS = ("WGS84 ellipsoid", "GRS80 ellipsoid", "unverified")
"""What heights are measured from: both ellipsoids are one to 0.1 mm, and what is unverified is taken as theirs."""
_KNOWN_DATUMS = frozenset({"wgs84", "wgs84ellipsoid", "grs80", "grs80ellipsoid", "unverified"})
_LARGEST_MASK_GAP_DEG = 90.0
_CONFIDENCES = ", ".join(Confidence)


def read_catalogue(document: Any) -> tuple[Station, ...]:
    """Return the stations of a catalogue, by identifier.

    Parameters
    ----------
    document
        The catalogue as plain values: ``schema`` and ``stations``.

    Raises
    ------
    InvalidInputError
        ``INVALID_STATION_CATALOGUE`` with every fault of the catalogue.
    """
    reading = _Reading()
    stations = reading.stations(document)
    if reading.faults:
        message = f"the station catalogue has {len(reading.faults)} faults"
        raise InvalidInputError("INVALID_STATION_CATALOGUE", message, faults=reading.faults)
    return tuple(sorted(stations, key=lambda station: station.station_id))


def check_station(station: Station, others: Mapping[str, Station]) -> None:
    """Check a station that is to be added to others.

    Raises
    ------
    InvalidInputError
        ``INVALID_STATION`` with every fault: those of a catalogue's entry, and a place away from its complex.
    """
    reading = _Reading()
    reading.checked(station, others)
    if reading.faults:
        faults = [Fault(_field_path(fault.path), fault.code, fault.message) for fault in reading.faults]
        raise InvalidInputError("INVALID_STATION", f"the station has {len(faults)} faults", faults=faults)


def _field_path(path: str) -> str:
    """Return where in a station's message a fault of a catalogue's entry is."""
    return "station." + {"id": "station_id", "complex": "complex_name"}.get(path, path)


class _Reading:
    """Collects faults; after any, the values returned are not used."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def stations(self, document: Any) -> list[Station]:
        entries = document.get("stations") if isinstance(document, Mapping) else None
        if not isinstance(entries, Sequence) or isinstance(entries, str) or not entries:
            self._fault("stations", "MISSING", "a list of at least one station is needed")
            return []
        if document.get("schema") != _SCHEMA:
            self._fault("schema", "UNKNOWN_SCHEMA", f"schema {document.get('schema')!r} is not {_SCHEMA}")
        stations = [self._station(entry, f"stations[{index}]") for index, entry in enumerate(entries)]
        seen: set[str] = set()
        for index, station in enumerate(stations):
            if station.station_id in seen:
                self._fault(f"stations[{index}].id", "DUPLICATE", f"{station.station_id!r} is there already")
            seen.add(station.station_id)
        if not self.faults:
            self._check_complex(stations)
        return stations

    def checked(self, station: Station, others: Mapping[str, Station]) -> None:
        """Check a station as an entry of a catalogue, whose path is empty."""
        entry = _entry_of(station)
        if re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,62}", station.station_id) is None:
            self._fault("station_id", "NOT_AN_IDENTIFIER", "1 to 63 of a-z, 0-9, '.', '_' and '-' are needed")
        self._station(entry, "")
        if not self.faults:
            same = [other for other in others.values() if other.complex_name == station.complex_name]
            self._check_away(station, same[0] if same else station, "")

    def _station(self, entry: Any, path: str) -> Station:
        if not isinstance(entry, Mapping):
            self._fault(path, "NOT_A_STATION", "a station is a mapping of its fields")
            entry = {}
        for name in entry.keys() - {*_TEXTS, *_NUMBERS, *_FIGURES, *_OTHER}:
            self._fault(f"{path}.{name}", "UNKNOWN_FIELD", "no station has this field")
        fields: dict[str, Any] = {name: self._text(entry, name, path) for name in _TEXTS}
        self._check_datum(fields["height_datum"], f"{path}.height_datum")
        fields |= {name: self._number(entry, name, path, *limits) for name, limits in _NUMBERS.items()}
        fields |= {name: self._figure(entry, name, path, *limits) for name, limits in _FIGURES.items()}
        return Station(
            station_id=fields.pop("id"),
            complex_name=fields.pop("complex"),
            **fields,
            bands=self._bands(entry.get("bands"), f"{path}.bands"),
            bands_confidence=self._confidence(entry, "bands_confidence", path),
            bands_note=str(entry.get("bands_note", "")),
            confidence=self._confidence(entry, "confidence", path),
            mask=self._mask(entry.get("mask") or (), f"{path}.mask"),
            mask_source=self._text(entry, "mask_source", path) if entry.get("mask") else "",
        )

    def _check_datum(self, datum: str, path: str) -> None:
        """Note a height that is measured from anything but the ellipsoid; no geoid is known here to take it to it."""
        if datum and re.sub(r"[ _-]", "", datum).casefold() not in _KNOWN_DATUMS:
            message = f"{datum[:80]!r} is none of {', '.join(_DATUMS)}; give the height above the ellipsoid"
            self._fault(path, "UNKNOWN_DATUM", message)

    def _mask(self, entries: Any, path: str) -> tuple[MaskPoint, ...]:
        """Return the points of a mask: azimuths rise, two at one are a vertical edge, no gap is too wide."""
        if not isinstance(entries, Sequence) or isinstance(entries, str):
            self._fault(path, "NOT_A_MASK", "a mask is a list of azimuth_deg and elevation_deg")
            return ()
        points = []
        for index, entry in enumerate(entries):
            values = entry if isinstance(entry, Mapping) else {}
            azimuth = self._number(values, "azimuth_deg", f"{path}[{index}]", 0.0, 360.0)
            points.append(MaskPoint(azimuth, self._number(values, "elevation_deg", f"{path}[{index}]", -10.0, 90.0)))
        azimuths = [point.azimuth_deg for point in points]
        for index, (before, after) in enumerate(pairwise(azimuths)):
            third = index > 0 and azimuths[index - 1] == after
            if third or not before <= after:
                message = f"{after:g} is not after {before:g}; azimuths must rise, two at one are a vertical edge"
                self._fault(f"{path}[{index + 1}].azimuth_deg", "UNSORTED", message)
        for first, second in zip(azimuths, [*azimuths[1:], *[value + 360.0 for value in azimuths[:1]]], strict=True):
            if second - first > _LARGEST_MASK_GAP_DEG:
                message = f"no point from azimuth {first:g} to {second % 360.0:g}; a mask is given all around"
                self._fault(path, "GAP", f"{message}, at least every {_LARGEST_MASK_GAP_DEG:g} degrees")
        return tuple(points)

    def _check_complex(self, stations: Sequence[Station]) -> None:
        """Antennas of one complex stand together: a wrong sign of a coordinate shows here."""
        first: dict[str, Station] = {}
        for index, station in enumerate(stations):
            self._check_away(station, first.setdefault(station.complex_name, station), f"stations[{index}].")

    def _check_away(self, station: Station, other: Station, path: str) -> None:
        distance_km = _distance_km(station, other)
        if distance_km > _COMPLEX_DIAMETER_KM:
            message = f"{station.station_id} is {distance_km:.0f} km from {other.station_id} of {other.complex_name}"
            self._fault(f"{path}longitude_deg", "AWAY_FROM_COMPLEX", message + "; is a sign wrong?")

    def _bands(self, entries: Any, path: str) -> tuple[StationBand, ...]:
        if not isinstance(entries, Sequence) or isinstance(entries, str) or not entries:
            self._fault(path, "MISSING", "at least one receiving band is needed")
            return ()
        bands: list[StationBand] = []
        for index, entry in enumerate(entries):
            at = f"{path}[{index}]"
            values = entry if isinstance(entry, Mapping) else {}
            band = values.get("band")
            if band not in BANDS or band in [other.band for other in bands]:
                self._fault(f"{at}.band", "UNKNOWN_BAND", f"{band!r} is none of {', '.join(BANDS)}, or is there twice")
            optical = band == OPTICAL and "g_over_t_db_k" not in values
            figure = None if optical else self._figure(values, "g_over_t_db_k", at, "dB/K", -20.0, 80.0)
            bands.append(StationBand(str(band), figure))
        return tuple(bands)

    def _figure(self, entry: Mapping[str, Any], name: str, path: str, unit: str, low: float, high: float) -> Figure:
        at, values = f"{path}.{name}", entry.get(name)
        if not isinstance(values, Mapping):
            self._fault(at, "MISSING", f"a value from {low:g} to {high:g} {unit} with source and confidence is needed")
            return Figure(0.0, unit, "", Confidence.ASSUMPTION)
        if values.get("unit") != unit:
            self._fault(f"{at}.unit", "WRONG_UNIT", f"{values.get('unit')!r} is not {unit!r}")
        value = self._number(values, "value", at, low, high)
        return Figure(value, unit, self._text(values, "source", at), self._confidence(values, "confidence", at))

    def _number(self, entry: Mapping[str, Any], name: str, path: str, low: float, high: float) -> float:
        value = entry.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self._fault(f"{path}.{name}", "OUT_OF_RANGE", f"{value!r} is not a number from {low:g} to {high:g}")
            return low
        return float(value)

    def _text(self, entry: Mapping[str, Any], name: str, path: str) -> str:
        value = entry.get(name)
        if not isinstance(value, str) or not value.strip():
            self._fault(f"{path}.{name}", "MISSING", "text is needed")
            return ""
        return value

    def _confidence(self, entry: Mapping[str, Any], name: str, path: str) -> Confidence:
        value = entry.get(name)
        if value not in tuple(Confidence):
            self._fault(f"{path}.{name}", "UNKNOWN_CONFIDENCE", f"{value!r} is none of {_CONFIDENCES}")
            return Confidence.ASSUMPTION
        return Confidence(value)

    def _fault(self, path: str, code: str, message: str) -> None:
        self.faults.append(Fault(path.removeprefix("."), code, message))


def _entry_of(station: Station) -> dict[str, Any]:
    """Return the entry of a catalogue that reads as a station."""
    values = asdict(station)
    values["id"], values["complex"] = values.pop("station_id"), values.pop("complex_name")
    values.pop("version")
    for band in values["bands"]:
        if band["g_over_t_db_k"] is None:
            del band["g_over_t_db_k"]
    values["bands"], values["mask"] = list(values["bands"]), list(values["mask"])
    return values


def _distance_km(a: Station, b: Station) -> float:
    """Great-circle distance on a sphere (haversine)."""
    latitude_a, latitude_b = math.radians(a.latitude_deg), math.radians(b.latitude_deg)
    half_longitude = math.radians(b.longitude_deg - a.longitude_deg) / 2.0
    across = math.cos(latitude_a) * math.cos(latitude_b) * math.sin(half_longitude) ** 2
    return 2.0 * _EARTH_RADIUS_KM * math.asin(math.sqrt(math.sin((latitude_b - latitude_a) / 2.0) ** 2 + across))
