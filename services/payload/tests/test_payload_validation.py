"""Every fault of an import comes back at once, with its path and code."""

from collections.abc import Callable
from dataclasses import replace
from math import inf, nan

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from malapert.payload.v1 import catalogue_pb2, request_pb2
from malapert.payload.v1.catalogue_pb2 import ImportCatalogueRequest
from malapert.type.v1 import type_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.rpc.mapping import to_domain
from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.requests.lifecycle import Change, accept, plan, transition
from malapert_payload.domain.requests.request import ActivityRequest, Relation, RelationKind, RequestState
from malapert_payload.domain.validation import import_faults, submission_faults
from malapert_payload.handlers.request_messages import request_of

DAY_S = 86_400


def faults_of(message: ImportCatalogueRequest) -> set[tuple[str, str]]:
    return {(fault.path, fault.code) for fault in all_faults(message)}


def all_faults(message: ImportCatalogueRequest) -> tuple[Fault, ...]:
    requests = [request_of(request, message.mission_id) for request in message.requests]
    return import_faults(to_domain(message, Catalogue), requests, {})


def test_the_mission_has_no_fault(mission_import: ImportCatalogueRequest) -> None:
    assert all_faults(mission_import) == ()


CHAIN, PANORAMA = 0, 1
PAN_DAILY, SAMPLE_RIDGE, SECRET = 0, 1, 2
Spoil = Callable[[ImportCatalogueRequest], object]


def move(interval: type_pb2.Interval, start_s: float = 0, end_s: float = 0) -> None:
    interval.start_time.seconds += int(start_s)
    interval.end_time.seconds += int(end_s)


