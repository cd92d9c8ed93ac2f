"""What batches of the hostile corpus came to, kept in a file, and the report of all of them."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

MOST_HELD_MS = 50


class Record:
    """Results of batches, in a file where one is named.

    Parameters
    ----------
    path
        The file; None keeps nothing.
    corpus
        What fixes the corpus: a file of another one is not gone on with.
    """

    def __init__(self, path: Path | None, corpus: str) -> None:
        self._path = path
        self._content: dict[str, Any] = {"corpus": corpus, "done": 0, "batches": []}
        if path is not None and path.exists():
            self._content = json.loads(path.read_text())
            if self._content["corpus"] != corpus:
                raise SystemExit(f"{path} is of {self._content['corpus']}, not of {corpus}: name another file")

    @property
    def done(self) -> int:
        """Cases of the corpus that are over."""
        return int(self._content["done"])

    def add(self, done: int, result: dict[str, Any]) -> None:
        """Keep the result of a batch, and say in a line what it came to."""
        self._content["done"] = done
        self._content["batches"].append(result)
        if self._path is not None:
            part = self._path.with_suffix(".part")
            part.write_text(json.dumps(self._content, indent=1))
            part.replace(self._path)
        holds = [hold["cpu_ms"] for found in result["holds"].values() for hold in found]
        over = sum(cpu_ms > MOST_HELD_MS for cpu_ms in holds)
        print(
            f"{done} cases: {result['took_s']:.0f} s at load {result['load']}, {len(result['failed'])} answers of 500"
            f" and above, {over} holds beyond {MOST_HELD_MS} ms of CPU, gateway {result['gateway_mb']} MB",
            flush=True,
        )

    def report(self) -> int:
        """Print the figures of all batches; return the exit code."""
        batches = self._content["batches"]
        statuses: Counter[str] = Counter()
        for batch in batches:
            statuses.update(batch["statuses"])
        failed = [failure for batch in batches for failure in batch["failed"]]
        loads = [batch["load"] for batch in batches]
        took_s = sum(batch["took_s"] for batch in batches)
        print(f"\n{self._content['corpus']}: {self.done} sent in {took_s:.0f} s, load {min(loads)} to {max(loads)}")
        print("answers:", ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items())))
        kinds = Counter((failure["operation"], failure["status"]) for failure in failed)
        print("answers of 500 and above:", dict(kinds) or "none")
        print("\n| process | holds over 50 ms | longest, ms | over 50 ms of CPU | longest, ms of CPU |")
        print("|---|---|---|---|---|")
        worst_ms = max((self._print_holds(name) for name in batches[0]["holds"]), default=0)
        most_mb = max(batch["gateway_mb"] for batch in batches)
        with_readers_mb = max(batch["gateway_with_readers_mb"] for batch in batches)
        print(f"\ngateway: {most_mb} MB at most, {with_readers_mb} MB with its reading processes")
        return 1 if failed or worst_ms > MOST_HELD_MS else 0

    def _print_holds(self, name: str) -> int:
        holds = [hold for batch in self._content["batches"] for hold in batch["holds"][name]]
        over = [hold for hold in holds if hold["cpu_ms"] > MOST_HELD_MS]
        longest_ms = max((hold["wall_ms"] for hold in holds), default=0)
        longest_cpu_ms = max((hold["cpu_ms"] for hold in holds), default=0)
        print(f"| {name} | {len(holds)} | {longest_ms} | {len(over)} | {longest_cpu_ms} |")
        return longest_cpu_ms
