"""Repetitions that forgive: late ones caught up, missed ones skipped, so many enough."""

from dataclasses import replace
from datetime import timedelta

import pytest
from malapert_core.errors import Fault
from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.catalogue.content import request_hash
from malapert_payload.domain.expansion.expansion import ActivityRepetition, expand
from malapert_payload.domain.requests.request import ActivityRequest, Repetition, Standing, WhenMissed
from malapert_payload.domain.validation.windows import repetition_faults

DAY_S, HOUR_S = 86_400.0, 3600.0


def asked(document: list[ActivityRequest], *, mandatory: bool = False, **changes: object) -> ActivityRequest:
    """The panorama, four times, daily within two hours."""
    series = replace(document[0].repetition or Repetition(4, DAY_S), **changes)  # type: ignore[arg-type]
    return replace(document[0], mandatory=mandatory, repetition=series)


def test_a_skipped_repetition_has_its_own_time(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    request = asked(document, when_missed=WhenMissed.SKIP)
    expansion = expand(catalogue, [request])
    assert expansion.repetitions == ()
    first = min((window.start_time for window in request.windows), default=catalogue.horizon.start_time)
    for number, draft in enumerate(expansion.activities):
        assert draft.start_window is not None
        assert draft.start_window.start_time == first + timedelta(days=number, hours=-2)
        assert draft.start_window.end_time == first + timedelta(days=number, hours=2)
    later = expand(catalogue, [replace(request, standing=Standing(done=(0,), abandoned=(2,)))]).activities
    assert [draft.chain_id or draft.activity_id for draft in later] == ["pan-daily/1/image", "pan-daily/3/image"]
    assert [draft.start_window for draft in later] == [expansion.activities[n].start_window for n in (1, 3)]


@pytest.mark.parametrize(
    ("count", "period_s", "tolerance_s"), [(1, DAY_S, 1e15), (1, DAY_S, 1e11), (2, 1e12, 1e12 - 1.0)]
)
def test_times_of_their_own_beyond_every_calendar_are_no_defect(
    catalogue: Catalogue, document: list[ActivityRequest], count: int, period_s: float, tolerance_s: float
) -> None:
    request = asked(document, count=count, period_s=period_s, tolerance_s=tolerance_s, when_missed=WhenMissed.SKIP)
    assert not list(repetition_faults(request, "r", catalogue.horizon, 600.0))
    for draft in expand(catalogue, [request]).activities:
        assert draft.start_window is not None
        assert draft.start_window.start_time <= catalogue.horizon.start_time + timedelta(seconds=1)
        assert draft.start_window.end_time >= catalogue.horizon.end_time


def test_a_late_one_is_caught_up_within_the_largest_gap(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    expansion = expand(catalogue, [asked(document, largest_gap_s=2 * DAY_S)])
    assert expansion.repetitions == (ActivityRepetition("pan-daily", DAY_S, 2 * HOUR_S, 2 * DAY_S),)
    assert {draft.start_window for draft in expansion.activities} == {None}


def test_of_a_mandatory_series_so_many_are_enough(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    def needed(request: ActivityRequest) -> list[bool]:
        return [draft.mandatory for draft in expand(catalogue, [request]).activities]

    assert needed(asked(document, mandatory=True)) == [True] * 4
    enough = asked(document, mandatory=True, least_count=3)
    assert needed(enough) == [True, True, True, False]
    assert needed(replace(enough, standing=Standing(done=(0,), abandoned=(1,)))) == [True, True]
    assert needed(replace(enough, standing=Standing(done=(0, 1), under_way=(2,)))) == [False]


def test_what_is_not_said_changes_no_hash(document: list[ActivityRequest]) -> None:
    assert request_hash(asked(document)) == request_hash(document[0])
    assert request_hash(asked(document, when_missed=WhenMissed.SKIP)) != request_hash(document[0])


@pytest.mark.parametrize(
    ("mandatory", "changes", "faults"),
    [
        (True, {"largest_gap_s": DAY_S + 2 * HOUR_S}, []),
        (True, {"least_count": 4}, []),
        (False, {"when_missed": WhenMissed.END, "largest_gap_s": 3 * DAY_S}, []),
        (True, {"largest_gap_s": DAY_S}, [("r.largest_gap_s", "GAP_TOO_SHORT")]),
        (True, {"largest_gap_s": -1.0}, [("r.largest_gap_s", "NEGATIVE_NUMBER")]),
        (True, {"largest_gap_s": float("nan")}, [("r.largest_gap_s", "NOT_FINITE")]),
        (True, {"largest_gap_s": 3 * DAY_S, "when_missed": WhenMissed.SKIP}, [("r.largest_gap_s", "CONTRADICTION")]),
        (True, {"least_count": 2, "when_missed": WhenMissed.SKIP}, [("r.least_count", "CONTRADICTION")]),
        (True, {"least_count": 5}, [("r.least_count", "OUT_OF_RANGE")]),
        (False, {"least_count": 2}, [("r.least_count", "NOT_MANDATORY")]),
        (False, {"count": 1, "least_count": 1}, [("r.least_count", "NOT_MANDATORY")]),
    ],
)
def test_what_contradicts_itself_is_refused(
    catalogue: Catalogue,
    document: list[ActivityRequest],
    mandatory: bool,
    changes: dict[str, object],
    faults: list[tuple[str, str]],
) -> None:
    found: list[Fault] = list(
        repetition_faults(asked(document, mandatory=mandatory, **changes), "r", catalogue.horizon, 600.0)
    )
    assert [(fault.path.replace("r.repetition", "r"), fault.code) for fault in found] == faults
