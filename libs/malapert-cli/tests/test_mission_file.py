"""Mission files are told wrong with their lines, and their figures are listed by how far to trust them."""

from pathlib import Path
from typing import Any

import pytest
from malapert_cli.mission_file import MissionFileError, hand_in, load_mission
from malapert_cli.report.figures import count_by_confidence, figures_of
from malapert_client import ProblemError

TEXT = """\
mission: {id: m, title: "In every script: 月, чандраян, القمر"}
horizon:
  start: 2029-01-16T00:00:00Z
requests:
  - id: first
    value: -3
  - {id: second, value: 2, relations: [{kind: after}]}
"""


class Refusing:
    """An API that finds these faults in whatever it is given."""

    def __init__(self, *paths: str, reason: str = "INVALID_MISSION") -> None:
        self.errors = [{"path": path, "message": "wrong", "code": "BAD"} for path in paths]
        self.reason = reason
        self.given: dict[str, Any] = {}

    def create_mission(self, body: dict[str, Any], **parameters: Any) -> Any:
        self.given = {"body": body, **parameters}
        raise ProblemError({"title": "Refused", "detail": "no", "reason": self.reason, "errors": self.errors})


@pytest.mark.parametrize(("text", "words"), [("a: [1", "no YAML"), ("- 1\n", "must hold a mapping, not list")])
def test_a_broken_mission_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text)
    with pytest.raises(MissionFileError, match=words) as refusal:
        load_mission(path)
    assert str(path) in str(refusal.value)


def test_each_fault_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(TEXT, encoding="utf-8")
    api: Any = Refusing(
        "requests[0].value", "requests[1].relations[0].request", "horizon.duration", "agencies", "requests[7].id", ""
    )
    with pytest.raises(MissionFileError) as refusal:
        hand_in(api, path, validate_only=True)
    lines = str(refusal.value).splitlines()
    assert [line.removeprefix(f"{path}:").split(":")[0] for line in lines[:-1]] == ["6", "7", "3", "1", "5", "1"]
    assert lines[-1] == f"{path}: 6 faults [INVALID_MISSION]"
    assert api.given["validate_only"] is True
    assert api.given["body"]["horizon"]["start"] == "2029-01-16T00:00:00Z"


def test_a_refusal_that_is_not_about_the_file_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(TEXT, encoding="utf-8")
    api: Any = Refusing(reason="FORBIDDEN")
    with pytest.raises(ProblemError, match="FORBIDDEN"):
        hand_in(api, path)


def test_figures_are_found_wherever_they_stand() -> None:
    def figure(value: str, confidence: str) -> dict[str, str]:
        return {"value": value, "confidence": confidence, "source": f"of {value}"}

    document = {
        "mission": {"id": "m", "value": 3},
        "horizon": {"duration": figure("7 d", "H")},
        "assets": [
            {"id": "rover", "mass": figure("350 kg", "H"), "terminal": {"rate_steps": [figure("1 kbit/s", "A")]}}
        ],
        "requests": [{"id": "first", "arguments": [{"parameter": "depth", "value": figure("1 m", "A")}]}],
    }
    rows = figures_of(document)
    assert [(row.owner, row.name, row.value) for row in rows] == [
        ("horizon", "duration", "7 d"),
        ("assets", "rover, mass", "350 kg"),
        ("assets", "rover, terminal, rate steps, 0", "1 kbit/s"),
        ("requests", "first, arguments, 0, value", "1 m"),
    ]
    assert (rows[2].trust, rows[2].source) == ("assumption", "of 1 kbit/s")
    assert list(count_by_confidence(rows).items()) == [("A", 2), ("H", 2)]
