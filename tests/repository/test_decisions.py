"""Each decision has a number of its own, which its title says too."""

import re
from collections import Counter
from pathlib import Path

DECISIONS = sorted((Path(__file__).parents[2] / "docs" / "adr").glob("[0-9]*.md"))


def test_each_decision_has_a_number_of_its_own() -> None:
    numbers = Counter(path.name[:4] for path in DECISIONS)
    assert [number for number, count in numbers.items() if count > 1] == []


def test_a_decision_is_titled_by_its_number() -> None:
    wrong = [path.name for path in DECISIONS if not re.match(rf"# (ADR )?0*{int(path.name[:4])}\b", path.read_text())]
    assert wrong == []
