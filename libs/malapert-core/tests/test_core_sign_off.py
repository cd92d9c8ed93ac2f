"""Sign-off rules: held against trying every set of agencies."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from malapert_core.signing.sign_off import (
    MAX_TOLD,
    SignOffGroup,
    SignOffKind,
    SignOffRule,
    SignOffTerm,
    agencies_of,
    rule_faults,
    standing_of,
)

K, G = SignOffKind, SignOffGroup
AGENCIES = ("ESA", "ISRO", "JAXA", "NASA")
GROUPS = {G.APPROVERS: AGENCIES, G.WITH_ITEMS: ("ISRO", "JAXA"), G.CHANGED: ("ISRO",)}


def holds(term: SignOffTerm, approved: frozenset[str]) -> bool:
    """Return whether a term is fulfilled, by what its words say."""
    named = sorted({*term.agency_ids, *GROUPS.get(term.group, ())})
    told = [name in approved for name in named] + [holds(part, approved) for part in term.terms]
    return sum(told) >= {K.ALL: len(told), K.ANY: 1}.get(term.kind, term.count)


def subsets(names: Iterator[str] | tuple[str, ...]) -> Iterator[frozenset[str]]:
    each = tuple(names)
    return map(frozenset, chain.from_iterable(combinations(each, size) for size in range(len(each) + 1)))


NAMED = st.lists(st.sampled_from(AGENCIES), unique=True, min_size=1, max_size=3).map(tuple)
LEAVES = st.builds(SignOffTerm, st.sampled_from([K.ALL, K.ANY]), NAMED, st.sampled_from(list(G)))
TERMS = st.recursive(
    LEAVES,
    lambda part: st.builds(
        SignOffTerm, st.sampled_from(list(K)), NAMED, st.just(G.NONE),
        st.lists(part, min_size=1, max_size=2).map(tuple), st.integers(1, 2),
    ),
    max_leaves=4,
)  # fmt: skip


@settings(max_examples=60)
@given(TERMS, st.sampled_from(list(subsets(AGENCIES))))
def test_a_standing_is_what_trying_every_set_of_agencies_gives(term: SignOffTerm, approved: frozenset[str]) -> None:
    standing = standing_of(SignOffRule(term), GROUPS, approved)
    enough = [more for more in subsets(tuple(set(AGENCIES) - approved)) if holds(term, approved | more)]
    smallest = {more for more in enough if not any(other < more for other in enough)}
    assert standing.fulfilled == holds(term, approved)
    assert {frozenset(way) for way in standing.sufficient} == smallest - {frozenset()}
    needed = frozenset.intersection(*smallest) if smallest else frozenset()
    assert set(standing.needed_agency_ids) == needed
    assert set(standing.approved_agency_ids) == approved & agencies_of(SignOffRule(term), GROUPS)


def test_the_default_rule_asks_every_approver() -> None:
    standing = standing_of(SignOffRule(), GROUPS, {"JAXA", "NASA", "CSA"})
    assert (standing.fulfilled, standing.needed_agency_ids) == (False, ("ESA", "ISRO"))
    assert standing.text == "not yet approved; enough would be: ESA, ISRO"
    assert standing_of(SignOffRule(), GROUPS, AGENCIES).text == "the sign-off rule is fulfilled"


def test_where_no_approver_is_concerned_all_are() -> None:
    rule = SignOffRule(SignOffTerm(group=G.CHANGED))
    assert standing_of(rule, {**GROUPS, G.CHANGED: ()}, ()).needed_agency_ids == AGENCIES
    assert standing_of(rule, {**GROUPS, G.CHANGED: ("CSA",)}, ()).needed_agency_ids == AGENCIES
    assert standing_of(rule, GROUPS, ("ISRO",)).fulfilled


def test_without_any_approver_nothing_is_to_be_signed_but_a_rule_that_asks_for_one_is_refused() -> None:
    assert standing_of(SignOffRule(), {}, ()).fulfilled
    assert [fault.code for fault in rule_faults(SignOffRule(), ())] == ["EMPTY"]


def test_a_count_of_many_is_told_in_bounded_time_and_number() -> None:
    names = tuple(f"A{number:02}" for number in range(60))
    term = SignOffTerm(K.AT_LEAST, agency_ids=names, count=30)
    for rule in (SignOffRule(term), SignOffRule(SignOffTerm(terms=(term, replace(term, count=20))))):
        standing = standing_of(rule, {}, names[:5])
        assert standing.needed_agency_ids == ()
        assert 1 <= len(standing.sufficient) <= MAX_TOLD
        assert all(len(way) == 25 for way in standing.sufficient)


A = SignOffTerm(agency_ids=("ESA",))
FAULTY = {
    "WRONG": (SignOffTerm(agency_ids=("CSA",)), "NOT_AN_APPROVER"),
    "TWICE": (SignOffTerm(agency_ids=("ESA", "ESA")), "DUPLICATE"),
    "EMPTY": (SignOffTerm(), "EMPTY"),
    "EMPTY_ANY": (SignOffTerm(terms=(A, SignOffTerm(K.ANY))), "EMPTY"),
    "ZERO": (SignOffTerm(K.AT_LEAST, ("ESA", "JAXA")), "OUT_OF_RANGE"),
    "TOO_MANY": (SignOffTerm(K.AT_LEAST, ("ESA", "JAXA"), count=3), "OUT_OF_RANGE"),
    "TOO_MANY_APPROVERS": (SignOffTerm(K.AT_LEAST, group=G.APPROVERS, count=5), "OUT_OF_RANGE"),
    "COUNT_OF_ALL": (SignOffTerm(agency_ids=("ESA",), count=1), "NOT_ALLOWED"),
    "COUNT_OF_CHANGED": (SignOffTerm(K.AT_LEAST, group=G.CHANGED, count=1), "NOT_COUNTABLE"),
    "LONG": (SignOffTerm(terms=(A,) * 60), "TOO_LONG"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_rule_that_none_can_fulfil_is_refused(name: str) -> None:
    term, code = FAULTY[name]
    assert code in {fault.code for fault in rule_faults(SignOffRule(term), AGENCIES)}


def test_a_rule_that_is_too_deep_is_refused() -> None:
    term = A
    for _ in range(7):
        term = SignOffTerm(terms=(term,))
    assert [fault.code for fault in rule_faults(SignOffRule(term), AGENCIES)] == ["TOO_DEEP"]


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"deadline_s": -1.0}, ["OUT_OF_RANGE"]),
        ({"deadline_s": float("nan")}, ["OUT_OF_RANGE"]),
        ({"deadline_s": 4e7}, ["OUT_OF_RANGE"]),
        ({"silence_is_consent": True}, ["NO_DEADLINE"]),
        ({"silence_is_consent": True, "deadline_s": 60.0, "signatures_required": True}, ["CONTRADICTION"]),
        ({"silence_is_consent": True, "deadline_s": 60.0}, []),
        ({"signatures_required": True}, []),
        ({}, []),
    ],
)
def test_silence_and_deadlines_that_contradict_themselves_are_refused(
    changes: dict[str, float], codes: list[str]
) -> None:
    rule = replace(SignOffRule(), **changes)
    assert [fault.code for fault in rule_faults(rule, AGENCIES)] == codes
