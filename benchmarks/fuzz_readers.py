"""Fuzz run over all readers: structured mutations of valid files, each ended in success or in a clear refusal.

    python benchmarks/fuzz_readers.py [--cases N] [--seed 1] [--processes 2] [--only oem-text ...] [--keep DIRECTORY]

A case is a seed's file mutated by a generator that its seed, reader and number fix, so each can be made again. Defects
are: an exception that is no refusal, more than 2 s of processor time, a process lost or out of its 3 GiB, a refusal
without a word or of more than 100,000 characters, and a value that an independent reader contradicts (SPICE, sgp4, the
columns of the file, lxml with the schema of the standard, PyYAML, Python's json, csv and ElementTree, GDAL, netCDF4,
icalendar). Ends with 1 where there is any. Samples of the standards are read where ../shared/reference holds them.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "fuzz"))

from reader_fuzz.running import Outcome, case, run_apart
from reader_fuzz.targets import GROUPS, NAMES, target_named, usual_cases


def main() -> int:
    """Run, and print a row a reader."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, help="of each reader; by default more of those that are quick")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2, help="readers that run at once")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=list(NAMES), metavar="READER")
    parser.add_argument("--keep", type=Path, help="directory that takes the files of defects")
    options = parser.parse_args()
    # The process that loads what readers need looks here, not into our own path.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (sys.path[0], os.environ.get("PYTHONPATH"))))
    print("| reader | cases | taken | refused | slowest, s of CPU | defects |\n|---|---|---|---|---|---|")
    began_s, outcomes = time.monotonic(), []
    absent = [name for name in options.only if name.endswith("-samples") and not target_named(name).seeds()]
    if absent:
        print(f"not run, since ../shared/reference holds no samples: {', '.join(absent)}", file=sys.stderr)
        options.only = [name for name in options.only if name not in absent]
    preload = [f"reader_fuzz.{group}" for group, names in GROUPS.items() if {*names} & {*options.only}]
    with ThreadPoolExecutor(options.processes) as pool:
        counts = [options.cases or usual_cases(name) for name in options.only]
        runs = pool.map(
            lambda name, count: run_apart(target_named, name, options.seed, count, preload), options.only, counts
        )
        for outcome in runs:
            outcomes.append(outcome)
            counted = (outcome.cases, outcome.accepted, outcome.refused)
            row = (outcome.target, *counted, f"{outcome.slowest_s:.2f}", outcome.kinds.total())
            print(f"| {' | '.join(map(str, row))} |", flush=True)
            _report(outcome, options.seed, options.keep)
    cases, defects = sum(each.cases for each in outcomes), sum(each.kinds.total() for each in outcomes)
    print(f"\n{cases} cases, seed {options.seed}, {defects} defects, {time.monotonic() - began_s:.0f} s")
    return 1 if defects else 0


def _report(outcome: Outcome, seed: int, keep: Path | None) -> None:
    for number, kind, story in outcome.defects:
        print(f"{outcome.target} {number}: {kind} ({outcome.kinds[kind]} times)\n{story}", file=sys.stderr)
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            target = target_named(outcome.target)
            (keep / f"{outcome.target}-{number}").write_bytes(case(target, target.seeds(), seed, number))


if __name__ == "__main__":
    sys.exit(main())
