"""Figures of a plan against numbers worked out by hand."""

from __future__ import annotations

import pytest
from hand_made_schedules import at, contact, drive, plan
from malapert_planner.domain.validation.validate import validate
from problem_factory import HORIZON_S, make_activity, make_place, make_problem, make_window

LIT = ((0, 7200),)
SEEN = ((3600, 18_000),)


def figures(problem, schedule) -> dict[str, float]:
    return {each.figure_id: each.amount for each in validate(problem, schedule).figures}


def test_good_hours_are_those_with_sun_and_earth_where_the_asset_is() -> None:
    places = (make_place("base", illumination=LIT, earth_visibility=SEEN), make_place("ridge"))
    problem = make_problem(places=places, activities=(make_activity("a"),))
    # One good hour at base, from 3600 to 7200 s; half of it is worked in.
    assert figures(problem, plan(at("a", 1800)))["USE_OF_GOOD_HOURS"] == pytest.approx(0.5)
    # From 1800 s on at the ridge, where all hours are good; the drive counts where both ends are.
    driven = figures(problem, plan(drive(0), at("a", 3600, place_id="ridge")))
    assert driven["USE_OF_GOOD_HOURS"] == pytest.approx(3600 / (HORIZON_S - 1800))


def test_silence_counts_the_time_in_view_alone() -> None:
    base = make_place("base", earth_visibility=((0, 3600), (9000, HORIZON_S)))
    problem = make_problem(places=(base, make_place("ridge")), contact_windows=(make_window(),))
    assert figures(problem, plan())["LONGEST_SILENCE_IN_VIEW"] == 3600 + HORIZON_S - 9000
    held = plan(contact(1800, 2400), contact(12_000, 12_600))
    # 1200 s before the Earth sets and 3000 s after it rises; then 9000 s to the end.
    assert figures(problem, held)["LONGEST_SILENCE_IN_VIEW"] == 9000


def test_the_mean_age_of_data_is_its_time_in_the_storage() -> None:
    problem = make_problem(activities=(make_activity("a", data_bit=3.6e6),), contact_windows=(make_window(),))
    # Made over an hour at 1000 bit/s, held for an hour, sent over an hour: the mean bit waits two hours.
    assert figures(problem, plan(at("a", 0), contact(7200, 10_800)))["MEAN_AGE_OF_DATA"] == pytest.approx(7200)
    assert "MEAN_AGE_OF_DATA" not in figures(make_problem(), plan())


def test_without_places_there_are_none() -> None:
    assert figures(make_problem(metadata={"placeless": "yes"}, drives=()), plan()) == {}
