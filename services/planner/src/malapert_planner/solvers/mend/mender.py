"""Mends an edited schedule: what the edits leave room for stays, what they do not moves as little as it can, or leaves.

What is fixed is put where it is; everything else comes back where it was if the state lets it, the most valuable first;
what could not come back is moved to the nearest start that is free, and left out where there is none. The state is on
the safe side, so what it lets stand the validator accepts; the validator judges the result.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from malapert_planner.domain.editing.edits import AddRepetition
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import PlacedActivity, Schedule
from malapert_planner.solvers.instance.compiled import Chain, compile_problem
from malapert_planner.solvers.mend.bookings import Bookings
from malapert_planner.solvers.mend.route import Route
from malapert_planner.solvers.parameters import Mend
from malapert_planner.solvers.state.kernels import may_stand
from malapert_planner.solvers.state.tables import MOST_STATIONS, Tables
from malapert_planner.solvers.state.working import Standing, WorkingSchedule


def mend(
    problem: PlanningProblem,
    edited: Schedule,
    fixed: Schedule,
    removed: frozenset[tuple[str, int]] = frozenset(),
    wanted: tuple[AddRepetition, ...] = (),
) -> Schedule:
    """Return the schedule that differs least from an edited one and breaks no rule, as far as that was found.

    Parameters
    ----------
    problem
        With what people hold.
    fixed
        The items of the edited schedule that stay as they are.
    removed
        Repetitions that were taken out and stay out.
    wanted
        Repetitions to be added.
    """
    stations = {window.station_id for window in problem.contact_windows}
    if len(stations) > MOST_STATIONS:
        # The compiled state cannot hold them; the validator says what is broken.
        return edited
    return _Mender(problem, edited, fixed, removed).run(wanted)


class _Mender:
    def __init__(
        self,
        problem: PlanningProblem,
        edited: Schedule,
        fixed: Schedule,
        removed: frozenset[tuple[str, int]],
    ) -> None:
        self._problem, self._edited = problem, edited
        self._instance = compile_problem(problem)
        self._tables = Tables(self._instance)
        self._working, self._before = WorkingSchedule(self._tables), WorkingSchedule(self._tables)
        frozen = problem.baseline.frozen if problem.baseline else Schedule()
        self._fixed = {placed.activity_id for placed in (*fixed.activities, *frozen.activities)}
        self._fixed |= {lock.activity_id for lock in problem.holds.locks}
        self._fixed_drives = frozenset((*fixed.drives, *frozen.drives))
        self._fixed_contacts = frozenset((*fixed.contacts, *frozen.contacts))
        self._removed = removed | {(each.request_id, each.repetition_index) for each in problem.holds.disabled}
        self._bookings = Bookings(self._tables, self._working, self._fixed_contacts)

    def run(self, wanted: Iterable[AddRepetition]) -> Schedule:
        """Mend."""
        stands, rest = self._standings()
        fixed = sorted((each for each in stands if self._is_fixed(each)), key=lambda each: each.span)
        self._set_route(fixed)
        self._bookings.keep(self._edited.contacts)
        for standing in fixed:
            self._working.put(self._instance.chains[standing.chain], standing)
        if self._problem.now_s:
            self._working.forget_before(self._problem.now_s)
        for standing in fixed:
            self._cover(standing)
        if not self._working.is_sound() and not self._relieved(fixed):
            return self._edited
        loose = [each for each in stands if not self._is_fixed(each)]
        series = self._put_series(fixed, loose)
        displaced = self._put_back([each for each in loose if each.chain not in series])
        for standing in displaced:
            self._move(standing)
        for each in wanted:
            self._add(each)
        self._bookings.trim()
        self._bookings.windows.book_passes(self._working, self._tables.bounds.horizon_s)
        found = self._working.schedule()
        # What is fixed and no state can hold is for the validator to judge.
        contacts = (c for c in self._edited.contacts if c in self._fixed_contacts and c not in found.contacts)
        return Schedule.ordered((*found.activities, *rest), found.drives, (*found.contacts, *contacts))

    def _relieved(self, fixed: list[Standing]) -> bool:
        """Send more, or hold fewer contacts, so that charge and storage suffice; return whether they do."""
        first, last = (fixed[0].span[0], fixed[-1].span[1]) if fixed else (0, self._tables.bounds.horizon_s)
        self._bookings.book_around((max(first - Mend.AROUND_S, self._instance.open_from_s), last + 2 * Mend.AROUND_S))
        return self._working.is_sound() or self._bookings.release()

    def _standings(self) -> tuple[list[Standing], list[PlacedActivity]]:
        """Return the chains that stand whole and in order at one place, and the fixed steps of those that do not."""
        placed = {each.activity_id: each for each in self._edited.activities}
        stands, rest = [], []
        for chain in self._instance.chains:
            steps = [placed[a.activity_id] for a in chain.activities if a.activity_id in placed]
            if not steps:
                continue
            standing = _standing(chain, steps, self._problem.horizon_s)
            if standing is not None:
                stands.append(standing)
            elif any(step.activity_id in self._fixed for step in steps):
                rest += steps
        return stands, rest

    def _is_fixed(self, standing: Standing) -> bool:
        chain = self._instance.chains[standing.chain]
        return any(activity.activity_id in self._fixed for activity in chain.activities)

    def _set_route(self, fixed: list[Standing]) -> None:
        route = Route(self._tables, self._edited.drives, self._fixed_drives, self._bookings.may_drive)
        route.join()
        for standing in fixed:
            route.be_at((standing.place_id, standing.span))
        known = [d for d in route.drives if (d.from_place_id, d.to_place_id) in self._tables.drive_by_ends]
        self._working.set_drives((0, self._tables.bounds.horizon_s), [], known)

    def _put_series(self, fixed: list[Standing], loose: list[Standing]) -> set[int]:
        """Put the other repetitions of what is fixed at the distances that are asked for; return which were tried.

        Each neighbour of what stands comes next, so that where one can stay where it was, all beyond it can.
        """
        chains = self._instance.chains
        periodic = {each.request_id for each in self._problem.repetitions}
        held = {chains[s.chain].request_id: chains[s.chain].repetition_index for s in fixed}
        beside = [s for s in loose if (name := chains[s.chain].request_id) in held and name in periodic]
        beside.sort(key=lambda s: abs(chains[s.chain].repetition_index - held[chains[s.chain].request_id]))
        for standing in beside:
            if not self._put_at(standing, in_order=False):
                self._move(standing, in_order=False)
        return {standing.chain for standing in beside}

    def _put_back(self, standings: list[Standing]) -> list[Standing]:
        """Put chains back where they were; return those that cannot be there, the most valuable first."""
        chains = self._instance.chains
        waiting = sorted(standings, key=lambda s: (not chains[s.chain].mandatory, -chains[s.chain].value, s.span))
        while True:
            # What needs another one comes after it.
            left = [standing for standing in waiting if not self._put_at(standing)]
            if len(left) == len(waiting):
                return left
            waiting = left

    def _put_at(self, standing: Standing, *, in_order: bool = True) -> bool:
        """Put a chain where it was, where it may stand there."""
        working, chain = self._working, self._instance.chains[standing.chain]
        if (in_order and not self._may_be(chain)) or not self._rests(standing):
            return False
        low, high, end = working.requests.start_range(chain)
        if not low <= standing.span[0] <= high or standing.span[1] > end:
            return False
        shape = self._tables.shape(self._tables.kind_of[chain.index], standing.place_id)
        starts = np.array(standing.starts_s, dtype=np.int64)
        if not may_stand(working.levels, self._tables.bounds, shape, starts):
            return False
        working.put(chain, standing)
        if not working.shared.uses(chain) or working.shared.are_kept_by(chain, working.levels.sent_bit):
            return True
        working.remove(chain.index)
        return False

    def _may_be(self, chain: Chain) -> bool:
        is_out = (chain.request_id, chain.repetition_index) in self._removed
        return not is_out and self._working.requests.may_add(chain)

    def _rests(self, standing: Standing) -> bool:
        stays = self._working.stays()
        return any(
            place == standing.place_id and stay[0] <= standing.span[0] and standing.span[1] <= stay[1]
            for place, stay in stays
        )

    def _move(self, standing: Standing, *, in_order: bool = True) -> None:
        """Put a chain at the start nearest to the one that it had, with more contacts where that takes them."""
        chain, wanted_s = self._instance.chains[standing.chain], standing.span[0]
        if in_order and not self._may_be(chain):
            return
        if self._rests(standing) and self._cover(standing) and self._put_at(standing, in_order=in_order):
            return
        found = self._nearest(chain, wanted_s)
        if found is None:
            self._before.copy_from(self._working)
            self._bookings.book_around(
                (max(wanted_s - Mend.AROUND_S, self._instance.open_from_s), wanted_s + Mend.AROUND_S)
            )
            found = self._nearest(chain, wanted_s)
        if found is not None:
            self._working.put(chain, found)
        else:
            self._working.copy_from(self._before)

    def _nearest(self, chain: Chain, wanted_s: int, place_id: str = "") -> Standing | None:
        """Return where a chain may stand as near to a time as was found."""
        found = []
        for place, stay in self._working.stays():
            span = max(stay[0], self._instance.open_from_s), stay[1]
            if place in chain.starts and place_id in ("", place) and span[0] < span[1]:
                found += [self._first(chain, place, span, wanted_s), self._last(chain, place, span, wanted_s)]
        standings = [each for each in found if each is not None]
        return min(standings, key=lambda each: (abs(each.span[0] - wanted_s), each.span), default=None)

    def _first(self, chain: Chain, place: str, span: Span, low_s: int) -> Standing | None:
        """Return where a chain may first stand from a time on; the schedule is as it was."""
        if low_s >= span[1]:
            return None
        found = self._working.place(chain, place, span, low_s)
        if found is not None:
            self._working.remove(chain.index)
        return found

    def _last(self, chain: Chain, place: str, span: Span, before_s: int) -> Standing | None:
        """Return where a chain may stand before a time, late if not last: twice as far back until there is room."""
        cell_s = self._tables.bounds.cell_s
        high_s, back_s = min(before_s, span[1]), cell_s
        while high_s > span[0]:
            low_s = max(span[0], high_s - back_s)
            part = (span[0], min(span[1], high_s + chain.longest_s))
            found = self._first(chain, place, part, low_s)
            if found is None or found.span[0] > high_s:
                high_s, back_s = low_s, 2 * back_s
                continue
            while high_s - found.span[0] > cell_s:
                middle_s = (found.span[0] + high_s) // 2
                later = self._first(chain, place, part, middle_s)
                if later is None or later.span[0] > high_s:
                    high_s = middle_s
                else:
                    found = later
            return found
        return None

    def _cover(self, standing: Standing) -> bool:
        """Let contacts cover the steps of a chain that ask for them."""
        covered = True
        chain = self._instance.chains[standing.chain]
        for block, start_s in zip(chain.blocks, standing.starts_s, strict=True):
            for step in block.steps:
                stations = self._tables.contact_bits(step.activity)
                if stations > 0:
                    covered &= self._bookings.cover(standing.place_id, step.span(start_s), stations)
        return covered

    def _add(self, wanted: AddRepetition) -> None:
        """Add a repetition where it first fits."""
        for chain in self._instance.chains:
            named = (chain.request_id, chain.repetition_index) == (wanted.request_id, wanted.repetition_index)
            mode_id = chain.activities[0].mode_id
            if not named or wanted.mode_id not in ("", mode_id, mode_id.partition("@")[0]) or not self._may_be(chain):
                continue
            found = self._nearest(chain, self._instance.open_from_s, wanted.place_id)
            if found is not None:
                self._working.put(chain, found)
                return


def _standing(chain: Chain, steps: list[PlacedActivity], horizon_s: int) -> Standing | None:
    """Return where a chain stands; None where its steps are not those of its blocks, at one place that it may be at."""
    place_id = steps[0].place_id
    if len(steps) < len(chain.activities) or place_id not in chain.starts:
        return None
    starts_s, number = [], 0
    for block in chain.blocks:
        starts_s.append(steps[number].span[0])
        for step in block.steps:
            if steps[number].place_id != place_id or steps[number].span != step.span(starts_s[-1]):
                return None
            number += 1
    ordered = all(before.span[1] <= after.span[0] for before, after in pairwise(steps))
    ordered &= steps[0].span[0] >= 0 and steps[-1].span[1] <= horizon_s
    return Standing(chain.index, place_id, tuple(starts_s), (starts_s[0], steps[-1].span[1])) if ordered else None