SPOILT: list[tuple[str, str, Spoil]] = [
    ("mission_version", "MISSING_VERSION", lambda m: setattr(m, "mission_version", 0)),
    ("agency_ids[3]", "DUPLICATE_ID", lambda m: m.agency_ids.append("jaxa")),
    ("place_ids[3]", "INVALID_ID", lambda m: m.place_ids.append("a/b")),
    ("horizon", "EMPTY_HORIZON", lambda m: m.horizon.end_time.CopyFrom(m.horizon.start_time)),
    ("instruments[2].instrument_id", "DUPLICATE_ID", lambda m: m.instruments.append(m.instruments[0])),
    ("instruments[0].agency_id", "UNKNOWN_AGENCY", lambda m: setattr(m.instruments[0], "agency_id", "cnsa")),
    ("instruments[0].asset_id", "UNKNOWN_ASSET", lambda m: setattr(m.instruments[0], "asset_id", "hopper")),
    ("instruments[1].mass_kg.unit", "WRONG_UNIT", lambda m: setattr(m.instruments[1].mass_kg, "unit", "W")),
    ("instruments[0].source", "MISSING_SOURCE", lambda m: setattr(m.instruments[0], "source", " ")),
    ("instruments[0].modes", "NO_MODES", lambda m: m.instruments[0].ClearField("modes")),
    (
        "instruments[0].modes[1].power_w",
        "MISSING_FIGURE",
        lambda m: m.instruments[0].modes[1].ClearField("power_w"),
    ),
    (
        "instruments[0].modes[1].power_w.value",
        "NEGATIVE_NUMBER",
        lambda m: setattr(m.instruments[0].modes[1].power_w, "value", -1),
    ),
    (
        "instruments[0].modes[1].data_rate_bps.value",
        "NOT_FINITE",
        lambda m: setattr(m.instruments[0].modes[1].data_rate_bps, "value", nan),
    ),
    (
        "instruments[0].modes[0].power_w.confidence",
        "MISSING_CONFIDENCE",
        lambda m: m.instruments[0].modes[0].power_w.ClearField("confidence"),
    ),
    ("instruments[1].instrument_id", "AMBIGUOUS_RESOURCE", lambda m: m.resource_ids.append("camera")),
    ("activity_types[0].asset_id", "UNKNOWN_ASSET", lambda m: setattr(m.activity_types[0], "asset_id", "hopper")),
    ("activity_types[1].steps", "EMPTY_CHAIN", lambda m: m.activity_types[1].ClearField("steps")),
    (
        "activity_types[0].steps[1].step_id",
        "DUPLICATE_ID",
        lambda m: setattr(m.activity_types[0].steps[1], "step_id", "drill"),
    ),
    (
        "activity_types[1].steps[0].duration_s.value",
        "ZERO_DURATION",
        lambda m: setattr(m.activity_types[1].steps[0].duration_s, "value", 0),
    ),
    (
        "activity_types[0].steps[0].instruments[0].instrument_id",
        "UNKNOWN_INSTRUMENT",
        lambda m: setattr(m.activity_types[0].steps[0].instruments[0], "instrument_id", "radar"),
    ),
    (
        "activity_types[0].steps[0].instruments[0].mode_id",
        "UNKNOWN_MODE",
        lambda m: setattr(m.activity_types[0].steps[0].instruments[0], "mode_id", "zoom"),
    ),
    (
        "activity_types[1].steps[0].instruments[0].instrument_id",
        "WRONG_ASSET",
        lambda m: setattr(m.activity_types[1], "asset_id", "lander"),
    ),
    (
        "activity_types[0].steps[0].resources[1]",
        "UNKNOWN_RESOURCE",
        lambda m: m.activity_types[0].steps[0].resources.append("arm"),
    ),
    (
        "activity_types[0].steps[0].conditions[1].station_ids[0]",
        "UNKNOWN_STATION",
        lambda m: m.station_ids.remove("usuda"),
    ),
    (
        "activity_types[0].steps[0].conditions",
        "CONTRADICTING_CONDITIONS",
        lambda m: m.activity_types[0].steps[0].conditions.add(kind=request_pb2.CONDITION_KIND_DARKNESS),
    ),
    (
        "activity_types[0].steps[0].conditions[2].kind",
        "MISSING_KIND",
        lambda m: m.activity_types[0].steps[0].conditions.add(),
    ),
    (
        "activity_types[0].steps[0].min_start_charge.value",
        "OUT_OF_RANGE",
        lambda m: setattr(m.activity_types[0].steps[0].min_start_charge, "value", 60),
    ),
    ("requests[3].request_id", "DUPLICATE_ID", lambda m: m.requests.append(m.requests[0])),
    ("requests[0].mission_id", "WRONG_MISSION", lambda m: setattr(m.requests[0], "mission_id", "other")),
    ("requests[0].agency_id", "UNKNOWN_AGENCY", lambda m: setattr(m.requests[0], "agency_id", "cnsa")),
    (
        "requests[0].activity_type_id",
        "UNKNOWN_ACTIVITY_TYPE",
        lambda m: setattr(m.requests[0], "activity_type_id", "dance"),
    ),
    ("requests[1].place_ids[1]", "UNKNOWN_PLACE", lambda m: m.requests[1].place_ids.append("rim")),
    ("requests[1].place_ids[1]", "DUPLICATE_ID", lambda m: m.requests[1].place_ids.append("ridge")),
    ("requests[0].value", "NEGATIVE_NUMBER", lambda m: setattr(m.requests[0], "value", -0.5)),
    ("requests[0].value", "NOT_FINITE", lambda m: setattr(m.requests[0], "value", inf)),
    ("requests[0].visibility", "MISSING_VISIBILITY", lambda m: m.requests[0].ClearField("visibility")),
    (
        "requests[1].windows[0]",
        "REVERSED_WINDOW",
        lambda m: move(m.requests[1].windows[0], start_s=2 * DAY_S),
    ),
    (
        "requests[1].windows[0]",
        "WINDOW_OUTSIDE_HORIZON",
        lambda m: move(m.requests[1].windows[0], end_s=30 * DAY_S),
    ),
    (
        "requests[1].windows[0]",
        "OVERLAPPING_WINDOWS",
        lambda m: move(m.requests[1].windows[1], end_s=3.5 * DAY_S),
    ),
    (
        "requests[0].windows",
        "NO_WINDOW_LONG_ENOUGH",
        lambda m: move(
            m.requests[0].windows.add(start_time=m.horizon.start_time, end_time=m.horizon.start_time), end_s=599
        ),
    ),
    (
        "requests[1].relations[0].request_id",
        "UNKNOWN_REQUEST",
        lambda m: setattr(m.requests[1].relations[0], "request_id", "pan"),
    ),
    (
        "requests[1].relations[0].request_id",
        "SELF_RELATION",
        lambda m: setattr(m.requests[1].relations[0], "request_id", "sample-ridge"),
    ),
    (
        "requests[1].relations[0].min_lag_s",
        "REVERSED_LAG",
        lambda m: setattr(m.requests[1].relations[0], "min_lag_s", 7201),
    ),
    ("requests[1].relations[0].kind", "MISSING_KIND", lambda m: m.requests[1].relations[0].ClearField("kind")),
    (
        "requests[1].relations[0]",
        "CONTRADICTING_RELATIONS",
        lambda m: m.requests[1].relations.add(kind=request_pb2.RELATION_KIND_EXCLUDES, request_id="pan-daily"),
    ),
    (
        "activity_types[0].steps[0].conditions[0].least_sun_fraction",
        "OUT_OF_RANGE",
        lambda m: setattr(m.activity_types[0].steps[0].conditions[0], "least_sun_fraction", 1.5),
    ),
    (
        "activity_types[0].steps[0].conditions[1].least_sun_fraction",
        "CONTRADICTING_CONDITIONS",
        lambda m: setattr(m.activity_types[0].steps[0].conditions[1], "least_sun_fraction", 0.5),
    ),
    ("requests[0].repetition.count", "OUT_OF_RANGE", lambda m: setattr(m.requests[0].repetition, "count", 0)),
    (
        "requests[0].repetition.tolerance_s",
        "TOLERANCE_TOO_WIDE",
        lambda m: setattr(m.requests[0].repetition, "tolerance_s", DAY_S),
    ),
    (
        "requests[0].repetition.period_s",
        "PERIOD_TOO_SHORT",
        lambda m: m.requests[0].repetition.MergeFrom(request_pb2.Repetition(period_s=100, tolerance_s=99)),
    ),
    (
        "requests[0].repetition",
        "REPETITION_TOO_LONG",
        lambda m: setattr(m.requests[0].repetition, "count", 12),
    ),
]


