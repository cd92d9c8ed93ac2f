"""Conflicts: what was proven is said to be, what ran out of time is not."""

from hypothesis import given
from hypothesis import strategies as st
from malapert_core.vocabulary.conflicts import RAN_OUT, Conflict, Verdict, filtered
from malapert_core.vocabulary.solve_status import SolveStatus
from malapert_scheduling.projects.conflict import minimal_conflict
from malapert_scheduling.projects.problem import Mode, Project, Task
from malapert_scheduling.projects.solve import solve_project

NAMES = tuple("abcdefg")
CONFLICTS = st.sets(st.frozensets(st.sampled_from(NAMES), min_size=1), min_size=1, max_size=4)


@given(CONFLICTS, st.integers(0, 2**20))
def test_a_conflict_is_minimal_where_every_check_answered(conflicts: set[frozenset[str]], silent: int) -> None:
    """Bits of ``silent`` say which checks run out of time."""
    tried: list[bool] = []

    def check(names: frozenset[str]) -> Verdict:
        tried.append(bool(silent >> len(tried) & 1))
        if tried[-1]:
            return RAN_OUT
        inside = [conflict for conflict in conflicts if conflict <= names]
        return Verdict(core=min(inside, key=sorted)) if inside else Verdict(possible=True)

    found = filtered(NAMES, check, lambda: False)
    kept = frozenset(found.names)
    assert any(conflict <= kept for conflict in conflicts)
    if found.minimal:
        assert kept in conflicts
        assert not any(conflict < kept for conflict in conflicts)
    if not any(tried):
        assert found.minimal


def test_a_check_that_ran_out_is_no_proof() -> None:
    assert filtered(("a", "b"), lambda _: RAN_OUT, lambda: False) == Conflict(("a", "b"), minimal=False)


def test_a_stopped_filter_keeps_what_it_did_not_try() -> None:
    answers = iter([False, True, True])
    found = filtered(("a", "b", "c"), lambda _: Verdict(possible=True), lambda: next(answers))
    assert found == Conflict(("a", "b", "c"), minimal=False)


def _crowded(count: int) -> Project:
    """Return a project in which so many tasks want a window that holds two of them, beside some that are free."""
    window = ((0, 5),)
    tasks = [Task(f"t{i}", (Mode(2, (("crew", 1),), window),)) for i in range(count)]
    others = [Task(f"u{i}", (Mode(1, (("crew", 1),)),)) for i in range(4)]
    return Project(30, (*others, *tasks), (), {"crew": 1}, {}, shortest=False)


def test_a_project_s_conflict_says_that_it_is_minimal() -> None:
    result = solve_project(_crowded(3), wall_limit_s=60, workers=1)
    assert (result.status, len(result.conflict), result.conflict_minimal) == (SolveStatus.INFEASIBLE, 3, True)


def test_a_cancelled_conflict_search_proves_no_more_than_it_did() -> None:
    checks = iter([False] * 2)
    found = minimal_conflict(_crowded(5), 1, lambda: 60.0, lambda: next(checks, True))
    assert found is None or (len(found.names) >= 3 and not found.minimal)
    assert minimal_conflict(_crowded(5), 1, lambda: 60.0, lambda: True) is None


def test_a_conflict_search_asks_for_no_more_time_than_is_left() -> None:
    found = minimal_conflict(_crowded(5), 1, lambda: 0.0, lambda: False)
    assert found is None or len(found.names) >= 3
