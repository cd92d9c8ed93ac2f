import json
from typing import Any

import jsonschema
import pytest
from malapert_core.errors import Fault, InvalidInputError
from malapert_planner.mission_document import MissionDocument, mission_schema, read_document, refuse
from malapert_planner.mission_document.quantities import Data, DataRate, DecibelWatt, Energy, Power, Share, Speed
from malapert_planner.mission_document.sources import figures_of
from malapert_planner.services.requests_out.catalogue import document_fault
from mission_documents import EPHEMERIS_SPAN, MISSIONS, changed, load_mission
from pydantic import ValidationError

WEEK = load_mission("lupex-week")
NAMES = sorted(path.stem for path in MISSIONS.glob("*.yaml"))


def faults_of(document_json: bytes) -> set[tuple[str, str]]:
    return {(fault.path, fault.code) for fault in read_document(document_json, EPHEMERIS_SPAN)[1]}


@pytest.mark.parametrize("name", NAMES)
def test_a_reference_mission_has_no_fault_and_every_figure_its_source(name: str) -> None:
    document, faults = read_document(json.dumps(load_mission(name)).encode(), EPHEMERIS_SPAN)
    assert faults == []
    assert document is not None
    figures = dict(figures_of(document))
    assert len(figures) > 20
    assert [path for path, figure in figures.items() if not figure.source or figure.confidence is None] == []


def test_the_reference_mission_has_the_published_figures() -> None:
    document, _ = read_document(json.dumps(load_mission("lupex")).encode(), EPHEMERIS_SPAN)
    assert document is not None
    rover = document.assets[0]
    assert rover.mass is not None
    assert rover.battery is not None
    assert rover.array is not None
    assert rover.mobility is not None
    assert document.terrain is not None
    assert (rover.mass.amount, rover.mass.confidence) == (350.0, "H")
    assert (rover.battery.capacity.amount, rover.array.power.amount) == (6000.0, 400.0)
    assert (rover.mobility.max_slope.amount, rover.mobility.max_slope.confidence) == (25.0, "M")
    assert rover.array.power.confidence == rover.mobility.speed.confidence == "A"
    assert document.terrain.region.latitude.confidence == "U"
    instruments = {instrument.id: instrument.agency for instrument in document.instruments}
    assert {instruments[name] for name in ("ltga", "triton", "adore", "alis")} == {"JAXA"}
    assert (instruments["ns"], instruments["ems-l"], instruments["isap"]) == ("NASA", "ESA", "ISRO")
    assert {agency.id for agency in document.agencies if agency.reviewer} == {"JAXA", "ISRO", "NASA", "ESA"}
    assert 45 <= len(document.requests) <= 80


def test_the_published_schema_is_beside_the_missions() -> None:
    """Editors complete and check mission files by it: `make schema` writes it anew."""
    assert json.loads((MISSIONS / "mission.schema.json").read_text()) == json.loads(mission_schema())


ARM_CONDITIONS = "activity_types__1__steps__0__conditions"
ARM_PATH = "activity_types[1].steps[0].conditions"
SPOILT_PARTS: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
    ("lupex-week", {"mission__title": " \u00a0 "}, ("mission.title", "INVALID_VALUE")),
    ("relay-week", {"assets__1__orbit": None}, ("assets[1].orbit", "MISSING_FIELD")),
    ("relay-week", {"assets__1__kind": "plant"}, ("assets[1].orbit", "WRONG_KIND")),
    ("qkd-network", {"assets__1__site": None}, ("assets[1].site", "MISSING_FIELD")),
    (
        "ait-campaign",
        {"calendars__1__windows__0__end": "2027-06-19T00:00:00Z"},
        ("calendars[1].windows[0]", "EMPTY_WINDOW"),
    ),
    ("ait-campaign", {"calendars__0__repeated__0__every": "1 h"}, ("calendars[0].repeated[0].every", "OVERLAP")),
    ("ait-campaign", {"waypoints__0__offset": {"east": "1 m", "north": "0 m"}}, ("waypoints[0]", "INVALID_WAYPOINT")),
    ("lupex", {"landing": None}, ("landing", "MISSING_FIELD")),
    ("lupex", {"assets__0__battery": None}, ("assets[0].battery", "MISSING_FIELD")),
    ("lupex", {"assets__1__kind": "rover"}, ("assets", "ONE_ROVER")),
    (
        "station-arm",
        {f"{ARM_CONDITIONS}__0__calendars": ["nap"]},
        (f"{ARM_PATH}[0].calendars[0]", "UNKNOWN_CALENDAR"),
    ),
    ("station-arm", {f"{ARM_CONDITIONS}__1__orbiters": ["moon"]}, (f"{ARM_PATH}[1].orbiters[0]", "UNKNOWN_ORBITER")),
]


