"""Margins as a person reads them."""

import pytest
from malapert_cli.margins import amount_text, figure_rows, margin_rows
from malapert_http_models.contracts.planner import PlanFigure, PlanMargin, ValidationReport


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
