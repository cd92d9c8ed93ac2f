"""Runs cases against a reader: each repeatable from a seed and its number, each bounded in time and memory."""

import multiprocessing
import random
import re
import resource
import signal
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any

LIMIT_S = 2.0
MEMORY_BYTES = 3 << 30
_SILENT_AFTER_S = 120.0
_MOST_REPORTED = 20
LONGEST_REFUSAL = 100_000


class Contradiction(AssertionError):  # noqa: N818 - what was found, no failure of this program
    """A reader's value that an independent reader contradicts, or a refusal that is no clear one."""


class TooSlowError(BaseException):
    """A case went on for longer than its limit of processor time."""


@dataclass(frozen=True)
class Target:
    """A reader under test.

    Attributes
    ----------
    seeds : callable
        Returns valid files to start from.
    mutate : callable
        Returns another file, from a random generator and a valid one.
    read : callable
        Reads a file and compares what comes out with an independent reader; raises `Contradiction` where they differ.
    refusals : tuple of exception classes
        What a reader may raise: each is checked to be clear and bounded.
    """

    name: str
    seeds: Callable[[], Sequence[bytes]]
    mutate: Callable[[random.Random, bytes], bytes]
    read: Callable[[bytes], object]
    refusals: tuple[type[BaseException], ...]


@dataclass
class Outcome:
    """What became of the cases of a target; `defects` has the number, kind and story of the first of each kind."""

    target: str
    cases: int = 0
    accepted: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    defects: list[tuple[int, str, str]] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    def note(self, number: int, kind: str, story: str) -> None:
        """Count a defect, and keep its story where it is the first of its kind."""
        self.kinds[kind] += 1
        if self.kinds[kind] == 1 and len(self.defects) < _MOST_REPORTED:
            self.defects.append((number, kind, story))


def case(target: Target, seeds: Sequence[bytes], seed: int, number: int) -> bytes:
    """Return the file of a case; the first cases are the seeds as they are."""
    if number < len(seeds):
        return seeds[number]
    rng = random.Random(f"{seed} {target.name} {number}")
    return target.mutate(rng, rng.choice(seeds))


def run_cases(target: Target, seed: int, numbers: range, tell: Callable[[int], None] = lambda _number: None) -> Outcome:
    """Run cases in this process."""
    seeds = target.seeds()
    outcome = Outcome(target.name)
    for number in numbers:
        tell(number)
        content = case(target, seeds, seed, number)
        began_s = time.process_time()
        try:
            with _limited():
                _run(target, content, outcome, is_seed=number < len(seeds))
        except TooSlowError:
            outcome.note(number, "too slow", f"more than {LIMIT_S:g} s of processor time")
        except Exception as error:
            outcome.note(number, _kind(error), "".join(traceback.format_exception(error))[-4000:])
        outcome.cases += 1
        outcome.slowest_s = max(outcome.slowest_s, time.process_time() - began_s)
    return outcome


def _run(target: Target, content: bytes, outcome: Outcome, *, is_seed: bool) -> None:
    try:
        target.read(content)
    except target.refusals as error:
        if isinstance(error, Contradiction):
            raise
        if is_seed:
            raise Contradiction(f"a valid file is refused: {error}") from error
        _check_refusal(error)
        outcome.refused += 1
    else:
        outcome.accepted += 1


def _check_refusal(error: BaseException) -> None:
    text = str(error)
    if not text.strip():
        raise Contradiction("a refusal without a word")
    faults = getattr(error, "faults", ())
    told = text + "".join(str(fault) for fault in faults)
    if len(told) > LONGEST_REFUSAL:
        raise Contradiction(f"a refusal of {len(told)} characters")


def _kind(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = frame.filename.rpartition("/")[2]
    detail = re.sub(r"[^A-Za-z ]+", "#", str(error)[:60]) if isinstance(error, Contradiction) else ""
    return f"{type(error).__name__} in {where}:{frame.lineno} {detail}".strip()


@contextmanager
def _limited() -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT_S)
    try:
        with warnings.catch_warnings():
            # Numbers that are none make NumPy warn; what a reader makes of them is what counts.
            warnings.simplefilter("ignore")
            yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def run_apart(
    target_of: Callable[[str], Target], name: str, seed: int, count: int, preload: Sequence[str] = ()
) -> Outcome:
    """Run cases in a process of its own with bounded memory; one that dies or falls silent is a defect and goes on."""
    total = Outcome(name)
    start = 0
    # What readers need is loaded once, in a process that runs no threads; each case's process is forked from that.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*preload])
    while start < count:
        own, theirs = context.Pipe()
        process = context.Process(target=_child, args=(theirs, target_of, name, seed, range(start, count)), daemon=True)
        process.start()
        theirs.close()
        last, part = _follow(own, start)
        process.kill()
        process.join()
        if part is not None:
            _add(total, part)
            break
        total.note(
            last, "process lost", f"it died with code {process.exitcode} or was silent for {_SILENT_AFTER_S:g} s"
        )
        total.cases += last + 1 - start
        start = last + 1
    return total


def _follow(connection: Connection, start: int) -> tuple[int, Outcome | None]:
    last = start
    try:
        while connection.poll(_SILENT_AFTER_S + 60 * (last == start)):
            news: Any = connection.recv()
            if isinstance(news, Outcome):
                return last, news
            last = news
    except (EOFError, OSError):
        pass
    return last, None


def _child(connection: Connection, target_of: Callable[[str], Target], name: str, seed: int, numbers: range) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    connection.send(run_cases(target_of(name), seed, numbers, connection.send))


def _add(total: Outcome, part: Outcome) -> None:
    total.cases += part.cases
    total.accepted += part.accepted
    total.refused += part.refused
    total.slowest_s = max(total.slowest_s, part.slowest_s)
    known = {kind for _, kind, _ in total.defects}
    total.kinds += part.kinds
    total.defects += [defect for defect in part.defects if defect[1] not in known]