@pytest.mark.parametrize(("name", "changes", "fault"), SPOILT_PARTS)
def test_a_part_that_is_missing_or_wrong_is_named(name: str, changes: dict[str, Any], fault: tuple[str, str]) -> None:
    _, faults = read_document(changed(load_mission(name), **changes), EPHEMERIS_SPAN)
    assert fault in [(found.path, found.code) for found in faults]


SOURCE = "assets__0__key_source"
OUT_OF_BOUNDS: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
    ("lupex-week", {"assets__0__mass__value": "1e-400 kg"}, ("assets[0].mass", "INVALID_FIGURE")),
    ("lupex-week", {"assets__0__mass__value": "1e400 kg"}, ("assets[0].mass", "INVALID_FIGURE")),
    ("lupex-week", {"assets__0__array__height": "1e-306 fm"}, ("assets[0].array.height", "INVALID_FIGURE")),
    ("lupex-week", {"landing__limits__max_slope__source": "  "}, ("landing.limits.max_slope.source", "EMPTY_TEXT")),
    ("lupex-week", {"source": ""}, ("source", "EMPTY_TEXT")),
    ("lupex-week", {"assets__0__terminal__losses": "-2 dB"}, ("assets[0].terminal.losses", "OUT_OF_RANGE")),
    ("lupex-week", {"assets__0__terminal__margin": "-1 dB"}, ("assets[0].terminal.margin", "OUT_OF_RANGE")),
    ("lupex-week", {"assets__0__terminal__frequency": "8.45 Hz"}, ("assets[0].terminal.frequency", "OUT_OF_RANGE")),
    (
        "lupex-week",
        {"assets__0__terminal__rate_steps": ["4 Mbit/s", "1 Mbit/s"]},
        ("assets[0].terminal.rate_steps", "OUT_OF_ORDER"),
    ),
    ("qkd-network", {f"{SOURCE}__correction_efficiency": 0}, ("correction_efficiency", "OUT_OF_RANGE")),
    ("qkd-network", {f"{SOURCE}__signal_photons": 1e5}, ("signal_photons", "OUT_OF_RANGE")),
    ("qkd-network", {f"{SOURCE}__decoy_photons": 9}, ("decoy_photons", "OUT_OF_RANGE")),
    ("qkd-network", {f"{SOURCE}__fixed_loss__value": "-3 dB"}, ("fixed_loss", "OUT_OF_RANGE")),
    ("qkd-network", {f"{SOURCE}__beam_divergence__value": "-10 urad"}, ("beam_divergence", "OUT_OF_RANGE")),
    ("qkd-network", {f"{SOURCE}__min_moon_separation__value": "-20 deg"}, ("min_moon_separation", "OUT_OF_RANGE")),
]


