"""Instruments in full: every limit checked, phases and amounts worked out by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from malapert.payload.v1 import mode_pb2, parameter_pb2, request_pb2, resource_pb2, science_pb2
from malapert.payload.v1.catalogue_pb2 import ImportCatalogueRequest
from malapert.type.v1 import type_pb2
from malapert_core.rpc.mapping import to_domain, to_message
from malapert_payload.domain.catalogue.activity_type import ConditionKind
from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.catalogue.figures import in_own_units
from malapert_payload.domain.catalogue.resource import ResourceEffect
from malapert_payload.domain.expansion.expansion import expand
from malapert_payload.domain.expansion.prediction import predict
from malapert_payload.domain.requests.request import ActivityRequest
from malapert_payload.domain.validation import import_faults
from malapert_payload.handlers.request_messages import request_of

Spoil = Callable[[ImportCatalogueRequest], object]
SAMPLE_RIDGE = 1


def figure(value: float, unit: str) -> type_pb2.Figure:
    return type_pb2.Figure(value=value, unit=unit, source="test", confidence=type_pb2.CONFIDENCE_ASSUMPTION)


@pytest.fixture
def full(mission_import: ImportCatalogueRequest) -> ImportCatalogueRequest:
    """The small mission with ovens, phases, transitions, exclusions, a depth, products and a place set."""
    spectrometer, camera = mission_import.instruments
    spectrometer.resources.add(
        resource_id="ovens", title="Ovens", kind=resource_pb2.RESOURCE_KIND_CONSUMABLE, capacity=figure(12, "1")
    )
    mode = spectrometer.modes[1]
    mode.warm_up.CopyFrom(mode_pb2.ModePhase(duration_s=figure(10, "min"), power_w=figure(30, "W")))
    mode.cool_down.CopyFrom(mode_pb2.ModePhase(duration_s=figure(300, "s"), power_w=figure(0.005, "kW")))
    mode.peak_power_w.CopyFrom(figure(60, "W"))
    mode.uses.add(resource_id="ovens", effect=resource_pb2.RESOURCE_EFFECT_CONSUME, amount=figure(1, "1"))
    camera.exclusions.add(instrument_id="spectrometer", reason="light of its oven")
    chain = mission_import.activity_types[0]
    chain.tags.append("drill")
    chain.parameters.add(
        parameter_id="depth", title="Depth", unit="m", default_value=figure(50, "cm"), lowest=figure(0.1, "m"),
        highest=figure(1.5, "m"),
    )  # fmt: skip
    chain.presets.add(preset_id="deep", title="Deep", arguments=[request_pb2.Argument(parameter_id="depth", value=1.5)])
    drill = chain.steps[0]
    drill.effects.add(parameter_id="depth", quantity=parameter_pb2.STEP_QUANTITY_DURATION, per_unit=figure(1, "h"))
    drill.products.add(product_id="cores", title="Cores", share=0.25, priority=1, max_latency_s=3600)
    mission_import.place_sets.add(place_set_id="ground", place_ids=["ridge", "crater"])
    return mission_import


def catalogue_of(message: ImportCatalogueRequest) -> Catalogue:
    return in_own_units(to_domain(message, Catalogue))


def requests_of(message: ImportCatalogueRequest) -> list[ActivityRequest]:
    return [request_of(request, message.mission_id) for request in message.requests]


def faults_of(message: ImportCatalogueRequest) -> set[tuple[str, str]]:
    faults = import_faults(to_domain(message, Catalogue), requests_of(message), {})
    return {(fault.path, fault.code) for fault in faults}


def without_spectrometer_exclusion(message: ImportCatalogueRequest) -> None:
    del message.instruments[1].exclusions[:]


def test_the_full_mission_has_no_fault(full: ImportCatalogueRequest) -> None:
    assert faults_of(full) == set()


def test_translation_loses_nothing(full: ImportCatalogueRequest) -> None:
    back = to_message(to_domain(full, Catalogue), ImportCatalogueRequest)
    back.validate_only = full.validate_only
    back.requests.extend(full.requests)
    assert back == full


def mode_of(message: ImportCatalogueRequest) -> Any:
    return message.instruments[0].modes[1]


def part_of(message: Any, path: str) -> tuple[Any, str | int]:
    """Return what holds the last part of a path, and that part."""
    parts = [int(part) if part.isdigit() else part for part in path.replace("]", "").replace("[", ".").split(".")]
    for part in parts[:-1]:
        message = message[part] if isinstance(part, int) else getattr(message, part)
    return message, parts[-1]


def put(path: str, value: Any) -> Spoil:
    def spoil(message: ImportCatalogueRequest) -> None:
        owner, last = part_of(message, path)
        if isinstance(last, int):
            owner[last] = value
        elif hasattr(value, "DESCRIPTOR"):
            getattr(owner, last).CopyFrom(value)
        else:
            setattr(owner, last, value)

    return spoil


def add(path: str, *values: Any) -> Spoil:
    def spoil(message: ImportCatalogueRequest) -> None:
        owner, last = part_of(message, path)
        getattr(owner, str(last)).extend(values)

    return spoil


def clear(path: str) -> Spoil:
    def spoil(message: ImportCatalogueRequest) -> None:
        owner, last = part_of(message, path)
        owner.ClearField(last)

    return spoil


def both(*spoils: Spoil) -> Spoil:
    return lambda message: [spoil(message) for spoil in spoils]


def depth(value: float, unit: str = "") -> request_pb2.Argument:
    return request_pb2.Argument(parameter_id="depth", value=value, unit=unit)


def share(agency_id: str, value: float, unit: str) -> science_pb2.AgencyShare:
    return science_pb2.AgencyShare(agency_id=agency_id, share=figure(value, unit))


PRODUCT = request_pb2.ProductDemand(product_id="x")
ONE = request_pb2.Campaign(place_set_id="ground", count=1)
SLOW = request_pb2.ValueDecay(every_s=60, factor=0.999)
GAS = mode_pb2.DISTURBANCE_GAS
MODE, CAMERA, CHAIN = "instruments[0].modes[1]", "instruments[1]", "activity_types[0]"
DRILL, USE = f"{CHAIN}.steps[0]", f"{CHAIN}.steps[1].instruments[0]"
OVENS, SAMPLE, CRATER = "instruments[0].resources[0]", "requests[1]", "requests[2]"
GROUND = request_pb2.Campaign(place_set_id="ground", count=3)
SPOILT: list[tuple[str, str, Spoil]] = [
    (f"{MODE}.power_w.unit", "WRONG_UNIT", put(f"{MODE}.power_w.unit", "Wh")),
    (f"{MODE}.power_w.unit", "UNKNOWN_UNIT", put(f"{MODE}.power_w.unit", "watts per")),
    (f"{MODE}.power_w.value", "NOT_FINITE", put(f"{MODE}.power_w.value", float("inf"))),
    (f"{MODE}.power_w.value", "NEGATIVE_NUMBER", put(f"{MODE}.power_w.value", -1.0)),
    (f"{MODE}.power_w.value", "REVERSED_RANGE", put(f"{MODE}.peak_power_w", figure(1, "W"))),
    (f"{MODE}.warm_up.power_w", "MISSING_FIGURE", clear(f"{MODE}.warm_up.power_w")),
    (f"{MODE}.uses[0].resource_id", "UNKNOWN_RESOURCE", put(f"{MODE}.uses[0].resource_id", "oven")),
    (f"{MODE}.uses[0].effect", "WRONG_EFFECT", put(f"{MODE}.uses[0].effect", resource_pb2.RESOURCE_EFFECT_HOLD)),
    (f"{MODE}.uses[0].effect", "MISSING_KIND", put(f"{MODE}.uses[0].effect", 0)),
    (f"{MODE}.uses[0].amount.unit", "WRONG_UNIT", put(f"{MODE}.uses[0].amount.unit", "kg")),
    (f"{MODE}.makes[0]", "MISSING_KIND", add(f"{MODE}.makes", 0)),
    (f"{MODE}.needs_quiet[0]", "MISSING_KIND", add(f"{MODE}.needs_quiet", 99)),
    (f"{MODE}.makes[1]", "DUPLICATE_ID", add(f"{MODE}.makes", GAS, GAS)),
    (f"{DRILL}.needs_quiet[1]", "DUPLICATE_ID", add(f"{DRILL}.needs_quiet", GAS, GAS)),
    (
        f"{CHAIN}.steps[1]",
        "CONTRADICTING_STATES",
        both(add(f"{MODE}.makes", GAS), add(f"{CHAIN}.steps[1].needs_quiet", GAS)),
    ),
    (f"{OVENS}.kind", "WRONG_KIND", put(f"{OVENS}.kind", resource_pb2.RESOURCE_KIND_UNARY)),
    (f"{OVENS}.start", "WRONG_KIND", put(f"{OVENS}.start", figure(1, "1"))),
    (f"{OVENS}.resource_id", "AMBIGUOUS_RESOURCE", put(f"{OVENS}.resource_id", "drill")),
    (f"{MODE}.pointing.target", "MISSING_KIND", put(f"{MODE}.pointing", mode_pb2.Pointing())),
    (f"{MODE}.pointing.azimuth_deg", "MISSING_FIGURE", put(f"{MODE}.pointing.target", mode_pb2.POINTING_TARGET_FIXED)),
    (f"{CAMERA}.exclusions[0].instrument_id", "SELF_EXCLUSION", put(f"{CAMERA}.exclusions[0].instrument_id", "camera")),
    (f"{CAMERA}.exclusions[0].mode_ids[0]", "UNKNOWN_MODE", add(f"{CAMERA}.exclusions[0].mode_ids", "x")),
    (f"{CAMERA}.permitted_agency_ids[0]", "UNKNOWN_AGENCY", add(f"{CAMERA}.permitted_agency_ids", "cnsa")),
    (f"{CAMERA}.transitions[0]", "SAME_MODE", add(f"{CAMERA}.transitions", mode_pb2.ModeTransition())),
    (
        f"{USE}.mode_id",
        "CHAIN_GAP",
        add("instruments[0].transitions", mode_pb2.ModeTransition(to_mode_id="standby", duration_s=figure(1, "s"))),
    ),
    (f"{USE}.version", "UNKNOWN_INSTRUMENT_VERSION", put(f"{USE}.version", 9)),
    (f"{USE}.mode_id", "WRONG_MOTION", put(f"{MODE}.motion", mode_pb2.MOTION_MOVING)),
    (f"{DRILL}.effects[0].parameter_id", "UNKNOWN_PARAMETER", put(f"{DRILL}.effects[0].parameter_id", "width")),
    (f"{DRILL}.effects[0].per_unit.unit", "WRONG_UNIT", put(f"{DRILL}.effects[0].per_unit.unit", "m")),
    (f"{CHAIN}.parameters[0].lowest.value", "REVERSED_RANGE", put(f"{CHAIN}.parameters[0].lowest.value", 0.9)),
    (f"{CHAIN}.parameters[0].unit", "UNKNOWN_UNIT", put(f"{CHAIN}.parameters[0].unit", "metres of rock")),
    (f"{CHAIN}.presets[0].arguments[0].value", "OUT_OF_RANGE", put(f"{CHAIN}.presets[0].arguments[0].value", 9.0)),
    (
        f"{CHAIN}.presets[0].arguments[0].parameter_id",
        "UNKNOWN_PARAMETER",
        both(put(f"{CHAIN}.presets[0].arguments[0].parameter_id", "width"), put(f"{SAMPLE}.preset_id", "deep")),
    ),
    (f"{DRILL}.products", "OUT_OF_RANGE", put(f"{DRILL}.products[0].share", 1.1)),
    (f"{CHAIN}.tags[1]", "DUPLICATE_ID", add(f"{CHAIN}.tags", "drill")),
    ("place_sets[0].place_ids[0]", "UNKNOWN_PLACE", put("place_sets[0].place_ids[0]", "sea")),
    ("agency_shares", "OUT_OF_RANGE", add("agency_shares", share("jaxa", 80, "%"), share("isro", 0.5, "1"))),
    (f"{SAMPLE}.preset_id", "UNKNOWN_PRESET", put(f"{SAMPLE}.preset_id", "shallow")),
    (f"{SAMPLE}.arguments[0].unit", "WRONG_UNIT", add(f"{SAMPLE}.arguments", depth(1, "s"))),
    (f"{SAMPLE}.arguments[0].unit", "UNKNOWN_UNIT", add(f"{SAMPLE}.arguments", depth(1, "furlongish"))),
    (f"{SAMPLE}.arguments[0].value", "OUT_OF_RANGE", add(f"{SAMPLE}.arguments", depth(200, "cm"))),
    (f"{SAMPLE}.arguments[0].value", "NOT_FINITE", add(f"{SAMPLE}.arguments", depth(float("nan")))),
    (f"{SAMPLE}.arguments[1].parameter_id", "DUPLICATE_ID", add(f"{SAMPLE}.arguments", depth(1), depth(1))),
    (f"{SAMPLE}.arguments", "MISSING_ARGUMENT", clear(f"{CHAIN}.parameters[0].default_value")),
    (f"{SAMPLE}.arguments", "DURATION_OUT_OF_RANGE", put(f"{DRILL}.max_duration_s", figure(2, "h"))),
    (f"{SAMPLE}.activity_type_version", "UNKNOWN_ACTIVITY_TYPE_VERSION", put(f"{SAMPLE}.activity_type_version", 7)),
    (f"{SAMPLE}.products[0].product_id", "UNKNOWN_PRODUCT", add(f"{SAMPLE}.products", PRODUCT)),
    (f"{SAMPLE}.campaign.count", "COUNT_OR_SHARE", put(f"{SAMPLE}.campaign", request_pb2.Campaign())),
    (f"{SAMPLE}.campaign.place_ids", "CONTRADICTING_PLACES", put(f"{SAMPLE}.campaign", GROUND)),
    (f"{SAMPLE}.campaign", "MANDATORY_CHOICE", both(clear(f"{SAMPLE}.place_ids"), put(f"{SAMPLE}.campaign", ONE))),
    (f"{CRATER}.campaign.count", "OUT_OF_RANGE", both(clear(f"{CRATER}.place_ids"), put(f"{CRATER}.campaign", GROUND))),
    ("requests[0].campaign", "CAMPAIGN_REPEATED", put("requests[0].campaign", GROUND)),
    (f"{CRATER}.decay.factor", "OUT_OF_RANGE", put(f"{CRATER}.decay", request_pb2.ValueDecay(every_s=60, factor=1))),
    (f"{CRATER}.decay", "NO_DECAY", put(f"{CRATER}.decay", request_pb2.ValueDecay())),
    (f"{CRATER}.decay.every_s", "TOO_MANY_STEPS", put(f"{CRATER}.decay", SLOW)),
    ("requests[0].decay.every_s", "DECAY_OF_REPETITION", put("requests[0].decay", SLOW)),
    ("requests[0].tags[0]", "INVALID_TAG", add("requests[0].tags", "  ")),
    ("requests[0].title", "TOO_LONG", put("requests[0].title", "x" * 2001)),
    ("requests[0].title", "EMPTY_TEXT", put("requests[0].title", " ")),
]


@pytest.mark.parametrize(("path", "code", "spoil"), SPOILT, ids=[f"{path}-{code}" for path, code, _ in SPOILT])
def test_a_spoilt_mission_has_the_fault(full: ImportCatalogueRequest, path: str, code: str, spoil: Spoil) -> None:
    spoil(full)
    assert (path, code) in faults_of(full)


def test_all_faults_come_at_once(full: ImportCatalogueRequest) -> None:
    mode_of(full).power_w.unit = "Wh"
    full.requests[1].arguments.add(parameter_id="depth", value=float("inf"), unit="s")
    full.requests[0].tags.append("")
    assert faults_of(full) >= {
        ("instruments[0].modes[1].power_w.unit", "WRONG_UNIT"),
        ("requests[1].arguments[0].value", "NOT_FINITE"),
        ("requests[1].arguments[0].unit", "WRONG_UNIT"),
        ("requests[0].tags[0]", "INVALID_TAG"),
    }


def test_figures_are_kept_in_their_own_units(full: ImportCatalogueRequest) -> None:
    mode = catalogue_of(full).instruments[0].modes[1]
    assert mode.warm_up is not None
    assert mode.cool_down is not None
    assert (mode.warm_up.duration_s.value, mode.warm_up.duration_s.unit) == (600, "s")  # type: ignore[union-attr]
    assert (mode.cool_down.power_w.value, mode.cool_down.power_w.unit) == (5, "W")  # type: ignore[union-attr]


def test_phases_are_steps_of_their_own(full: ImportCatalogueRequest) -> None:
    without_spectrometer_exclusion(full)
    drafts = expand(catalogue_of(full), requests_of(full)[1:2]).activities
    assert [draft.activity_id.rpartition("/")[2] for draft in drafts] == [
        "drill",
        "analyse~warm-up",
        "analyse",
        "analyse~cool-down",
    ]
    drill, warm_up, analyse, cool_down = (draft.step for draft in drafts)
    # 2 h and 1 h for each metre of the half metre that is the default.
    assert drill.duration_s == 9000
    assert (warm_up.duration_s, warm_up.power_w, warm_up.data_bit) == (600, 30, 0)
    assert (cool_down.duration_s, cool_down.power_w) == (300, 5)
    # The wait stands before the first phase, none is left between the phases.
    assert (warm_up.max_wait_s, analyse.max_wait_s, cool_down.max_wait_s) == (1800, 0, 0)
    assert warm_up.conditions == ()
    assert [(use.resource_id, use.effect, use.amount) for use in analyse.uses] == [("ovens", ResourceEffect.CONSUME, 1)]
    assert [(product.product_id, product.data_bit) for product in drafts[0].products] == [("cores", drill.data_bit / 4)]
    assert drafts[0].item_versions == ("camera@0", "sample-chain@0", "spectrometer@0")


def test_arguments_scale_the_steps(full: ImportCatalogueRequest) -> None:
    catalogue, request = catalogue_of(full), requests_of(full)[1]
    deep = replace(request, preset_id="deep")
    own = replace(deep, arguments=(request_of(argument(120, "cm"), "polar-test").arguments[0],))
    durations = [predict(each, catalogue)[0].steps[0].duration_s for each in (request, deep, own)]
    assert durations == [7200 + 1800, 7200 + 5400, 7200 + 4320]


def argument(value: float, unit: str) -> request_pb2.ActivityRequest:
    return request_pb2.ActivityRequest(
        arguments=[request_pb2.Argument(parameter_id="depth", value=value, unit=unit)], mission_id="polar-test"
    )


def test_an_instrument_stays_on_between_steps_without_a_wait(full: ImportCatalogueRequest) -> None:
    without_spectrometer_exclusion(full)
    chain = full.activity_types[0]
    chain.steps[1].ClearField("max_wait_s")
    again = chain.steps.add()
    again.CopyFrom(chain.steps[1])
    again.step_id = "again"
    steps = predict(requests_of(full)[1], catalogue_of(full))[0].steps
    assert [step.step_id for step in steps] == [
        "drill",
        "analyse~warm-up",
        "analyse",
        "again",
        "again~cool-down",
    ]


def test_two_instruments_warm_up_so_that_both_are_ready(full: ImportCatalogueRequest) -> None:
    without_spectrometer_exclusion(full)
    camera_mode = full.activity_types[0].steps[1].instruments[1].mode_id
    camera = next(mode for mode in full.instruments[1].modes if mode.mode_id == camera_mode)
    camera.warm_up.CopyFrom(mode_pb2.ModePhase(duration_s=figure(200, "s"), power_w=figure(7, "W")))
    steps = predict(requests_of(full)[1], catalogue_of(full))[0].steps
    found = {step.step_id: (step.duration_s, step.power_w) for step in steps}
    assert found["analyse~warm-up-1"] == (400, 30)
    assert found["analyse~warm-up-2"] == (200, 37)


def test_a_light_limit_becomes_a_condition(full: ImportCatalogueRequest) -> None:
    mode_of(full).sun = mode_pb2.SUN_LIMIT_DARK
    steps = predict(requests_of(full)[1], catalogue_of(full))[0].steps
    analyse = next(step for step in steps if step.step_id == "analyse")
    assert ConditionKind.DARKNESS in [condition.kind for condition in analyse.conditions]


def test_excluded_instruments_share_a_resource(full: ImportCatalogueRequest) -> None:
    drafts = expand(catalogue_of(full), requests_of(full)).activities
    users = {
        draft.request_id
        for draft in drafts
        for resource_id in draft.step.resource_ids
        if resource_id.startswith("exclusion:")
    }
    assert users == {"pan-daily", "sample-ridge", "secret-crater"}


def test_doubtful_figures_are_told(full: ImportCatalogueRequest) -> None:
    notes = predict(requests_of(full)[1], catalogue_of(full))[0].notes
    assert any("assumption" in note for note in notes)
