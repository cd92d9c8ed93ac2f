"""Every rule of the validator against an example made by hand that breaks only it, and one that keeps it."""

from __future__ import annotations

import pytest
from hand_made_schedules import at, drive, plan
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.places import DriveRule
from malapert_planner.domain.validation.rules import Rule
from malapert_planner.domain.validation.validate import validate
from problem_factory import HORIZON_S, make_problem
from rule_example import Example
from rule_examples import EXAMPLES, LONG_WAIT, ONE, TOGETHER, dark_ridge


def named(example: Example) -> str:
    return " ".join((example.rule.value, example.name)).strip()


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_breaking_one_rule_is_reported_with_amount_and_span(example: Example) -> None:
    report = validate(example.problem, example.broken)

    found = [(violation.rule_id, violation.span) for violation in report.violations]
    assert found == [(example.rule.value, example.span)], report.violations
    assert report.violations[0].amount == pytest.approx(example.amount)
    assert report.violations[0].message
    assert report.checks[example.rule.value] > 0


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_mended_schedule_is_valid(example: Example) -> None:
    report = validate(example.problem, example.mended)

    assert report.violations == ()


def test_light_is_not_asked_of_a_drive_s_dark_end() -> None:
    there_and_back = plan(drive(0), drive(1800, "ridge", "base"))
    assert validate(dark_ridge(("ridge",)), there_and_back).valid
    for dark_place_ids in ((), ("base",)):
        broken = validate(dark_ridge(dark_place_ids), there_and_back).violations
        assert {violation.rule_id for violation in broken} == {Rule.CONDITION_ILLUMINATION}


def test_contact_is_asked_of_a_drive_s_dark_end() -> None:
    rule = DriveRule((Condition(ConditionKind.CONTACT),), (), ("ridge",))
    (broken,) = validate(make_problem(drive_rule=rule), plan(drive(0))).violations
    assert broken.rule_id == Rule.CONDITION_CONTACT


def test_chain_that_moves_breaks_place_and_drive() -> None:
    moved = plan(at("drill-0", 0), drive(3600), at("drill-1", 5400, place_id="ridge"))
    stayed = plan(at("drill-0", 0), at("drill-1", 5400), drive(9000))

    report = validate(LONG_WAIT, moved)

    assert {(violation.rule_id, violation.amount) for violation in report.violations} == {
        (Rule.CHAIN_PLACE.value, 1.0),
        (Rule.CHAIN_DRIVE.value, 1800.0),
    }
    assert validate(LONG_WAIT, stayed).valid


def test_chain_parted_by_a_round_trip_breaks_drive_alone() -> None:
    parted = plan(at("drill-0", 0), drive(3600), drive(5400, "ridge", "base"), at("drill-1", 7200))

    report = validate(LONG_WAIT, parted)

    assert [violation.rule_id for violation in report.violations] == [Rule.CHAIN_DRIVE.value] * 2


def test_every_rule_has_an_example() -> None:
    assert {example.rule for example in EXAMPLES} | TOGETHER == set(Rule)


def test_idle_and_busy_reports_differ_in_their_checks() -> None:
    idle = validate(ONE, plan()).checks
    busy = validate(ONE, plan(at("a", 0))).checks

    assert set(idle) == {rule.value for rule in Rule}
    assert idle[Rule.POSITION] == idle[Rule.DURATION] == 0
    assert busy[Rule.POSITION] == busy[Rule.DURATION] == 1
    assert idle[Rule.BATTERY_FLOOR] > HORIZON_S / 300 * 4
