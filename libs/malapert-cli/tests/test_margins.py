"""Margins as a person reads them."""

from datetime import UTC, datetime

import pytest
from malapert_cli.margins import amount_text, figure_rows, margin_rows, planned_margins, with_times
from malapert_http_models.contracts.planner import PlanFigure, PlanMargin, PlanMargins, ValidationReport


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [
        (0.0, "s", "0 min"),
        (-300.0, "s", "-5 min"),
        (7199.0, "s", "120 min"),
        (7200.0, "s", "2.0 h"),
        (172_799.0, "s", "48.0 h"),
        (259_200.0, "s", "3.0 d"),
        (1234.5, "Wh", "1,234 Wh"),
        (2.5e6, "bit", "2.5 Mbit"),
        (48_000.0, "bit/s", "48.0 kbit/s"),
        (3.0, "1", "3"),
        (1.25, "dB", "1.25 dB"),
    ],
)
def test_amounts_are_in_units_that_people_read(amount: float, unit: str, text: str) -> None:
    assert amount_text(amount, unit) == text


def test_rows_name_the_rule_and_say_what_is_broken() -> None:
    margins = [
        {"rule_id": "DRIVE_WAY", "amount": 600.0, "unit": "s", "text": "light at point 2", "object_ids": []},
        {"rule_id": "SOME_RULE", "amount": -1.0, "unit": "1", "text": "x", "object_ids": []},
    ]
    report = ValidationReport(
        valid=False,
        violations=[],
        checks={},
        step_s=60.0,
        validator="1.0",
        margins=[PlanMargin.model_validate(each) for each in margins],
        figures=[],
    )
    first, second = margin_rows(report)
    assert (first.rule, first.margin, first.kept) == ("conditions along the way of drives", "10 min", True)
    assert (second.rule, second.kept) == ("some rule", False)
    assert margin_rows(None) == []


def test_figures_are_told_by_name() -> None:
    figure = PlanFigure(figure_id="LONGEST_SILENCE_IN_VIEW", amount=90_000.0, unit="s", text="longest")
    report = ValidationReport(
        valid=True, violations=[], checks={}, step_s=60.0, validator="1.0", margins=[], figures=[figure]
    )
    (row,) = figure_rows(report)
    assert (row.rule, row.margin) == ("Longest silence in view", "25.0 h")
    assert figure_rows(None) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("light at point 2 of shade->haven@93600", "light at point 2 of shade->haven at 2029-01-16 02:00 UTC"),
        (
            "least rate of esa-mlg@0 above 16000 bit/s",
            "least rate of esa-mlg at 2029-01-15 00:00 UTC above 16000 bit/s",
        ),
        ("exosphere-day/0@2/sniff", "exosphere-day/0@2/sniff"),
        ("neutrons/12@3", "neutrons/12@3"),
    ],
)
def test_items_are_told_with_their_times(text: str, told: str) -> None:
    assert with_times(text, datetime(2029, 1, 15, tzinfo=UTC)) == told
    assert with_times(text, None) == text


def test_what_a_plan_was_built_with_is_told_in_one_sentence() -> None:
    assert planned_margins(None) == ""
    stated = {"array_power": 0.97, "battery_capacity": 0.98, "load_power": 1.06, "data_rate": 1.0, "storage": 0.9}
    margins = PlanMargins.model_validate({"policy": "nominal", "sigmas": 1.0, "light_edge_s": 300.0, **stated})
    assert planned_margins(margins) == (
        "Built with the margins of policy nominal, 1 standard deviations: times with their margins, array -3%, "
        "battery -2%, loads +6%, storage -10%, light 5 min inside its edges."
    )
