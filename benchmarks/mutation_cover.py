"""Which tests run which lines of the core, and for how long: so that each mutant meets those that can find it.

    python benchmarks/mutation_cover.py FILE

runs the planner's, the core's and the astronomy's tests that start no process once, under coverage, and writes FILE,
which ``mutation.py --cover FILE`` reads.
"""

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from coverage import CoverageData

ROOT = Path(__file__).parents[1]
SUITES = ("services/planner", "libs/malapert-core", "libs/malapert-astro")
LONGEST_S = 30.0
"""How long the tests that meet one mutant take at most in all, but for the first of them."""


@dataclass(frozen=True)
class Cover:
    """Tests by module and line, as pytest names them, and the seconds that each takes."""

    lines: dict[str, dict[str, list[str]]]
    seconds: dict[str, float]

    @classmethod
    def read(cls, path: Path) -> "Cover":
        """Read what a run has written."""
        return cls(**json.loads(path.read_text()))

    def tests_of(self, module: Path, lines: Iterable[int]) -> tuple[str, ...]:
        """Return the tests that run any of some lines, or where none does, of the module: the quickest first."""
        here = self.lines.get(str(module.relative_to(ROOT)), {})
        found = {test for line in lines for test in here.get(str(line), [])}
        found = found or {test for tests in here.values() for test in tests}
        chosen, took_s = list[str](), 0.0
        for test in sorted(found, key=lambda name: (self.seconds.get(name, 0.0), name)):
            took_s += self.seconds.get(test, 0.0)
            if chosen and took_s > LONGEST_S:
                break
            chosen.append(test)
        return tuple(chosen)


def covered(member: str, folder: Path) -> Cover:
    """Run a member's tests under coverage; tests that fail are left out."""
    settings, data, report = folder / "coveragerc", folder / "data", folder / "report.xml"
    settings.write_text(f"[run]\ndynamic_context = test_function\nsource = {ROOT / member}/src\ndata_file = {data}\n")
    coverage = [sys.executable, "-m", "coverage", "run", f"--rcfile={settings}", "-m"]
    pytest = ["pytest", "-q", "-n", "0", "--fast", f"--junitxml={report}", f"{member}/tests"]
    subprocess.run([*coverage, *pytest], cwd=ROOT, check=False, stdout=sys.stderr)
    tests, seconds = _outcomes(report)
    measured = CoverageData(str(data))
    measured.read()
    lines: dict[str, dict[str, list[str]]] = {}
    for path in measured.measured_files():
        by_line = {
            str(line): sorted({tests[context] for context in contexts if context in tests})
            for line, contexts in measured.contexts_by_lineno(path).items()
        }
        lines[str(Path(path).relative_to(ROOT))] = {line: names for line, names in by_line.items() if names}
    return Cover(lines, seconds)


def _outcomes(report: Path) -> tuple[dict[str, str], dict[str, float]]:
    """Return the tests that passed, as pytest names them, by coverage's names; and how long each took in all."""
    seconds, failed = defaultdict[str, float](float), set[str]()
    tests: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        module, function = case.get("classname", ""), case.get("name", "").partition("[")[0]
        name = f"{module.replace('.', '/')}.py::{function}"
        tests[f"{module}.{function}"] = name
        seconds[name] += float(case.get("time", 0.0))
        if any(case.find(kind) is not None for kind in ("failure", "error", "skipped")):
            failed.add(name)
    return {context: name for context, name in tests.items() if name not in failed}, dict(seconds)


def main(path: Path) -> None:
    """Write which tests run which lines."""
    whole = Cover({}, {})
    for member in SUITES:
        with tempfile.TemporaryDirectory() as folder:
            part = covered(member, Path(folder))
        whole.lines.update(part.lines)
        whole.seconds.update(part.seconds)
    path.write_text(json.dumps({"lines": whole.lines, "seconds": whole.seconds}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
