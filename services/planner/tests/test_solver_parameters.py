"""Tunables of the solver: all checked, none outside its range, none that nobody reads."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from malapert_planner.solvers import parameters
from malapert_planner.solvers.parameters import Tuned, check, tunables

SOLVERS = Path(parameters.__file__).parent


def test_every_tunable_states_its_unit_range_and_meaning() -> None:
    declared = {f"{group.__name__}.{name}" for group in parameters.GROUPS for name in vars(group) if name.isupper()}
    assert {name for name, _, _ in tunables()} == declared
    for _, _, tuned in tunables():
        assert isinstance(tuned, Tuned)
        assert tuned.unit
        assert tuned.least < tuned.most
        assert len(tuned.meaning) > 10


def test_a_value_outside_its_range_is_refused_with_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parameters.Pipeline, "FILL_WORK", 99.0)
    monkeypatch.setattr(parameters.Repair, "PADS_S", (3600, 5))
    told = (
        r"Pipeline.FILL_WORK is 99.0; 0.1 to 60 s make sense; "
        r"Repair.PADS_S is \(3600, 5\); 300 to 3.1536e\+07 s make sense"
    )
    with pytest.raises(ValueError, match=told):
        check()


def test_every_tunable_is_read_somewhere() -> None:
    text = "\n".join(path.read_text() for path in SOLVERS.rglob("*.py") if path.name != "parameters.py")
    assert [name for name, _, _ in tunables() if name not in text] == []


NO_TUNABLES = re.compile(
    "ROUND|TOLERANCE|GUARD|^MARGIN$|_PER_|UNATTAINABLE|UNBOUNDED|DECIMALS|LARGEST|^PARTS$|NO_|NOTHING|GAP$"
    "|^POLL_S$|^MOST_STATIONS$|^STEPS$|^_HORIZON_S$"
)
"""Tolerances, units, markers, the bits of a mask and the sizes of the example that warms up: where they are used."""


def _numbers(path: Path) -> Iterator[str]:
    """Yield the names of numbers, and of tuples of numbers, that a module writes down at its top."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                value = eval(compile(ast.Expression(node.value), path.name, "eval"), {"__builtins__": {}})
            except NameError:
                continue
            if all(isinstance(each, int | float) for each in (value if isinstance(value, tuple) else (value,))):
                yield node.targets[0].id


def test_no_tunable_stands_elsewhere() -> None:
    elsewhere = [path for path in SOLVERS.rglob("*.py") if path.name != "parameters.py"]
    found = {path.name: [name for name in _numbers(path) if not NO_TUNABLES.search(name)] for path in elsewhere}
    assert {name: names for name, names in found.items() if names} == {}
