"""Campaigns, values that fall, relations between requests, worth and accounts: worked out by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import prod
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from malapert_core.vocabulary.figure import Confidence, Figure
from malapert_core.vocabulary.interval import Interval
from malapert_payload.domain.catalogue.catalogue import AgencyShare, Catalogue, PlaceSet, RequestSet
from malapert_payload.domain.expansion.expansion import ActivityChoice, expand, outstanding
from malapert_payload.domain.expansion.held_back import HeldBack, admitted
from malapert_payload.domain.expansion.value import value_spans
from malapert_payload.domain.requests.accounts import accounts
from malapert_payload.domain.requests.execution import Execution, ExecutionOutcome
from malapert_payload.domain.requests.lifecycle import Change, accept, plan
from malapert_payload.domain.requests.request import (
    ActivityRequest,
    Campaign,
    HoldKind,
    Relation,
    RelationKind,
    Repetition,
    Standing,
    ValueDecay,
    Visibility,
)
from malapert_payload.domain.science.rating import rate
from malapert_payload.domain.science.science import (
    PlaceLight,
    ScienceModel,
    ice_loss_kg_m2_s,
    ice_proxy,
    ice_vapour_pressure_pa,
)
from malapert_payload.domain.validation import import_faults, submission_faults

START = datetime(2029, 1, 10, tzinfo=UTC)
CHANGE = Change("jaxa", START, "test")
DAY_S = 86_400.0


def figure(value: float, unit: str = "1") -> Figure:
    return Figure(value, unit, "test", Confidence.ASSUMPTION)


@pytest.fixture
def ground(catalogue: Catalogue) -> Catalogue:
    return replace(catalogue, place_sets=(PlaceSet("ground", ("base", "ridge", "crater")),))


def single(document: list[ActivityRequest], **changes: object) -> ActivityRequest:
    """The panorama of one place, once."""
    plain: dict[str, Any] = {"place_ids": (), "relations": (), "repetition": None}
    return replace(document[2], **{**plain, **changes})


def test_a_campaign_is_so_many_of_its_places(ground: Catalogue, document: list[ActivityRequest]) -> None:
    campaign = single(document, request_id="tour", value=12.0, campaign=Campaign(place_set_id="ground", count=2))
    assert import_faults(ground, [campaign], {}) == ()
    expansion = expand(ground, [campaign])
    assert [draft.place_ids for draft in expansion.activities] == [("base",), ("ridge",), ("crater",)]
    assert [draft.value for draft in expansion.activities] == [6.0, 6.0, 6.0]
    assert expansion.choices == (ActivityChoice("tour", ("tour/0/image", "tour/1/image", "tour/2/image"), 2),)


def test_a_share_of_a_grid_is_rounded_up(ground: Catalogue, document: list[ActivityRequest]) -> None:
    campaign = single(document, request_id="tour", campaign=Campaign(place_set_id="ground", share=0.5))
    assert expand(ground, [campaign]).choices[0].count == 2


def test_what_is_done_of_a_campaign_is_not_asked_again(ground: Catalogue, document: list[ActivityRequest]) -> None:
    campaign = single(document, request_id="tour", campaign=Campaign(place_set_id="ground", count=2))
    later = replace(campaign, standing=Standing(done=(1,)))
    expansion = expand(ground, [later])
    assert [draft.activity_id for draft in expansion.activities] == ["tour/0/image", "tour/2/image"]
    assert expansion.choices[0].count == 1


def test_a_value_falls_by_steps(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    windows = (
        Interval(START, START + timedelta(days=3)),
        Interval(START + timedelta(days=5), START + timedelta(days=6)),
    )
    falling = single(
        document, request_id="soon", value=100.0, windows=windows, decay=ValueDecay(2 * DAY_S, 0.5, None, 0.2)
    )
    found = value_spans(falling, catalogue.horizon)
    days = [
        (span.share, [((w.start_time - START).days, (w.end_time - START).days) for w in span.spans]) for span in found
    ]
    # From day 6 on it would be an eighth; the least share comes first, and then holds to the end.
    assert days == [(1.0, [(0, 2)]), (0.5, [(2, 3)]), (0.25, [(5, 6)])]
    expansion = expand(catalogue, [falling])
    assert [draft.value for draft in expansion.activities] == [100.0, 50.0, 25.0]
    assert [(draft.activity_id, draft.mode_id) for draft in expansion.activities] == [
        ("soon/0@0/image", "@0"),
        ("soon/0@1/image", "@1"),
        ("soon/0@2/image", "@2"),
    ]
    assert expansion.choices == ()
    # An activity that starts in a step may end after it, where its window goes on.
    duration = timedelta(seconds=expansion.activities[0].step.duration_s)
    assert expansion.activities[0].windows == (Interval(START, START + timedelta(days=2) + duration),)
    assert expansion.activities[1].windows == (Interval(START + timedelta(days=2), START + timedelta(days=3)),)


@example(every_days=1, factor=0.1, least=1e-05, length_days=12, at=0.5)
@given(
    every_days=st.integers(1, 9),
    factor=st.floats(0.1, 0.95),
    least=st.floats(0.0, 0.9),
    length_days=st.integers(1, 40),
    at=st.floats(0.0, 0.999),
)
def test_every_instant_has_the_value_of_its_step(
    every_days: int, factor: float, least: float, length_days: int, at: float
) -> None:
    horizon = Interval(START, START + timedelta(days=length_days))
    request = ActivityRequest(
        "r", "m", "R", "t", "jaxa", 1.0, decay=ValueDecay(every_days * DAY_S, factor, None, least)
    )
    instant = START + timedelta(days=length_days) * at
    wanted = max(least, factor ** int((instant - START) / timedelta(days=every_days)))
    spans = value_spans(request, horizon)
    (share,) = [s.share for s in spans for w in s.spans if w.start_time <= instant < w.end_time]
    assert share == pytest.approx(wanted)
    assert all(a.share > b.share for a, b in pairwise(spans))


def test_repetitions_fall_from_one_to_the_next(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    falling = replace(document[0], decay=ValueDecay(repetition_factor=0.5))
    assert [draft.value for draft in expand(catalogue, [falling]).activities] == [3.0, 1.5, 0.75, 0.375]


def test_before_is_after_turned_round(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    first = single(document, request_id="a", relations=(Relation(RelationKind.BEFORE, "b", 60, 120),))
    second = single(document, request_id="b")
    (relation,) = expand(catalogue, [first, second]).relations
    assert (relation.kind, relation.request_id, relation.other_request_id) == (RelationKind.AFTER, "b", "a")
    assert (relation.min_lag_s, relation.max_lag_s) == (60, 120)


def test_what_must_not_meet_shares_a_resource(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    first = single(document, request_id="a", relations=(Relation(RelationKind.NOT_WITH, "b"),))
    drafts = expand(catalogue, [first, single(document, request_id="b"), single(document, request_id="c")]).activities
    held = {draft.request_id: [r for r in draft.step.resource_ids if r.startswith("apart:")] for draft in drafts}
    # They are owner-only: the name tells neither of the other.
    assert held == {"a": ["apart:0"], "b": ["apart:0"], "c": []}
    seen = [replace(item, visibility=Visibility.MISSION) for item in (first, single(document, request_id="b"))]
    drafts = expand(catalogue, seen).activities
    assert {name for draft in drafts for name in draft.step.resource_ids if name.startswith("apart:")} == {"apart:a+b"}


def test_what_needs_a_cancelled_request_is_left_out_and_said(
    catalogue: Catalogue, document: list[ActivityRequest]
) -> None:
    needing = single(document, request_id="a", relations=(Relation(RelationKind.REQUIRES, "gone"),))
    twice = single(document, request_id="b", relations=(Relation(RelationKind.REQUIRES, "a"),))
    assert admitted([needing, twice], ()) == ([], (HeldBack(needing.agency_id, HoldKind.NEEDS_HELD, 2),))
    assert admitted([needing, twice], {"gone"}) == ([needing, twice], ())


def test_a_cycle_through_stored_requests_is_found(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    stored = single(document, request_id="old", relations=(Relation(RelationKind.BEFORE, "older"),))
    older = single(document, request_id="older")
    closing = single(
        document,
        request_id="new",
        relations=(Relation(RelationKind.AFTER, "older"), Relation(RelationKind.BEFORE, "old")),
    )
    faults = submission_faults(catalogue, [closing], (), {"old", "older"}, [stored, older])
    assert [(fault.path, fault.code) for fault in faults] == [("requests[0].relations[0]", "CYCLIC_RELATIONS")]


@pytest.mark.slow
def test_a_chain_of_ten_thousand_relations_is_checked(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    requests = [
        single(
            document,
            request_id=f"r{n}",
            relations=(Relation(RelationKind.AFTER, f"r{n - 1}"),) if n else (Relation(RelationKind.AFTER, "r9999"),),
        )
        for n in range(10_000)
    ]
    faults = submission_faults(catalogue, requests, (), ())
    assert [fault.code for fault in faults] == ["CYCLIC_RELATIONS"]


MODEL = ScienceModel(
    further_stop_factor=figure(0.5),
    stop_tags=("drill",),
    ice_tags=("ice",),
    ice_gain=figure(0.5),
    albedo=figure(0.12),
    emissivity=figure(0.95),
    interior_flux_w_m2=figure(0.018, "W/m^2"),
    scattered_share=figure(0.0),
    even_loss_kg_m2=figure(100.0, "kg/m^2"),
)


def test_vapour_pressure_over_ice_is_that_of_the_tables() -> None:
    # Murphy and Koop 2005, the table of their appendix: 273.16 K and 200 K, and the triple point of water.
    assert ice_vapour_pressure_pa(273.16) == pytest.approx(611.657, rel=1e-4)
    assert ice_vapour_pressure_pa(200.0) == pytest.approx(0.1626, rel=1e-2)


def test_ice_is_lost_by_a_decimetre_in_an_eon_where_cold_traps_end() -> None:
    # Cold traps are taken to end near 110 K, where about 100 kg/m2 are lost in 1e9 years (Hayne et al. 2015).
    loss = ice_loss_kg_m2_s(110.0) * 1e9 * 365.25 * DAY_S
    assert 30.0 < loss < 300.0


def test_the_proxy_falls_with_light_and_says_why() -> None:
    lights = [PlaceLight("p", fraction) for fraction in (0.0, 0.05, 0.2, 0.5, 1.0)]
    proxies = [ice_proxy(MODEL, light) for light in lights]
    assert all(a.proxy >= b.proxy for a, b in pairwise(proxies))
    assert proxies[0].proxy > 0.99
    assert proxies[-1].proxy < 0.01
    # 0.018 W/m2 from inside keeps up 24 K: (0.018 / (0.95 σ))^(1/4).
    assert proxies[0].mean_temperature_k == pytest.approx(24.04, abs=0.05)
    assert 0.135 <= proxies[-1].hydrogen_weh_percent < proxies[0].hydrogen_weh_percent <= 5.6
    assert "even odds at 100 kg/m2" in proxies[1].explanation


def test_a_value_is_the_product_of_its_terms(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    science = replace(catalogue, science=MODEL)
    icy = accept(single(document, request_id="icy", value=10.0, tags=("ice", "drill")), CHANGE)
    icy = replace(icy, place_ids=("crater", "ridge"))
    done = replace(accept(single(document, request_id="done", tags=("drill",)), CHANGE), standing=Standing(done=(0,)))
    rating = rate(science, [icy, done], [PlaceLight("crater", 0.0), PlaceLight("ridge", 1.0)])
    values = {(value.request_id, value.place_id): value for value in rating.values}
    dark, lit = values["icy", "crater"], values["icy", "ridge"]
    assert dark.value == pytest.approx(prod(term.factor for term in dark.terms))
    # Ten points, half of them since one stop is done, half as much again for sure ice.
    assert dark.value == pytest.approx(7.5, abs=0.01)
    assert lit.value == pytest.approx(5.0, abs=0.05)
    assert [term.name for term in dark.terms] == ["request", "further stop", "ice"]
    assert rating.stops[0].stop_count == 1
    assert any("assumption" in note for note in rating.notes)


def test_accounts_follow_the_reports(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    shared = replace(catalogue, agency_shares=(AgencyShare("jaxa", figure(0.6)),))
    daily = plan(accept(document[0], CHANGE), "plan-1", 4, 4, CHANGE)
    daily = replace(daily, standing=replace(daily.standing, slots=2, done=(0,)))
    span = Interval(START, START + timedelta(hours=1))
    reports = [
        Execution("pan-daily", 0, ExecutionOutcome.STARTED, span),
        Execution("pan-daily", 0, ExecutionOutcome.DONE, span, energy_wh=7.0, data_bit=1e6),
        Execution("pan-daily", 1, ExecutionOutcome.FAILED, span),
    ]
    found = {account.agency_id: account for account in accounts(shared, [daily], {"pan-daily": reports})}
    jaxa = found["jaxa"]
    assert (jaxa.asked.repetition_count, jaxa.asked.value) == (4, 12.0)
    assert (jaxa.planned.repetition_count, jaxa.planned.value) == (2, 6.0)
    assert (jaxa.done.repetition_count, jaxa.done.energy_wh, jaxa.done.data_bit) == (1, 7.0, 1e6)
    assert (jaxa.refunded.repetition_count, jaxa.refunded.value) == (1, 3.0)
    assert (jaxa.promised_share, jaxa.value_share) == (0.6, 1.0)
    assert found["esa"].asked.repetition_count == 0
    assert outstanding(daily, shared) == [1, 2, 3]


def test_of_a_set_so_many_requests_are_enough(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    sets = (RequestSet("sites", "Two of three sites", ("a", "b", "c"), 2),)
    wanted = replace(catalogue, request_sets=sets)
    requests = [single(document, request_id=name) for name in ("a", "b", "c")]
    assert import_faults(wanted, requests, {}) == ()
    (choice,) = expand(wanted, requests).choices
    chains = ("a/0/image", "b/0/image", "c/0/image")
    assert choice == ActivityChoice("", chains, 2, "sites", "Two of three sites")
    # Of what is done less is wanted; where no more is asked for than is wanted nothing is to be chosen.
    (left,) = expand(wanted, requests[1:], done_ids={"a"}).choices
    assert (left.chain_ids, left.count) == (chains[1:], 1)
    assert expand(wanted, requests[1:]).choices == ()


@pytest.mark.parametrize(
    ("sets", "changes", "path", "code"),
    [
        ((RequestSet("s", "S", ("a", "b"), 2),), {}, "request_sets[0].count", "OUT_OF_RANGE"),
        ((RequestSet("s", "S", ("a", "b"), 0),), {}, "request_sets[0].count", "OUT_OF_RANGE"),
        ((RequestSet("s", "", ("a", "b"), 1),), {}, "request_sets[0].title", "EMPTY_TEXT"),
        ((RequestSet("s", "S", ("a", "a", "b"), 1),), {}, "request_sets[0].request_ids[1]", "DUPLICATE_ID"),
        (
            (RequestSet("s", "S", ("a", "b"), 1), RequestSet("t", "T", ("b", "c"), 1)),
            {},
            "request_sets[1].request_ids[0]",
            "DUPLICATE_ID",
        ),
        ((RequestSet("s", "S", ("a", "b"), 1),), {"mandatory": True}, "requests[0].mandatory", "MANDATORY_CHOICE"),
        (
            (RequestSet("s", "S", ("a", "b"), 1),),
            {"repetition": Repetition(2, DAY_S)},
            "requests[0].repetition",
            "IN_A_SET",
        ),
    ],
)
def test_a_set_that_is_no_choice_is_told(
    catalogue: Catalogue,
    document: list[ActivityRequest],
    sets: tuple[RequestSet, ...],
    changes: dict[str, Any],
    path: str,
    code: str,
) -> None:
    requests = [single(document, request_id="a", **changes), single(document, request_id="b")]
    faults = import_faults(replace(catalogue, request_sets=sets), requests, {})
    assert (path, code) in [(fault.path, fault.code) for fault in faults]
