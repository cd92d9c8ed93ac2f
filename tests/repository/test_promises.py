"""docs/agencies.md names for each promise tests that there are."""

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


def proofs_by_module() -> dict[str, set[str]]:
    """Return the names of the repository's tests; those of modules of one name together."""
    tests: dict[str, set[str]] = {}
    for folder in ("libs/*/tests", "services/*/tests", "tests/*"):
        for path in ROOT.glob(f"{folder}/test_*.py"):
            found = re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
            tests.setdefault(path.stem, set()).update(found)
    return tests


def test_each_promise_names_tests_that_there_are():
    there, absent = proofs_by_module(), []
    for promise, proof in promises():
        named = _NAMED.findall(proof)
        assert named, f"no test proves: {promise}"
        assert _NAMED.sub("", proof).strip() == "", f"what is no test is named for: {promise}"
        absent += [f"{module}::{test}" for module, test in named if test not in there.get(module, ())]
    assert not absent


def test_every_section_has_promises():
    sections = DOCUMENT.read_text().split("\n## ")[1:]
    assert [section.partition("\n")[0] for section in sections if section.count("\n|") < 3] == []
    assert len(list(promises())) >= len(sections)