@pytest.mark.parametrize(("name", "changes", "fault"), OUT_OF_BOUNDS)
def test_a_figure_that_would_be_lost_or_that_no_link_is_computed_with_is_refused(
    name: str, changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    """Nothing else is at fault: what is set aside is taken for the nearest that is allowed."""
    _, faults = read_document(changed(load_mission(name), **changes), EPHEMERIS_SPAN)
    assert [(found.path.removeprefix("assets[0].key_source."), found.code) for found in faults] == [fault]


@pytest.mark.parametrize(
    ("payload", "document"),
    [
        ("instruments[0].modes[1].mode_id", "instruments[0].modes[1].id"),
        ("instruments[0].modes[1].power_w.value", "instruments[0].modes[1].power"),
        ("instruments[0].modes[0].warm_up.duration_s.unit", "instruments[0].modes[0].warm_up.duration.unit"),
        ("instruments[0].resources[0].resource_id", "instruments[0].resources[0].id"),
        ("instruments[0].modes[0].uses[1].resource_id", "instruments[0].modes[0].uses[1].resource"),
        ("instruments[0].transitions[0].to_mode_id", "instruments[0].transitions[0].to_mode"),
        ("instruments[1].exclusions[0].other_mode_ids[0]", "instruments[1].exclusions[0].other_modes[0]"),
        ("activity_types[2].parameters[0].default_value.value", "activity_types[2].parameters[0].default"),
        ("activity_types[2].steps[0].products[0].product_id", "activity_types[2].steps[0].products[0].id"),
        ("requests[3].arguments[0].parameter_id", "requests[3].arguments[0].parameter"),
        ("requests[3].arguments[0].value", "requests[3].arguments[0].value"),
        ("requests[3].campaign.place_set_id", "requests[3].campaign.place_set"),
        ("requests[3].decay.every_s", "requests[3].decay.every"),
        ("place_sets[0].place_set_id", "place_sets[0].id"),
        ("science.interior_flux_w_m2.value", "science.interior_flux"),
    ],
)
def test_faults_of_payload_are_found_in_the_document(payload: str, document: str) -> None:
    assert document_fault(Fault(payload, "X", "x")).path == document


@pytest.mark.parametrize("name", NAMES)
def test_the_published_schema_holds_for_the_reference_missions(name: str) -> None:
    schema = json.loads(mission_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(load_mission(name))


def test_the_published_schema_refuses_what_the_reader_refuses() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(mission_schema()))
    assert not validator.is_valid(json.loads(changed(WEEK, solver__sede=3)))
    assert not validator.is_valid(json.loads(changed(WEEK, horizon=None)))


# Expected amounts by hand: 1 Wh = 3600 J, 1 byte = 8 bit, dBW = 10 log10(W), dBm = dBW + 30.
@pytest.mark.parametrize(
    ("quantity", "text", "amount"),
    [
        (Power, "0.4 kW", 400.0),
        (Energy, "21.6 MJ", 6000.0),
        (Data, "250 MB", 2e9),
        (Data, "1 GiB", 8.0 * 2**30),
        (DataRate, "256 kbps", 256e3),
        (DataRate, "2 Mbit/s", 2e6),
        (Speed, "180 m/h", 0.05),
        (Share, "60 %", 0.6),
        (Share, "0.6", 0.6),
        (DecibelWatt, "100 W", 20.0),
        (DecibelWatt, "30 dBm", 0.0),
    ],
)
def test_any_unit_of_the_dimension_is_taken(quantity: Any, text: str, amount: float) -> None:
    assert quantity.of(text).amount == pytest.approx(amount, rel=1e-12)


@pytest.mark.parametrize(
    ("quantity", "text", "code"),
    [
        (Power, "400 Wh", "WRONG_UNIT"),
        (Power, "400", "WRONG_UNIT"),
        (Power, "400 blorg", "UNKNOWN_UNIT"),
        (Power, "much W", "INVALID_FIGURE"),
        (Power, "9 W**9", "UNKNOWN_UNIT"),
        (Power, "1e999 W", "INVALID_FIGURE"),
        (Power, "-1 W", "OUT_OF_RANGE"),
        (Data, "3 deg", "WRONG_UNIT"),
        (DataRate, "3 Hz", "WRONG_UNIT"),
        (DecibelWatt, "3 dB", "WRONG_UNIT"),
        (Share, "130 %", "OUT_OF_RANGE"),
    ],
)
def test_a_figure_of_another_kind_is_refused(quantity: Any, text: str, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        quantity.of(text)
    assert caught.value.errors()[0]["type"] == code


ONE_FAULT: list[tuple[dict[str, Any], str, str]] = [
    ({"assets__0__array__power": "400 Wh"}, "assets[0].array.power", "WRONG_UNIT"),
    ({"assets__0__array__power": {"value": "4 A"}}, "assets[0].array.power", "WRONG_UNIT"),
    ({"solver__sede": 3}, "solver.sede", "UNKNOWN_FIELD"),
    ({"requests__3__instruments": []}, "requests[3].instruments", "UNKNOWN_FIELD"),
    ({"horizon__start": None}, "horizon.start", "MISSING_FIELD"),
    ({"source": None}, "horizon.duration.source", "MISSING_FIELD"),
    ({"requests__0__places": ["crater"]}, "requests[0].places[0]", "UNKNOWN_PLACE"),
    ({"assets__0__start_place": "crater"}, "assets[0].start_place", "UNKNOWN_PLACE"),
    ({"horizon__start": "2061-01-16T00:00:00Z"}, "horizon.start", "OUTSIDE_EPHEMERIS"),
    ({"horizon__duration": "9000 d"}, "horizon.duration", "OUTSIDE_EPHEMERIS"),
    ({"landing__time": "1969-07-20T20:17:40Z"}, "landing.time", "OUTSIDE_EPHEMERIS"),
    ({"horizon__start": "2029-01-16T00:00:00"}, "horizon.start", "NAIVE_TIME"),
    ({"horizon__start": "soon"}, "horizon.start", "INVALID_TIME"),
    ({"landing__time": "2029-01-17T00:00:00Z"}, "landing.time", "LANDING_AFTER_START"),
    ({"waypoints__1__id": "lander"}, "waypoints[1].id", "DUPLICATE_ID"),
    ({"requests__1__id": "survey-lander"}, "requests[1].id", "DUPLICATE_ID"),
    ({"waypoints__0__offset": None}, "waypoints[0]", "INVALID_WAYPOINT"),
    ({"requests__2__relations__0__request": "survey-landr"}, "requests[2].relations[0].request", "UNKNOWN_REQUEST"),
    ({"requests__0__agency": "NASDA"}, "requests[0].agency", "UNKNOWN_AGENCY"),
    ({"requests__0__activity_type": "dig"}, "requests[0].activity_type", "UNKNOWN_ACTIVITY_TYPE"),
    ({"drive_rule__instruments__0__mode": "x"}, "drive_rule.instruments[0].mode", "UNKNOWN_MODE"),
    ({"drive_rule__resources": ["wheel"]}, "drive_rule.resources[0]", "UNKNOWN_RESOURCE"),
    ({"drive_rule__dark_places": ["crater"]}, "drive_rule.dark_places[0]", "UNKNOWN_PLACE"),
    ({"drive_rule__conditions": [{"kind": "contact", "outside": True}]}, "drive_rule.conditions[0]", "WRONG_CONDITION"),
    ({"drive_rule__conditions": [{"kind": "availability"}]}, "drive_rule.conditions[0]", "WRONG_CONDITION"),
    ({"terrain__builtin": "north"}, "terrain.builtin", "WRONG_POLE"),
    ({"solver__resolution": "11 min"}, "solver.resolution", "RESOLUTION_MISFIT"),
    ({"solver__seed": "one"}, "solver.seed", "INVALID_VALUE"),
    ({"solver__seed": True}, "solver.seed", "INVALID_VALUE"),
    ({"agencies__0__confidence": "X"}, "agencies[0].confidence", "INVALID_VALUE"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "path", "code"), ONE_FAULT)
def test_a_fault_is_named_with_its_path(changes: dict[str, Any], path: str, code: str) -> None:
    assert (path, code) in faults_of(changed(WEEK, **changes))


def window(start: str, end: str) -> dict[str, str]:
    return {"start": f"2029-01-{start}T00:00:00Z", "end": f"2029-01-{end}T00:00:00Z"}


def test_windows_that_overlap_are_empty_or_leave_the_horizon_are_named() -> None:
    windows = [window("17", "19"), window("18", "20"), window("20", "21"), window("22", "25")]
    assert faults_of(changed(WEEK, requests__0__windows=windows)) == {
        ("requests[0].windows[1]", "OVERLAP"),
        ("requests[0].windows[3]", "OUTSIDE_HORIZON"),
    }
    assert faults_of(changed(WEEK, requests__0__windows=[window("22", "21")])) == {
        ("requests[0].windows[0]", "EMPTY_WINDOW")
    }


def test_all_faults_of_a_document_come_at_once() -> None:
    document_json = changed(
        WEEK,
        solver__sede=3,
        assets__0__battery__capacity="6 kW",
        requests__0__places=["crater"],
        requests__0__windows=[window("17", "19"), window("18", "20")],
        landing__time="2029-01-14T06:00:00",
    )
    expected = {
        ("solver.sede", "UNKNOWN_FIELD"),
        ("assets[0].battery.capacity", "WRONG_UNIT"),
        ("requests[0].places[0]", "UNKNOWN_PLACE"),
        ("requests[0].windows[1]", "OVERLAP"),
        ("landing.time", "NAIVE_TIME"),
    }
    document, faults = read_document(document_json, EPHEMERIS_SPAN)
    assert document is not None
    assert {(fault.path, fault.code) for fault in faults} == expected
    with pytest.raises(InvalidInputError, match="5 faults") as caught:
        refuse(faults)
    assert caught.value.reason == "INVALID_MISSION"


def test_an_unknown_field_is_answered_with_the_nearest_and_all_allowed() -> None:
    (fault,) = read_document(changed(WEEK, solver__resolutoin="5 min"), EPHEMERIS_SPAN)[1]
    assert "did you mean resolution?" in fault.message
    assert "seed, source, work_limit" in fault.message


@pytest.mark.parametrize("document_json", [b"", b"[]", b"{", b"\xff", b'"x"', b"[" * 100_000, b"{}"])
def test_what_is_no_document_is_refused(document_json: bytes) -> None:
    document, faults = read_document(document_json, EPHEMERIS_SPAN)
    assert document is None
    assert faults


def test_a_document_survives_its_own_canonical_form() -> None:
    document, _ = read_document(json.dumps(WEEK).encode(), EPHEMERIS_SPAN)
    assert document is not None
    canonical = document.model_dump_json(exclude_none=True).encode()
    again, faults = read_document(canonical, EPHEMERIS_SPAN)
    assert faults == []
    assert isinstance(again, MissionDocument)
    assert again.model_dump_json(exclude_none=True).encode() == canonical
