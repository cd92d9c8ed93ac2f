"""Share of small faults in the core that its tests find: a sample of mutants, each in a process of its own.

    python benchmarks/mutation_cover.py COVER
    python benchmarks/mutation.py COVER [--sample 200] [--seed 1] [--within PART ...] [--record FILE] [--minutes N]

With the same record a run goes on where another one stopped; a mutant is known by its place and its text.
A mutant is one module with one operator, constant or condition changed; it lives in the process that tests it alone, no
file is touched. It meets the tests that run its line, the quickest first, and is killed where one fails or does not end
in time. Those that survive are printed with the line as it was and as it became.
"""

import argparse
import ast
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from mutation_cover import Cover

ROOT = Path(__file__).parents[1]
PLANNER = "services/planner/src/malapert_planner/"
CORE = "libs/malapert-core/src/malapert_core/"
MODULES = (
    PLANNER + "domain/problem",
    PLANNER + "domain/validation",
    PLANNER + "domain/simulation",
    PLANNER + "domain/explanation",
    PLANNER + "domain/life",
    PLANNER + "solvers/bounds/interval_relaxation.py",
    PLANNER + "solvers/explain/relaxations.py",
    CORE + "policy/sight.py",
    CORE + "policy/audience.py",
    CORE + "timestamps.py",
    "libs/malapert-astro/src/malapert_astro/times.py",
)
"""The core's modules or folders."""
COMPARISONS = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==", ast.In: "not in"}
OPERATIONS = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "*", ast.Mod: "*"}
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
BOOTSTRAP = """
import importlib.machinery, resource, sys
target, source, limit_s, *arguments = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_CPU, (int(limit_s), int(limit_s)))
read = importlib.machinery.SourceFileLoader.get_code
def get_code(self, name):
    return compile(source, target, "exec", dont_inherit=True) if self.path == target else read(self, name)
importlib.machinery.SourceFileLoader.get_code = get_code
import pytest
sys.exit(pytest.main(arguments))
"""


@dataclass(frozen=True)
class Mutant:
    """A module with one piece of its text changed."""

    path: Path
    lines: range
    start: int
    end: int
    text: str

    def source(self) -> str:
        """Return the module's changed text."""
        whole = self.path.read_bytes()
        return (whole[: self.start] + self.text.encode() + whole[self.end :]).decode()

    def name(self) -> str:
        """Return what a record knows it by."""
        return f"{self.path.relative_to(ROOT)}:{self.start}-{self.end}:{self.text}"

    def told(self) -> str:
        """Return place, line before and line after."""
        before = self.path.read_text().splitlines()
        number = self.path.read_bytes()[: self.start].count(b"\n")
        after = self.source().splitlines()
        return f"{self.path.relative_to(ROOT)}:{number + 1}\n  - {before[number].strip()}\n  + {after[number].strip()}"


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Yield every mutant of a module."""
    text = path.read_text()
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line.encode()))

    def at(line: int, column: int) -> int:
        return starts[line - 1] + column

    def between(left: ast.expr, right: ast.expr) -> tuple[int, int]:
        return at(left.end_lineno or 0, left.end_col_offset or 0), at(right.lineno, right.col_offset)

    def whole(node: ast.expr) -> tuple[int, int]:
        return at(node.lineno, node.col_offset), at(node.end_lineno or 0, node.end_col_offset or 0)

    for node, lines in _running(ast.parse(text), range(0)):
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
            yield _operator(path, lines, between(node.left, node.comparators[0]), COMPARISONS[type(node.ops[0])])
        elif isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:
            yield _operator(path, lines, between(node.left, node.right), OPERATIONS[type(node.op)])
        elif isinstance(node, ast.BoolOp):
            other = "or" if isinstance(node.op, ast.And) else "and"
            yield _operator(path, lines, between(node.values[0], node.values[1]), other)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield Mutant(path, lines, *whole(node), f"bool({ast.unparse(node.operand)})")
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            yield Mutant(path, lines, *whole(node), repr(node.value + 1))
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            yield Mutant(path, lines, *whole(node), repr(not node.value))
        elif isinstance(node, ast.Name) and node.id in CALLS:
            yield Mutant(path, lines, *whole(node), CALLS[node.id])


def _operator(path: Path, lines: range, place: tuple[int, int], text: str) -> Mutant:
    # What stands between two operands may close and open brackets; those stay.
    gap = path.read_bytes()[slice(*place)].decode()
    words = gap.strip("() \n")
    begin = place[0] + len(gap[: gap.index(words)].encode())
    return Mutant(path, lines, begin, begin + len(words.encode()), text)


def _running(node: ast.AST, lines: range) -> Iterator[tuple[ast.AST, range]]:
    """Yield the nodes that run, with the lines of their statement up to them.

    No annotation, no docstring, no decorator, nothing of the head of a class.
    """
    for name, child in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "keywords") and not isinstance(node, ast.Call):
            continue
        for each in child if isinstance(child, list) else [child]:
            if isinstance(each, ast.AST):
                first = each.lineno if isinstance(each, ast.stmt) else lines.start
                last = getattr(each, "end_lineno", first) if isinstance(each, ast.expr) else first
                yield each, range(first, last + 1)
                yield from _running(each, range(first, last + 1))


def all_mutants() -> list[Mutant]:
    """Return every mutant of the core."""
    found: list[Mutant] = []
    for place in MODULES:
        path = ROOT / place
        for module in [path] if path.suffix else sorted(path.glob("*.py")):
            found += mutants_of(module)
    return found


def tested(target: Path, source: str, tests: tuple[str, ...], limit_s: int) -> bool:
    """Return whether the tests pass with a module's text in its place."""
    command = [
        sys.executable,
        "-c",
        BOOTSTRAP,
        str(target),
        source,
        str(limit_s),
        "-q",
        "-x",
        "-n",
        "0",
        "--fast",
        *tests,
    ]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(timeout=20 * limit_s) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def interval(killed: int, count: int) -> tuple[float, float]:
    """Return the interval of 95 % confidence of a share (E. B. Wilson, 1927)."""
    z = 1.96
    share, weight = killed / count, 1 + z * z / count
    middle = (share + z * z / (2 * count)) / weight
    half = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / weight
    return middle - half, middle + half