@pytest.mark.parametrize(("path", "code", "spoil"), SPOILT, ids=[f"{path}-{code}" for path, code, _ in SPOILT])
def test_a_spoilt_import_has_the_fault(
    mission_import: ImportCatalogueRequest, path: str, code: str, spoil: Spoil
) -> None:
    spoil(mission_import)
    assert (path, code) in faults_of(mission_import)


def test_a_fault_says_what_is_allowed(mission_import: ImportCatalogueRequest) -> None:
    mission_import.requests[SAMPLE_RIDGE].place_ids[0] = "rigde"
    assert all_faults(mission_import) == (
        Fault("requests[1].place_ids[0]", "UNKNOWN_PLACE", "there is no place 'rigde'; allowed: base, crater, ridge"),
    )


def test_of_very_many_identifiers_their_number_is_told(mission_import: ImportCatalogueRequest) -> None:
    """To put all in order for each fault would take the square of what a hostile input holds."""
    mission_import.place_ids.extend(f"place-{number}" for number in range(300))
    mission_import.requests[PAN_DAILY].place_ids[:] = ["nowhere"]
    (fault,) = [fault for fault in all_faults(mission_import) if fault.code == "UNKNOWN_PLACE"]
    count = len(mission_import.place_ids)
    assert fault.message == f"there is no place 'nowhere'; allowed: one of the {count} that there are"


def test_repetitions_fill_the_horizon_exactly(mission_import: ImportCatalogueRequest) -> None:
    repetition = mission_import.requests[PAN_DAILY].repetition
    repetition.count, repetition.tolerance_s = 11, 60.0
    # 10 shortest periods of 86,340 s and 600 s make the 10 days of the horizon.
    assert all_faults(mission_import) == ()
    repetition.tolerance_s = 59.9
    assert faults_of(mission_import) == {("requests[0].repetition", "REPETITION_TOO_LONG")}


def test_a_cycle_is_named_once(mission_import: ImportCatalogueRequest) -> None:
    after = request_pb2.RELATION_KIND_AFTER
    mission_import.requests[PAN_DAILY].relations.add(kind=after, request_id="secret-crater")
    mission_import.requests[SECRET].relations.add(kind=after, request_id="sample-ridge")
    assert all_faults(mission_import) == (
        Fault(
            "requests[0].relations[0]",
            "CYCLIC_RELATIONS",
            "a cycle of AFTER: pan-daily after secret-crater after sample-ridge after pan-daily",
        ),
    )


