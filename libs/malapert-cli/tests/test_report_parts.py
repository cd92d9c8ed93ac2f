"""Parts of the report: agencies' shares, activities stacked where they go on at once, robustness as text."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from malapert_cli.report.robustness import shown
from malapert_cli.report.shares import agency_rows
from malapert_cli.report.timeline import _stacked
from malapert_cli.report.tokens import agency_colours
from malapert_http_models.contracts.planner import Robustness

START = datetime(2029, 1, 15, tzinfo=UTC)


def activity(agency_id: str, start_h: int, end_h: int) -> dict[str, Any]:
    interval = {"start_time": f"2029-01-15T{start_h:02}:00:00Z", "end_time": f"2029-01-15T{end_h:02}:00:00Z"}
    return {"agency_id": agency_id, "interval": interval}


def test_each_agency_has_a_row_in_its_one_colour() -> None:
    shares = [
        {"agency_id": "JAXA", "requested_value": 40.0, "planned_value": 30.0, "unsatisfied_share": 0.25},
        {"agency_id": "CNES", "requested_value": 10.0, "planned_value": 0.0, "unsatisfied_share": 1.0},
    ]
    activities = [activity("JAXA", 0, 3), activity("JAXA", 5, 6), activity("", 2, 4)]
    cnes, jaxa = agency_rows({"activities": activities, "objective": {"agency_shares": shares}})
    assert (jaxa.share, jaxa.steps, jaxa.hours) == (0.75, 2, 4.0)
    assert (cnes.share, cnes.steps, cnes.hours) == (0.0, 0, 0.0)
    assert {jaxa.agency_id: jaxa.colour, cnes.agency_id: cnes.colour} == agency_colours(["JAXA", "CNES"])


def test_where_worth_is_withheld_no_shares_are_shown() -> None:
    assert agency_rows({"activities": [activity("JAXA", 0, 1)], "objective": {"agency_shares": []}}) == []


def test_activities_that_go_on_at_once_are_in_rows_of_their_own() -> None:
    first, second, third, fourth = [((start, length), "JAXA") for start, length in ((0, 2), (1, 3), (2, 1), (2, 5))]
    assert _stacked([fourth, third, second, first]) == [[first, third], [second], [fourth]]
    assert _stacked([]) == [[]]


def test_an_assessment_is_told_in_times_and_shares() -> None:
    item: dict[str, Any] = {
        "item_id": "a->b@7200",
        "rule_id": "DRIVE_WAY",
        "broken": 3,
        "first": 2,
        "worst": 600.0,
        "unit": "s",
    }
    values: dict[str, Any] = {
        "policy": None, "draws": 10, "kept": 7, "share": 0.7, "lowest_share": 0.4, "highest_share": 0.9,
        "is_robust": False, "first_break_time": START, "charge_left_wh": 412.4, "items": [SimpleNamespace(**item)],
    }  # fmt: skip
    found = Robustness.model_construct(**values)
    told = shown(found, START)
    assert (told.share, told.interval) == ("70.0%", "40.0% to 90.0%")
    assert "412 Wh" in told.said
    assert "2029-01-15 00:00 UTC" in told.said
    assert told.items[0].item == "a->b at 2029-01-15 02:00 UTC"
    assert told.items[0].worst == "10 min"
