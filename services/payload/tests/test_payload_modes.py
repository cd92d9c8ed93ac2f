"""Modes of requests: the ways that they make, what each takes and is worth, and what is wrong with them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from malapert.payload.v1.catalogue_pb2 import ImportCatalogueRequest
from malapert_core.vocabulary.interval import Interval
from malapert_payload.domain.catalogue.activity_type import Argument
from malapert_payload.domain.expansion.expansion import expand
from malapert_payload.domain.expansion.modes import MAX_VARIANTS, variants
from malapert_payload.domain.expansion.prediction import predict
from malapert_payload.domain.requests.request import ActivityRequest, Campaign, ParameterRange, RequestMode, ValueDecay
from malapert_payload.domain.validation.requests import request_faults
from test_payload_instruments import catalogue_of, full, requests_of, without_spectrometer_exclusion

__all__ = ["full"]
DEPTHS = ParameterRange("depth", 20.0, 150.0, 50.0, "cm", 0.25)
MODES = (RequestMode("core", preset_id="deep"), RequestMode("any", share=0.8, range=DEPTHS))


@pytest.fixture
def drill(full: ImportCatalogueRequest) -> ActivityRequest:
    """The sample of the small mission, drilled half a metre deep unless said otherwise, without what excludes it."""
    without_spectrometer_exclusion(full)
    return replace(requests_of(full)[1], value=100.0)


def codes(full: ImportCatalogueRequest, request: ActivityRequest) -> list[tuple[str, str]]:
    known = {each.request_id for each in requests_of(full)}
    return [(fault.path, fault.code) for fault in request_faults(request, "requests[0]", catalogue_of(full), known)]


def test_a_range_is_taken_in_steps_to_its_end(full: ImportCatalogueRequest, drill: ActivityRequest) -> None:
    request, catalogue = replace(drill, modes=MODES), catalogue_of(full)
    kind = catalogue.activity_type(request.activity_type_id, 0)
    assert kind is not None
    assert codes(full, request) == []
    found = variants(request, kind)
    assert [variant.mode_id for variant in found] == ["core", "any=20", "any=70", "any=120", "any=150"]
    # From a quarter of what the deepest is worth, evenly with the depth; the mode is worth four fifths of the request.
    shares = [1.0, *(0.8 * (0.25 + 0.75 * (depth - 20) / 130) for depth in (20, 70, 120, 150))]
    assert [variant.share for variant in found] == pytest.approx(shares)
    # 2 h and 1 h for each metre; the preset is a metre and a half deep.
    told = predict(request, catalogue)
    assert [each.steps[0].duration_s for each in told] == pytest.approx([12600, 7920, 9720, 11520, 12600])
    assert [(each.mode_id, each.share) for each in told] == [(variant.mode_id, variant.share) for variant in found]


def test_the_modes_of_a_repetition_are_chains_of_their_own(
    full: ImportCatalogueRequest, drill: ActivityRequest
) -> None:
    drafts = [d for d in expand(catalogue_of(full), [replace(drill, modes=MODES)]).activities if not d.chain_index]
    request_id = drill.request_id
    assert {draft.repetition_index for draft in drafts} == {0}
    assert [draft.chain_id for draft in drafts][:2] == [f"{request_id}/0@core", f"{request_id}/0@any=20"]
    assert [draft.mode_id for draft in drafts] == ["core", "any=20", "any=70", "any=120", "any=150"]
    assert [draft.value for draft in drafts] == pytest.approx([100.0, 20.0, 20 + 60 * 5 / 13, 20 + 60 * 10 / 13, 80.0])


def test_a_mode_says_what_neither_it_nor_its_preset_leave_to_the_request(
    full: ImportCatalogueRequest, drill: ActivityRequest
) -> None:
    modes = (RequestMode("own"), RequestMode("said", arguments=(Argument("depth", 0.3),), preset_id="deep"))
    request = replace(drill, arguments=(Argument("depth", 1.0, "m"),), modes=modes)
    durations = [told.steps[0].duration_s for told in predict(request, catalogue_of(full))]
    assert durations == pytest.approx([7200 + 3600, 7200 + 1080])


def test_modes_and_the_worth_of_a_start_make_ways_together(
    full: ImportCatalogueRequest, drill: ActivityRequest
) -> None:
    catalogue = catalogue_of(full)
    start = catalogue.horizon.start_time
    falling = replace(
        drill,
        modes=(*MODES[:1], RequestMode("flat", share=0.5)),
        windows=(Interval(start, start + timedelta(days=2)),),
        decay=ValueDecay(86400.0, 0.5),
    )
    drafts = [d for d in expand(catalogue, [falling]).activities if not d.chain_index]
    assert [(draft.mode_id, draft.value) for draft in drafts] == [
        ("core@0", 100.0),
        ("core@1", 50.0),
        ("flat@0", 50.0),
        ("flat@1", 25.0),
    ]
    assert drafts[1].chain_id == f"{drill.request_id}/0@core@1"


def test_a_campaign_chooses_places_each_in_one_mode(full: ImportCatalogueRequest, drill: ActivityRequest) -> None:
    catalogue = catalogue_of(full)
    places = tuple(sorted(catalogue.place_ids))[:2]
    tour = replace(drill, modes=(*MODES[:1], RequestMode("own")), place_ids=(), campaign=Campaign(places, count=1))
    expansion = expand(catalogue, [tour])
    (choice,) = expansion.choices
    request_id = drill.request_id
    assert choice.count == 1
    assert choice.chain_ids == tuple(f"{request_id}/{place}@{mode}" for place in range(2) for mode in ("core", "own"))


SPOILT = [
    ("modes[0].mode_id", "INVALID_ID", {"mode_id": "a=1"}),
    ("modes[0].preset_id", "UNKNOWN_PRESET", {"preset_id": "shallow"}),
    ("modes[0].arguments[0].parameter_id", "UNKNOWN_PARAMETER", {"arguments": (Argument("width", 1.0),)}),
    ("modes[0].arguments[0].value", "OUT_OF_RANGE", {"arguments": (Argument("depth", 90.0),)}),
    ("modes[0].share", "OUT_OF_RANGE", {"share": 1.5}),
    ("modes[0].share", "NEGATIVE_NUMBER", {"share": -0.5}),
    ("modes[0].range.parameter_id", "UNKNOWN_PARAMETER", {"range": replace(DEPTHS, parameter_id="width", unit="")}),
    ("modes[0].range.unit", "WRONG_UNIT", {"range": replace(DEPTHS, unit="s")}),
    ("modes[0].range.lowest", "NOT_FINITE", {"range": replace(DEPTHS, lowest=float("nan"))}),
    ("modes[0].range.highest", "EMPTY_RANGE", {"range": replace(DEPTHS, highest=20.0)}),
    ("modes[0].range.step", "NEGATIVE_NUMBER", {"range": replace(DEPTHS, step=-1.0)}),
    ("modes[0].range.lowest_share", "OUT_OF_RANGE", {"range": replace(DEPTHS, lowest_share=2.0)}),
    ("modes", "TOO_MANY_WAYS", {"range": replace(DEPTHS, step=1e-9)}),
    ("modes", "TOO_MANY_WAYS", {"range": replace(DEPTHS, step=130 / MAX_VARIANTS)}),
]


@pytest.mark.parametrize(("path", "code", "spoil"), SPOILT, ids=[f"{path}-{code}" for path, code, _ in SPOILT])
def test_each_fault_of_a_mode_is_named(
    full: ImportCatalogueRequest, drill: ActivityRequest, path: str, code: str, spoil: dict[str, Any]
) -> None:
    request = replace(drill, modes=(replace(RequestMode("some"), **spoil),))
    assert codes(full, request) == [(f"requests[0].{path}", code)]


def test_a_mode_that_is_too_deep_for_its_parameter_or_named_twice_is_told(
    full: ImportCatalogueRequest, drill: ActivityRequest
) -> None:
    deeper = replace(drill, modes=(RequestMode("some", range=replace(DEPTHS, highest=1e9, step=0.0)),))
    assert codes(full, deeper) == [("requests[0].modes[0].range.highest", "OUT_OF_RANGE")]
    twice = replace(drill, modes=(RequestMode("some"), RequestMode("some", share=0.5)))
    assert codes(full, twice) == [("requests[0].modes[1].mode_id", "DUPLICATE_ID")]


def test_starts_of_many_worths_in_many_modes_are_too_many(full: ImportCatalogueRequest, drill: ActivityRequest) -> None:
    horizon = catalogue_of(full).horizon
    every_s = (horizon.end_time - horizon.start_time).total_seconds() / 30
    request = replace(drill, modes=MODES, windows=(), decay=ValueDecay(every_s, 0.9))
    assert codes(full, request) == [("requests[0].modes", "TOO_MANY_WAYS")]
