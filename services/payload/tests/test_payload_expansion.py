"""Requests become single activities with numbers worked out by hand here."""

import random
from dataclasses import replace
from typing import Any

import pytest
from malapert_payload.domain.catalogue.activity_type import ConditionKind
from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.catalogue.content import content_hash
from malapert_payload.domain.catalogue.instrument import Disturbance, Motion
from malapert_payload.domain.expansion.expansion import ActivityRelation, ActivityRepetition, expand
from malapert_payload.domain.requests.request import ActivityRequest, RelationKind


def test_numbers_of_a_chain(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    drill, analyse = expand(catalogue, [document[1]]).activities
    assert (drill.activity_id, drill.chain_id, drill.chain_index) == ("sample-ridge/0/drill", "sample-ridge/0", 0)
    assert (analyse.activity_id, analyse.chain_id, analyse.chain_index) == (
        "sample-ridge/0/analyse",
        "sample-ridge/0",
        1,
    )
    assert (drill.step.duration_s, analyse.step.duration_s) == (7200, 3600)
    # 100 W of the rover and 10 W of the camera; then 40 W of the spectrometer and 10 W of the camera.
    assert (drill.step.power_w, analyse.step.power_w) == (110, 50)
    # 1 Mbit and 1 kbit/s for 2 h; then 3 kbit/s for 1 h.
    assert (drill.step.data_bit, analyse.step.data_bit) == (8_200_000, 10_800_000)
    assert drill.step.resource_ids == ("camera", "drill")
    assert analyse.step.resource_ids == ("camera", "spectrometer")
    assert (drill.value, analyse.value) == (50, 0)
    assert (drill.mandatory, analyse.mandatory) == (True, True)
    assert (drill.step.min_start_charge, analyse.step.min_start_charge) == (0.6, 0)
    assert (drill.step.max_wait_s, analyse.step.max_wait_s) == (0, 1800)
    assert [condition.kind for condition in drill.step.conditions] == [
        ConditionKind.ILLUMINATION,
        ConditionKind.CONTACT,
    ]
    assert drill.step.conditions[1].station_ids == ("usuda",)
    assert [window.start_time.day for window in drill.windows] == [11, 15]
    assert (drill.place_ids, drill.asset_id, drill.agency_id) == (("ridge",), "rover", "isro")


def test_value_is_divided_over_repetitions(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    expansion = expand(catalogue, [document[0]])
    assert [draft.value for draft in expansion.activities] == [3, 3, 3, 3]
    assert [draft.repetition_index for draft in expansion.activities] == [0, 1, 2, 3]
    assert {draft.chain_id for draft in expansion.activities} == {""}
    assert expansion.repetitions == (ActivityRepetition("pan-daily", 86_400, 7200),)


def test_relations_and_order_do_not_depend_on_the_order_given(
    catalogue: Catalogue, document: list[ActivityRequest]
) -> None:
    expansion = expand(catalogue, document)
    assert expansion.relations == (ActivityRelation(RelationKind.AFTER, "sample-ridge", "pan-daily", 60, 7200),)
    assert [draft.activity_id for draft in expansion.activities] == [
        "pan-daily/0/image",
        "pan-daily/1/image",
        "pan-daily/2/image",
        "pan-daily/3/image",
        "sample-ridge/0/drill",
        "sample-ridge/0/analyse",
        "secret-crater/0/image",
    ]
    shuffled = [*document]
    random.Random(7).shuffle(shuffled)
    turned = replace(catalogue, instruments=catalogue.instruments[::-1], activity_types=catalogue.activity_types[::-1])
    assert expand(turned, shuffled) == expansion


@pytest.mark.parametrize("field", ["value", "title", "mandatory"])
def test_the_hash_follows_the_content(catalogue: Catalogue, document: list[ActivityRequest], field: str) -> None:
    values: dict[str, Any] = {"value": 13.0, "title": "x", "mandatory": True}
    changed = replace(document[0], **{field: values[field]})
    assert content_hash(catalogue, [changed]) != content_hash(catalogue, [document[0]])
    later = replace(catalogue, mission_version=9)
    assert content_hash(later, [document[0]]) == content_hash(catalogue, [document[0]])


def test_a_step_has_the_disturbances_of_its_instruments_and_of_its_motion(
    catalogue: Catalogue, document: list[ActivityRequest]
) -> None:
    spectrometer = next(each for each in catalogue.instruments if each.instrument_id == "spectrometer")
    modes = tuple(
        replace(mode, makes=(Disturbance.GAS,), needs_quiet=(Disturbance.VIBRATION,), motion=Motion.STATIONARY)
        for mode in spectrometer.modes
    )
    others = tuple(each for each in catalogue.instruments if each.instrument_id != "spectrometer")
    kind = next(each for each in catalogue.activity_types if each.activity_type_id == document[1].activity_type_id)
    steps = (replace(kind.steps[0], makes=(Disturbance.VIBRATION, Disturbance.DUST)), *kind.steps[1:])
    changed = replace(
        catalogue,
        instruments=(*others, replace(spectrometer, modes=modes)),
        activity_types=tuple(replace(kind, steps=steps) if each is kind else each for each in catalogue.activity_types),
        mobility_resource_ids=("drill",),
    )
    drill, analyse = (draft.step for draft in expand(changed, [document[1]]).activities)
    assert drill.makes == (Disturbance.MOTION, Disturbance.VIBRATION, Disturbance.DUST)
    assert drill.needs_quiet == ()
    assert analyse.makes == (Disturbance.GAS,)
    assert analyse.needs_quiet == (Disturbance.MOTION, Disturbance.VIBRATION)
    plain = [draft.step for draft in expand(catalogue, [document[1]]).activities]
    assert all(step.makes == step.needs_quiet == () for step in plain)


def test_what_is_not_stated_changes_no_hash(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    loud = tuple(
        replace(each, modes=tuple(replace(mode, makes=(Disturbance.GAS,)) for mode in each.modes))
        for each in catalogue.instruments
    )
    quiet = tuple(
        replace(each, modes=tuple(replace(mode, makes=()) for mode in each.modes)) for each in catalogue.instruments
    )
    assert content_hash(replace(catalogue, instruments=quiet), document) == content_hash(catalogue, document)
    assert content_hash(replace(catalogue, instruments=loud), document) != content_hash(catalogue, document)
