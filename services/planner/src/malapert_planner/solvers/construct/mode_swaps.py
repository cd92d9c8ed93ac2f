"""Other modes for what is planned: a chain leaves the schedule, and comes back in a mode that is worth more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import replace

from malapert_planner.domain.problem.modes import mode_key
from malapert_planner.solvers.construct.greedy_insertion import insert_greedily
from malapert_planner.solvers.instance.compiled import Chain, Instance
from malapert_planner.solvers.parameters import Models, Polish
from malapert_planner.solvers.state.incumbent import Incumbent


def easiest(modes: tuple[Chain, ...]) -> tuple[Chain, ...]:
    """Return modes by how little they ask for: those with a start at all first, then by energy and duration."""

    def demand(chain: Chain) -> tuple[bool, float, int, int]:
        energy_ws = sum(activity.power_w * activity.duration_s for activity in chain.activities)
        return not chain.starts, energy_ws, chain.longest_s, chain.index

    return tuple(sorted(modes, key=demand))


def densest(instance: Instance, chains: list[Chain], most: int) -> list[Chain]:
    """Return the chains of so many repetitions by value for their time, mandatory ones first.

    Where there are many chains of each repetition the best two modes only: others come later.
    """
    most_modes = len(instance.chains) if len(instance.chains) <= Models.FEW_CHAINS else Polish.MOST_MODES
    taken: Counter[Hashable] = Counter()
    kept = []
    for chain in sorted(chains, key=lambda c: (not c.mandatory, -c.value / c.longest_s, c.index)):
        name = mode_key(chain.activities[0])
        if (name in taken or len(taken) < most) and taken[name] < most_modes:
            taken[name] += 1
            kept.append(chain)
    return kept


def better_modes(incumbent: Incumbent) -> list[tuple[Chain, list[Chain]]]:
    """Return the planned chains that may move and have better modes, each with the best and with the next better."""
    instance, found = incumbent.instance, []
    for index, fixed in sorted(incumbent.chains.items()):
        chain = instance.chains[index]
        better = [mode for mode in instance.modes[index] if mode.value > chain.value and mode.starts]
        if better and fixed.first_start_s >= instance.open_from_s:
            ordered = sorted(better, key=lambda mode: -mode.value)
            found.append((chain, [ordered[0], *ordered[1:][-1:]]))
    return found


def in_other_modes(incumbent: Incumbent, chain: Chain, modes: list[Chain]) -> Iterator[Incumbent]:
    """Yield the schedule with a chain in each of some other modes in which it fits beside all else."""
    own = {activity.activity_id for activity in chain.activities}
    kept = tuple(placed for placed in incumbent.schedule.activities if placed.activity_id not in own)
    bare = Incumbent(incumbent.instance, replace(incumbent.schedule, activities=kept))
    for mode in modes:
        changed = insert_greedily(bare, [mode])
        if mode.index in changed.chains:
            yield changed
