"""The rules of SatNet as published, held against hand-made weeks, and the schedules that the benchmark writes."""

import json
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
DATA = Path(__file__).parents[4] / "shared/data/satnet"
sys.path.insert(0, str(BENCHMARKS))
import satnet  # noqa: E402
import satnet_rules as rules  # noqa: E402

HOUR = 3600
MONDAY = 1520208000
"""2018-03-05T00:00:00Z, when W10_2018 begins."""


def _asked(track_id: str, subject: int, hours: float, least: float, **views: list[tuple[float, float]]) -> dict:
    periods = {
        antennas: [{"TRX ON": MONDAY + round(on * HOUR), "TRX OFF": MONDAY + round(off * HOUR)} for on, off in spans]
        for antennas, spans in views.items()
    }
    return {
        "track_id": track_id,
        "subject": subject,
        "duration": hours,
        "duration_min": least,
        "setup_time": 60,
        "teardown_time": 15,
        "resource_vp_dict": periods,
    }


WEEK = {
    "W10_2018": [
        _asked("short", 1, 2, 2, A=[(2, 20)], B=[(0, 30)], A_B=[(4, 10)]),
        _asked("long", 1, 8, 6.4, A=[(2, 60)], B=[(20, 60)], C=[(170, 180)]),
        _asked("other", 2, 4, 4, A=[(2, 40)]),
    ]
}
MAINTENANCE = f"""week,year,starttime,endtime,antenna
9.0,2018,{MONDAY + 50 * HOUR},{MONDAY + 52 * HOUR},A
11.0,2018,{MONDAY + 178 * HOUR},{MONDAY + 200 * HOUR},C
10.0,2018,{MONDAY + 180 * HOUR},{MONDAY + 200 * HOUR},B
"""


@pytest.fixture
def week(tmp_path: Path) -> rules.Week:
    (tmp_path / "problems.json").write_text(json.dumps(WEEK))
    (tmp_path / "maintenance.csv").write_text(MAINTENANCE)
    return rules.read_week(tmp_path, "W10_2018")


def _row(track_id: str, antenna: str, on: float, off: float, subject: int = 1) -> dict:
    times = (round(MONDAY + t) for t in (on * HOUR - 3600, on * HOUR, off * HOUR, off * HOUR + 900))
    return dict(zip(rules.COLUMNS, (antenna, subject, *times, track_id), strict=True))


def test_down_times_filed_under_other_weeks_count_where_they_overlap(week: rules.Week) -> None:
    assert week.down == {
        "A": [(MONDAY + 50 * HOUR, MONDAY + 52 * HOUR)],
        "C": [(MONDAY + 178 * HOUR, MONDAY + 200 * HOUR)],
    }


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([_row("short", "A", 3, 5) | {"START_TIME": MONDAY + 1}], "set-up takes"),
        ([_row("short", "A", 3, 5) | {"END_TIME": MONDAY + 5 * HOUR}], "teardown takes 0 s"),
        ([_row("short", "A", 3, 5) | {"START_TIME": 1.5}], "START_TIME is 1.5"),
        ([_row("short", "A", 3, 5, subject=2)], "SC is 2"),
        ([_row("none", "A", 3, 5)], "none was not asked for"),
        ([{"RESOURCE": "A"}], "it must have RESOURCE, SC"),
        ([_row("short", "C", 3, 5)], "in no view period of C"),
        ([_row("short", "A", 1.5, 3.5)], "in no view period of A"),
        ([_row("short", "B", 1, 3)], "is not within the week"),
        ([_row("short", "A", 3, 4)], "3600 s in all"),
        ([_row("short", "A", 3, 6)], "10800 s in all"),
        ([_row("short", "A", 3, 4), _row("short", "A", 7, 8)], "split into 2"),
        ([_row("long", "A", 3, 8)], "18000 s in all"),
        ([_row("long", "A", 3, 8), _row("long", "A", 20, 22)], "a piece of 7200 s"),
        ([_row("long", "A", 42, 50)], "A is down"),
        ([_row("long", "C", 170, 178)], "C is down"),
        ([_row("short", "A", 3, 5), _row("other", "A", 5.25 + 1, 10.25, subject=2)], "A: short and other overlap"),
        ([_row("short", "B", 21, 23), _row("long", "A", 22, 30)], "mission 1: short and long at once"),
    ],
)
def test_every_broken_rule_is_told(week: rules.Week, rows: list[dict], words: str) -> None:
    assert any(words in text for text in rules.broken(week, rows))


def test_a_schedule_that_keeps_the_rules_is_scored(week: rules.Week) -> None:
    rows = [
        *(_row("short", antenna, 5.5, 7.5) for antenna in ("A", "B")),
        _row("long", "A", 30, 34),
        _row("long", "B", 42, 46),
    ]
    assert rules.broken(week, rows) == []
    found = rules.worth(week, rows)
    assert (found.hours, found.satisfied, found.u_max) == (10, 2, 1)
    assert found.u_rms == pytest.approx(0.5**0.5)


@pytest.mark.skipif(not DATA.exists(), reason="the given SatNet weeks are not at hand")
def test_the_benchmark_writes_schedules_that_keep_the_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["--weeks", "W10_2018,W30_2018", "--steps", "1500", "--workers", "1", "--out", str(tmp_path / "s.json")]
    monkeypatch.setattr(sys, "argv", ["satnet.py", str(DATA), *words])
    satnet.main()
    for name in ("W10_2018", "W30_2018"):
        week, rows = rules.read_week(DATA, name), json.loads((tmp_path / f"s_{name}.json").read_text())
        assert rules.broken(week, rows) == []
        assert rules.worth(week, rows).satisfied > 200


@pytest.mark.skipif(not DATA.exists(), reason="the given SatNet weeks are not at hand")
def test_a_week_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(SystemExit, match=r"W11_2018 is not in .*W10_2018, W20_2018, W30_2018"):
        rules.read_week(DATA, "W11_2018")
