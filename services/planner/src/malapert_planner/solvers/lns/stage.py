"""The ruin and recreate stage of a solve: steps from the best schedule, charged by what they try."""

from __future__ import annotations

import itertools
import math

from malapert_planner.domain.problem.holds import NOTHING_HELD
from malapert_planner.solvers.lns.ruin_recreate import FROM_GOOD, FROM_NOTHING, RuinRecreate
from malapert_planner.solvers.lns.search import Search
from malapert_planner.solvers.parameters import Recreate
from malapert_planner.solvers.state.incumbent import Incumbent
from malapert_planner.solvers.state.tables import MOST_STATIONS, Tables


class RecreateStage:
    """Ruin and recreate within a solve; the state is built once, and loaded anew where another stage found better."""

    def __init__(self, search: Search, seed: int) -> None:
        self._search, self._seed = search, seed
        self._engine: RuinRecreate | None = None
        self._loaded: Incumbent | None = None

    def applies(self) -> bool:
        """Return whether the problem is one that this stage knows and gains on."""
        problem = self._search.instance.problem
        stations = {window.station_id for window in problem.contact_windows}
        return (
            problem.baseline is None
            and problem.holds == NOTHING_HELD
            and len(self._search.instance.chains) >= Recreate.FEWEST_CHAINS
            and len(stations) <= MOST_STATIONS
            and problem.horizon_s % problem.resolution_s == 0
        )

    def is_of_many(self) -> bool:
        """Return whether this stage applies, and the chains are too many for models of neighbourhoods."""
        return self.applies() and len(self._search.instance.chains) >= Recreate.MANY_CHAINS

    def construct(self) -> None:
        """Construct a schedule from left to right; the first parts of it are delivered at once."""
        engine, stretches = self._ready(), itertools.count()

        def go_on() -> bool:
            if next(stretches) in Recreate.EARLY_STRETCHES:
                self._deliver("construct")
            return not self._charged(0)

        engine.construct(go_on)
        self._deliver("construct")

    def run(self, work: float = math.inf) -> None:
        """Do steps from the best schedule until so much work is done, the limits are reached, or it meets the bound."""
        engine, better = self._ready(), False
        most_work = self._search.engine.work + work
        for number in itertools.count(1):
            if (
                self._charged(Recreate.WORK_PER_STEP)
                or self._search.finished()
                or self._search.engine.work >= most_work
            ):
                break
            better |= engine.step()
            if better and number % Recreate.REPORT_EVERY == 0:
                self._deliver("ruin and recreate")
                better = False
        self._deliver("ruin and recreate")

    def _ready(self) -> RuinRecreate:
        if self._engine is None:
            manner = FROM_NOTHING if self.is_of_many() else FROM_GOOD
            self._engine = RuinRecreate(Tables(self._search.instance), self._seed, manner)
        if self._loaded is not self._search.best:
            self._engine.start(self._search.best)
            self._loaded = self._search.best
        self._tried = self._engine.tries
        return self._engine

    def _charged(self, work: float) -> bool:
        """Charge for what was tried since; return whether the limits are reached."""
        assert self._engine is not None  # noqa: S101  (asked of a ready one alone)
        self._search.engine.work += work + Recreate.WORK_PER_TRY * (self._engine.tries - self._tried)
        self._tried = self._engine.tries
        return self._search.engine.exhausted()

    def _deliver(self, stage: str) -> None:
        assert self._engine is not None  # noqa: S101  (asked of a ready one alone)
        found = Incumbent(self._search.instance, self._engine.best.schedule())
        self._search.accept(found, stage)
        if self._search.best is found:
            self._loaded = found
