"""What relations, repetitions, modes and limits allow: which chain may be added, and what leaves with one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator

from malapert_planner.domain.problem.activities import Relation, RelationKind, Repetition
from malapert_planner.domain.problem.choices import whole
from malapert_planner.domain.problem.modes import mode_key
from malapert_planner.domain.problem.spans import Span
from malapert_planner.solvers.instance.compiled import Chain
from malapert_planner.solvers.state.tables import Tables

ROUNDING = 1e-9


class RequestRules:
    """The planned chains by request, where those are bound to others, and the rules between requests.

    ``satisfied`` are the repetitions planned in one of their modes, ``value`` is the planned value of each agency,
    ``mandatory`` the number of mandatory chains planned, ``taken`` what is taken of each limit. ``open`` says for each
    position of the tables whether neither its chain nor another mode of it is planned, and the repetition before it is.
    """

    def __init__(self, tables: Tables) -> None:
        problem = tables.problem
        self._tables, self._problem = tables, problem
        self._chains = tables.instance.chains
        self._relations: dict[str, list[Relation]] = defaultdict(list)
        for relation in problem.relations:
            for request_id in dict.fromkeys((relation.request_id, relation.other_request_id)):
                self._relations[request_id].append(relation)
        self._repetitions: dict[str, Repetition] = {each.request_id: each for each in problem.repetitions}
        self._key: list[Hashable] = [mode_key(chain.activities[0]) for chain in self._chains]
        self._plain = tables.plain
        self.planned: dict[str, dict[int, Span]] = defaultdict(dict)
        self.satisfied: set[Hashable] = set()
        self.value: dict[str, float] = defaultdict(float)
        self.mandatory = 0
        self.taken = [0.0] * len(problem.limits)
        self.open = tables.open_at_first.copy()

    def copy_from(self, other: RequestRules) -> None:
        """Take over what is planned from another of the same tables."""
        self.planned = defaultdict(dict, {key: dict(spans) for key, spans in other.planned.items()})
        self.satisfied, self.taken = set(other.satisfied), list(other.taken)
        self.open[...] = other.open
        self.value, self.mandatory = defaultdict(float, other.value), other.mandatory

    def is_met(self, chain: int) -> bool:
        """Return whether a chain, or another mode of its repetition, is planned."""
        return self._key[chain] in self.satisfied

    def is_bound(self, chain: Chain) -> bool:
        """Return whether a relation or a repetition says when a chain may stand."""
        return chain.request_id in self._tables.bound_requests

    def add(self, chain: Chain, span: Span) -> None:
        """Record that a chain is planned."""
        if self.is_bound(chain):
            self.planned[chain.request_id][chain.index] = span
        self.satisfied.add(self._key[chain.index])
        self._set_open(chain, False)
        self.value[chain.agency_id] += chain.value
        self.mandatory += chain.mandatory
        for limit, amount in self._tables.limit_uses.get(chain.index, ()):
            self.taken[limit] += amount

    def drop(self, chain: Chain) -> None:
        """Record that a chain is planned no longer."""
        if self.is_bound(chain):
            del self.planned[chain.request_id][chain.index]
        self.satisfied.discard(self._key[chain.index])
        self._set_open(chain, True)
        self.value[chain.agency_id] -= chain.value
        self.mandatory -= chain.mandatory
        for limit, amount in self._tables.limit_uses.get(chain.index, ()):
            self.taken[limit] -= amount

    def _set_open(self, chain: Chain, is_open: bool) -> None:
        may_follow = is_open and self._follows(chain)
        for position in self._tables.mode_positions[chain.index]:
            self.open[position] = may_follow
        for position in self._tables.next_positions.get(chain.index, ()):
            following = self._tables.ordered[position]
            self.open[position] = not is_open and self._key[following.index] not in self.satisfied

    def next_open(self, position: int, end: int) -> int:
        """Return the first open position from one on, or the end."""
        found = position + int(self.open[position:end].argmax()) if position < end else end
        return found if found < end and self.open[found] else end

    def may_add(self, chain: Chain) -> bool:
        """Return whether modes, limits, exclusions, needs and the order of repetitions let a chain be added at all."""
        if self._key[chain.index] in self.satisfied:
            return False
        if chain.index in self._plain:
            return True
        return not any(True for _ in self._excluded_by(chain)) and self.may_add_instead(chain)

    def may_add_instead(self, chain: Chain) -> bool:
        """Return whether a chain may be added once those have left that are planned and exclude it."""
        for limit, amount in self._tables.limit_uses.get(chain.index, ()):
            if self.taken[limit] + amount > self._tables.limits[limit].capacity + ROUNDING:
                return False
        for relation in self._relations.get(chain.request_id, ()):
            needs = relation.kind is RelationKind.REQUIRES and relation.request_id == chain.request_id
            if needs and not self._is_whole(relation.other_request_id):
                return False
        return self._follows(chain)

    def _excluded_by(self, chain: Chain) -> Iterator[int]:
        for relation in self._relations.get(chain.request_id, ()):
            if relation.kind is RelationKind.EXCLUDES:
                own = relation.request_id == chain.request_id
                yield from self.planned.get(relation.other_request_id if own else relation.request_id, ())

    def in_the_way(self, chain: Chain, span: Span) -> set[int]:
        """Return the planned chains that keep a chain from a span: excluded by it, or out of order with it there."""
        found = set(self._excluded_by(chain))
        for relation in self._relations.get(chain.request_id, ()):
            if relation.kind is not RelationKind.AFTER:
                continue
            if relation.request_id == chain.request_id:
                others = self.planned.get(relation.other_request_id, {})
                found |= {i for i, other in others.items() if other[1] + relation.min_lag_s > span[0]}
            if relation.other_request_id == chain.request_id:
                others = self.planned.get(relation.request_id, {})
                found |= {i for i, other in others.items() if span[1] + relation.min_lag_s > other[0]}
        return found

    def _follows(self, chain: Chain) -> bool:
        if chain.request_id not in self._repetitions or chain.repetition_index == 0:
            return True
        before = chain.repetition_index - 1
        return any(self._chains[index].repetition_index == before for index in self.planned[chain.request_id])

    def _is_whole(self, request_id: str) -> bool:
        activity_ids = {
            activity.activity_id
            for index in self.planned.get(request_id, ())
            for activity in self._chains[index].activities
        }
        return whole(self._problem, request_id, activity_ids)

    def start_range(self, chain: Chain) -> tuple[int, int, int]:
        """Return the first and the last start that what is planned allows a chain, and the latest end."""
        low, high, end = 0, self._problem.horizon_s, self._problem.horizon_s
        for relation in self._relations.get(chain.request_id, ()):
            own = self.planned.get(relation.request_id) or {}
            other = self.planned.get(relation.other_request_id) or {}
            is_own = relation.request_id == chain.request_id
            if relation.kind is RelationKind.TOGETHER:
                mine, theirs = (own, other) if is_own else (other, own)
                if theirs:
                    first = min(span[0] for span in theirs.values())
                    low = max(low, first - relation.max_lag_s)
                    high = high if mine else min(high, first + relation.max_lag_s)
            elif relation.kind is RelationKind.AFTER and is_own and other:
                last = max(span[1] for span in other.values())
                low = max(low, last + relation.min_lag_s)
                if relation.max_lag_s and not own:
                    high = min(high, last + relation.max_lag_s)
            elif relation.kind is RelationKind.AFTER and not is_own and own:
                first = min(span[0] for span in own.values())
                end = min(end, first - relation.min_lag_s)
                if relation.max_lag_s and not other:
                    least = sum(block.duration_s for block in chain.blocks)
                    low = max(low, first - relation.max_lag_s - least)
        return self._near_neighbours(chain, low, high, end)

    def _near_neighbours(self, chain: Chain, low: int, high: int, end: int) -> tuple[int, int, int]:
        repetition = self._repetitions.get(chain.request_id)
        if repetition is None:
            return low, high, end
        for index, span in self.planned[chain.request_id].items():
            apart = self._chains[index].repetition_index - chain.repetition_index
            if abs(apart) == 1:
                middle = span[0] - apart * repetition.period_s
                low, high = max(low, middle - repetition.tolerance_s), min(high, middle + repetition.tolerance_s)
        return low, high, end

    def lacking(self, chain: Chain) -> list[str]:
        """Return the requests that must be planned with a chain and are not yet."""
        return [
            other_id
            for relation in self._relations.get(chain.request_id, ())
            if relation.kind is RelationKind.TOGETHER
            for other_id in (relation.request_id, relation.other_request_id)
            if other_id != chain.request_id and not self.planned.get(other_id)
        ]

    def leaving_with(self, chain: Chain) -> set[int]:
        """Return the planned chains that leave with one: those that follow it, need it, or would break a rule."""
        if not self.is_bound(chain):
            return {chain.index}
        leaving, waiting = {chain.index}, [chain]
        while waiting:
            for index in self._coupled(waiting.pop()):
                if index not in leaving:
                    leaving.add(index)
                    waiting.append(self._chains[index])
        return leaving

    def _coupled(self, chain: Chain) -> Iterable[int]:
        request_id = chain.request_id
        if request_id in self._repetitions:
            for index in self.planned[request_id]:
                if self._chains[index].repetition_index > chain.repetition_index:
                    yield index
        for relation in self._relations.get(request_id, ()):
            if relation.kind is RelationKind.TOGETHER:
                yield from self.planned[relation.request_id]
                yield from self.planned[relation.other_request_id]
            elif relation.kind is RelationKind.AFTER and relation.max_lag_s:
                yield from self.planned[request_id]
            elif relation.kind is RelationKind.REQUIRES and relation.other_request_id == request_id:
                yield from self.planned[relation.request_id]