def read_record(path: Path | None) -> dict[str, bool]:
    """Return which mutants of a record were killed, by their names."""
    if path is None or not path.exists():
        return {}
    return {each["mutant"]: each["killed"] for each in map(json.loads, path.read_text().splitlines())}


def main() -> None:
    """Test a sample of mutants."""
    parser = argparse.ArgumentParser(description="Test a sample of mutants of the core.")
    parser.add_argument("cover", type=Path, help="which tests run which lines, from mutation_cover.py")
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=120, help="CPU seconds after which a mutant counts as killed")
    parser.add_argument("--jobs", type=int, default=2, help="mutants tested at once")
    parser.add_argument("--record", type=Path, help="file that takes each outcome, and from which a run goes on")
    parser.add_argument("--minutes", type=float, default=1e9, help="no mutant is begun after so long")
    parser.add_argument(
        "--within", nargs="*", default=[""], help="parts of the paths of modules; all where none is said"
    )
    arguments = parser.parse_args()
    cover = Cover.read(arguments.cover)
    mutants = [each for each in all_mutants() if any(part in str(each.path) for part in arguments.within)]
    sample = random.Random(arguments.seed).sample(mutants, min(arguments.sample, len(mutants)))
    known = read_record(arguments.record)
    waiting = [mutant for mutant in sample if mutant.name() not in known]
    ends_s = time.monotonic() + 60.0 * arguments.minutes

    def outcome(mutant: Mutant) -> bool | None:
        if time.monotonic() > ends_s:
            return None
        tests = cover.tests_of(mutant.path, mutant.lines)
        return bool(tests) and not tested(mutant.path, mutant.source(), tests, arguments.limit)

    with ThreadPoolExecutor(arguments.jobs) as jobs:
        for mutant, killed in zip(waiting, jobs.map(outcome, waiting), strict=True):
            if killed is None:
                continue
            known[mutant.name()] = killed
            if arguments.record:
                with arguments.record.open("a") as record:
                    record.write(json.dumps({"mutant": mutant.name(), "killed": killed}) + "\n")
            print("killed" if killed else f"survived: {mutant.told()}", flush=True)
    done = [known[mutant.name()] for mutant in sample if mutant.name() in known]
    low, high = interval(sum(done), len(done)) if done else (0.0, 1.0)
    share = f"{sum(done)} of {len(done)} killed, {sum(done) / max(len(done), 1):.1%}, {low:.1%} to {high:.1%}"
    print(f"{share}; of a sample of {len(sample)} of {len(mutants)}, seed {arguments.seed}")


if __name__ == "__main__":
    main()
