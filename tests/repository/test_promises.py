"""docs/agencies.md names for each promise tests that there are."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "agencies.md"
_NAMED = re.compile(r"`(test_\w+)::(test_\w+)`")


def promises() -> Iterator[tuple[str, str]]:
    """Yield each promise with what proves it."""
    for line in DOCUMENT.read_text().splitlines():
        if line.startswith("|") and not line.startswith(("| promise", "|---")):
            _, promise, proof, _ = line.split("|")
            yield promise.strip(), proof.strip()


def modules() -> dict[str, Path]:
    """Return the repository's modules of tests by name."""
    folders = ("libs/*/tests", "services/*/tests", "tests/*")
    return {path.stem: path for folder in folders for path in ROOT.glob(f"{folder}/test_*.py")}


def test_each_promise_names_tests_that_there_are():
    there, absent = modules(), []
    tests: dict[str, set[str]] = {}
    for promise, proof in promises():
        named = _NAMED.findall(proof)
        assert named, f"no test proves: {promise}"
        assert _NAMED.sub("", proof).strip() == "", f"what is no test is named for: {promise}"
        for module, test in named:
            if module in there and module not in tests:
                tests[module] = _tests_of(there[module])
            if test not in tests.get(module, ()):
                absent.append(f"{module}::{test}")
    assert not absent


def test_every_section_has_promises():
    sections = DOCUMENT.read_text().split("\n## ")[1:]
    assert [section.partition("\n")[0] for section in sections if section.count("\n|") < 3] == []
    assert len(list(promises())) >= len(sections)


def _tests_of(path: Path) -> set[str]:
    found = ast.walk(ast.parse(path.read_text()))
    return {node.name for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
