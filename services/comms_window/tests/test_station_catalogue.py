from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from malapert_comms_window.domain.catalogue import read_catalogue
from malapert_comms_window.domain.figures import Confidence
from malapert_comms_window.storage.station_catalogue import load_station_catalogue
from malapert_core.errors import InvalidInputError

REFERENCE = Path(__file__).parents[3].parent / "shared" / "reference" / "stations.yaml"


def _document() -> dict[str, Any]:
    text = files("malapert_comms_window").joinpath("data", "stations.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def _faults(document: Any) -> dict[str, str]:
    with pytest.raises(InvalidInputError) as caught:
        read_catalogue(document)
    assert caught.value.reason == "INVALID_STATION_CATALOGUE"
    return {fault.path: fault.code for fault in caught.value.faults}


def test_every_station_is_there_with_its_source() -> None:
    stations = load_station_catalogue()
    assert len(stations) == 33
    assert all(station.source and station.bands for station in stations.values())
    idsn = stations["isro-idsn-32"]
    assert (idsn.agency_id, idsn.g_over_t_db_k("X"), idsn.g_over_t_db_k("Ka")) == ("ISRO", 51.0, None)
    assert idsn.bands[1].g_over_t_db_k.confidence is Confidence.MEDIUM
    assert stations["dsn-dss43"].setup_s.confidence is Confidence.ASSUMPTION


def test_positions_are_those_of_the_reference() -> None:
    if not REFERENCE.is_file():
        pytest.skip("../shared/reference/stations.yaml is not there")
    stations = load_station_catalogue()
    entries = yaml.safe_load(REFERENCE.read_text())["stations"]
    assert {entry["id"] for entry in entries} == set(stations)
    for entry in entries:
        station = stations[entry["id"]]
        assert (station.latitude_deg, station.longitude_deg) == (entry["lat_deg"], entry["lon_e_deg"])
        assert (station.height_m, station.dish_m) == (entry["height_m"], entry["dish_m"])
        assert station.min_elevation_deg.value == entry["min_elevation_deg"]
        assert [band.band for band in station.bands] == entry["bands"]
        assert station.source == entry["source"]
        assert station.confidence.name[0] == entry["confidence"]


def test_all_faults_come_back_at_once() -> None:
    document = _document()
    first, second, third = document["stations"][:3]
    first["min_elevation_deg"]["value"] = 95
    first["colour"] = "white"
    second["id"] = first["id"]
    second["longitude_deg"] = 382.6
    second["bands"][0]["g_over_t_db_k"]["unit"] = "dB"
    third["latitude_deg"] = True
    del third["setup_s"]
    third["confidence"] = "certain"
    assert _faults(document) == {
        "stations[0].min_elevation_deg.value": "OUT_OF_RANGE",
        "stations[0].colour": "UNKNOWN_FIELD",
        "stations[1].id": "DUPLICATE",
        "stations[1].longitude_deg": "OUT_OF_RANGE",
        "stations[1].bands[0].g_over_t_db_k.unit": "WRONG_UNIT",
        "stations[2].latitude_deg": "OUT_OF_RANGE",
        "stations[2].setup_s": "MISSING",
        "stations[2].confidence": "UNKNOWN_CONFIDENCE",
    }


def test_a_wrong_sign_of_a_longitude_is_found() -> None:
    document = _document()
    index = next(i for i, entry in enumerate(document["stations"]) if entry["id"] == "dsn-dss35")
    document["stations"][index]["longitude_deg"] *= -1.0
    assert _faults(document) == {f"stations[{index}].longitude_deg": "AWAY_FROM_COMPLEX"}


@pytest.mark.parametrize("document", [None, [], {"schema": 1}, {"schema": 1, "stations": "none"}])
def test_what_is_no_catalogue_is_refused(document: Any) -> None:
    assert _faults(document)["stations"] == "MISSING"


@pytest.mark.parametrize(
    "datum", ["EGM96", "mean sea level", "NAVD88", "WGS84 geoid", "WGS84 ellipsoid (EGM2008)", "WGS72"]
)
def test_heights_that_are_not_above_the_ellipsoid_are_refused(datum: str) -> None:
    document = _document()
    document["stations"][0]["height_datum"] = datum
    assert _faults(document) == {"stations[0].height_datum": "UNKNOWN_DATUM"}


@pytest.mark.parametrize("datum", ["WGS84 ellipsoid", "wgs-84 ellipsoid", "WGS 84", "GRS80-ellipsoid", "Unverified"])
def test_the_ellipsoid_is_known_by_its_spellings(datum: str) -> None:
    document = _document()
    document["stations"][0]["height_datum"] = datum
    assert len(read_catalogue(document)) == len(document["stations"])
