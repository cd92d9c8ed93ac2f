"""Campaign of faults: processes of an embedded platform are killed, ended, frozen and robbed of their files under load.

``python tests/faults/campaign --faults 20 --seed 1 --plans``: what is checked is seen from outside, through the HTTP
API. It prints what was done and found as JSON, and ends with 1 where anything was lost, doubled or left undone.
"""

import argparse
import contextlib
import copy
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from faults import Faults
from invariants import of_plans, of_requests
from malapert_cli.embedded import SERVICES
from malapert_cli.mission_file import load_mission
from malapert_cli.plan import make_plan
from malapert_testing.platform import Platform, running_platform
from malapert_testing.postgresql import PostgresqlServer, server_binaries
from traffic import Caller, Load, Plans, Reader

MISSION = Path(__file__).parents[3] / "missions" / "lupex-week.yaml"
PAUSE_S, SETTLING_S = (0.2, 6.0), 180.0
FAULTS_A_PLAN = 5
RELEASED_WITH = 0.2
"""Share of the faults that is left when the first plan is released; from then on no more plans are asked for."""


@contextlib.contextmanager
def postgresql(is_wanted: bool) -> Iterator[tuple[PostgresqlServer | None, dict[str, str]]]:
    """Run a PostgreSQL server with a database for each service, and yield it with the settings by which it is used."""
    if not is_wanted:
        yield None, {}
        return
    binaries = server_binaries()
    if binaries is None:
        sys.exit("no PostgreSQL server binaries on this machine")
    server = PostgresqlServer(binaries)
    server.start()
    environment = {}
    for name in (*SERVICES, "gateway"):
        environment[f"MALAPERT_{name.upper()}_DATABASE_URL"] = server.create_database()
        environment[f"MALAPERT_{name.upper()}_AUTO_MIGRATE"] = "true"
    try:
        yield server, environment
    finally:
        server.stop()


class Campaign:
    """One campaign on a running platform."""

    def __init__(self, platform: Platform, wish: argparse.Namespace, database: PostgresqlServer | None) -> None:
        entries = json.loads((platform.data_dir / "keys.json").read_text())["keys"]
        keys = {(entry["agency_id"], entry["role"]): entry["key"] for entry in entries}
        self._platform, self._wish = platform, wish
        self._random_numbers = random.Random(wish.seed)
        self._caller = Caller(platform.url, keys)
        self._faults = Faults(platform, self._random_numbers, database)
        self._load = Load(self._caller, "campaign")
        self._reader = Reader(self._caller, "campaign")
        self._done: list[str] = []
        self._plans: Plans | None = None
        self._ended = ""

    def run(self) -> dict[str, Any]:
        """Inflict the faults under load, let the platform settle, and return what was done and found."""
        self._prepare()
        threads = [
            threading.Thread(target=self._load.run, args=(self._wish.pause_s,)),
            threading.Thread(target=self._reader.run),
        ]
        for thread in threads:
            thread.start()
        began_s = time.monotonic()
        try:
            self._inflict()
            self._load.stop.set()
            threads[0].join(SETTLING_S)
            self._settle()
            found = self._found()
        except (RuntimeError, TimeoutError) as error:
            self._ended = f"{error}; {self._platform.log_path.read_text(errors='replace')[-2000:]}"
            found = {}
        finally:
            self._caller.stop.set()
            self._load.stop.set()
            self._reader.stop.set()
            for thread in threads:
                thread.join()
        return {
            "seed": self._wish.seed,
            "database": "PostgreSQL" if self._wish.postgresql else "SQLite",
            "faults": len(self._done),
            "of each kind": dict(sorted(Counter(self._done).items())),
            "requests": len(self._load.answered),
            "operations": len(self._plans.operation_ids) if self._plans else 0,
            "released": bool(self._plans and self._plans.released),
            "gaps told": self._reader.gaps,
            "took_s": round(time.monotonic() - began_s),
            "load of the machine": round(os.getloadavg()[2], 1),
            "findings": found | {"platform ended": self._ended},
        }

    def _prepare(self) -> None:
        mission = copy.deepcopy(load_mission(MISSION))
        mission["mission"]["id"] = "campaign"
        with self._platform.api() as api:
            api.post("/missions", mission)
            if self._wish.plans:
                plan = make_plan(api, MISSION, [], seed=1, work_limit_s=0.0)
                self._plans = Plans(self._caller, plan, self._wish.seed)

    def _inflict(self) -> None:
        until_s = time.monotonic() + 60 * self._wish.minutes
        releasing: threading.Thread | None = None
        while len(self._done) < self._wish.faults and time.monotonic() < until_s:
            left_s = until_s - time.monotonic()
            left = min(1 - len(self._done) / self._wish.faults, left_s / (60 * self._wish.minutes))
            if self._plans is not None and releasing is None and left <= RELEASED_WITH:
                releasing = threading.Thread(target=self._plans.release)
                releasing.start()
            elif self._plans is not None and releasing is None and len(self._done) % FAULTS_A_PLAN == 0:
                self._plans.ask(len(self._done))
            self._done.append(self._faults.one())
            time.sleep(self._random_numbers.uniform(*PAUSE_S))
        if releasing is not None:
            releasing.join(SETTLING_S)

    def _settle(self) -> None:
        self._platform.wait_ready()
        deadline_s = time.monotonic() + SETTLING_S
        while set(self._load.answered) - set(self._reader.seen) and time.monotonic() < deadline_s:
            time.sleep(1.0)

    def _found(self) -> dict[str, Any]:
        found = of_requests(self._caller, self._load, self._reader)
        if self._plans is not None:
            found |= of_plans(self._caller, self._plans)
        return found | {
            "orphans of a killed supervisor": self._faults.orphans,
            "two platforms on one directory": self._faults.started_twice,
            "answers that must never be": dict(self._caller.unexpected),
        }


def main() -> None:
    """Run a campaign as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--faults", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=60.0, help="after which no more faults are begun")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pause-s", type=float, default=0.3, help="between two requests, seconds")
    parser.add_argument("--plans", action="store_true", help="have plans made and one released as well; takes CPU")
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL, which is killed as well")
    wish = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="malapert-campaign-", ignore_cleanup_errors=True) as folder,
        postgresql(wish.postgresql) as (database, environment),
        running_platform(Path(folder) / "data", environment=environment) as platform,
    ):
        result = Campaign(platform, wish, database).run()
    json.dump(result, sys.stdout, indent=2)
    sys.stdout.write("\n")
    sys.exit(1 if any(result["findings"].values()) else 0)


if __name__ == "__main__":
    main()