def test_no_more_cycles_are_looked_for_than_are_told(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    names = [f"r{number}" for number in range(240)]
    requests = [
        replace(document[0], request_id=name, relations=(Relation(RelationKind.AFTER, names[number ^ 1]),))
        for number, name in enumerate(names)
    ]
    faults = submission_faults(catalogue, requests, {}, set())
    assert [fault.code for fault in faults] == ["CYCLIC_RELATIONS"] * 100


def test_requiring_each_other_is_no_cycle(mission_import: ImportCatalogueRequest) -> None:
    requires = request_pb2.RELATION_KIND_REQUIRES
    mission_import.requests[PAN_DAILY].relations.add(kind=requires, request_id="secret-crater")
    mission_import.requests[SECRET].relations.add(kind=requires, request_id="pan-daily")
    assert all_faults(mission_import) == ()


def test_what_is_carried_out_cannot_change(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    change = Change("jaxa", catalogue.horizon.start_time, "test")
    stored = transition(plan(accept(document[0], change), "plan-1", 1, 1, change), RequestState.PROCESSING, change)
    assert import_faults(catalogue, document, {stored.request_id: stored}) == ()
    changed = [*document]
    changed[0] = accept(document[0], change).definition()
    object.__setattr__(changed[0], "value", 99.0)
    faults = import_faults(catalogue, changed, {stored.request_id: stored}, "jaxa")
    assert [(fault.path, fault.code) for fault in faults] == [("requests[0]", "REQUEST_SETTLED")]
    # What another agency handed in itself stays as it is, and the document need not say the same.
    assert import_faults(catalogue, changed, {stored.request_id: stored}, "isro") == ()


def test_a_submission_needs_new_identifiers(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    faults = submission_faults(catalogue, document[:1], {"pan-daily"}, {"pan-daily"})
    assert [(fault.path, fault.code) for fault in faults] == [("requests[0].request_id", "DUPLICATE_ID")]
    assert [fault.code for fault in submission_faults(catalogue, [], set(), set())] == ["NO_REQUESTS"]


numbers = st.floats() | st.sampled_from([0.0, 1.0, 600.0, 86_400.0])
names = st.sampled_from(["jaxa", "rover", "ridge", "drill", "camera", "panorama", "pan-daily", "a", "b", "c", "", "/"])
times = st.integers(-62_135_596_800, 253_402_300_799).map(lambda seconds: {"seconds": seconds})
intervals = st.builds(type_pb2.Interval, start_time=times, end_time=times)
relations = st.builds(
    request_pb2.Relation, kind=st.integers(0, 9), request_id=names, min_lag_s=numbers, max_lag_s=numbers
)
requests = st.builds(
    request_pb2.ActivityRequest,
    request_id=names,
    activity_type_id=names,
    agency_id=names,
    value=numbers,
    place_ids=st.lists(names, max_size=3),
    windows=st.lists(intervals, max_size=3),
    relations=st.lists(relations, max_size=3),
    repetition=st.none()
    | st.builds(request_pb2.Repetition, count=st.integers(0, 2**32 - 1), period_s=numbers, tolerance_s=numbers),
    visibility=st.integers(0, 9),
)
figures = st.none() | st.builds(
    type_pb2.Figure, value=numbers, unit=st.sampled_from(["s", "W", ""]), confidence=st.integers(0, 9)
)
steps = st.builds(
    catalogue_pb2.ActivityStep,
    step_id=names,
    duration_s=figures,
    power_w=figures,
    min_start_charge=figures,
    resources=st.lists(names, max_size=2),
    conditions=st.lists(
        st.builds(request_pb2.Condition, kind=st.integers(0, 9), station_ids=st.lists(names, max_size=2)), max_size=3
    ),
)
types = st.builds(catalogue_pb2.ActivityType, activity_type_id=names, asset_id=names, steps=st.lists(steps, max_size=3))
imports = st.builds(
    ImportCatalogueRequest,
    mission_id=names,
    agency_ids=st.lists(names, max_size=3),
    horizon=intervals,
    activity_types=st.lists(types, max_size=3),
    requests=st.lists(requests, max_size=5),
)


@pytest.mark.slow
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(message=imports)
def test_validation_returns_faults_and_never_raises(message: ImportCatalogueRequest) -> None:
    faults = all_faults(message)
    assert faults
    assert all(fault.path and fault.code.isupper() and fault.message for fault in faults)


def test_a_time_beyond_the_calendar_is_refused(mission_import: ImportCatalogueRequest) -> None:
    mission_import.horizon.end_time.seconds = 2**62
    with pytest.raises(InvalidInputError, match="INVALID_TIME"):
        to_domain(mission_import, Catalogue)
