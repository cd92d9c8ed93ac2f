"""Projects: the solver against every schedule there is, and against published makespans."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from malapert_core.vocabulary.solve_status import SolveStatus
from malapert_scheduling.projects.problem import (
    Assignment,
    Mode,
    Precedence,
    Project,
    Task,
    faults,
    makespan,
    violations,
)
from malapert_scheduling.projects.solve import solve_project

HORIZON = 7


@st.composite
def small_projects(draw: st.DrawFn) -> Project:
    count = draw(st.integers(1, 4))
    tasks = []
    for index in range(count):
        modes = tuple(
            Mode(
                draw(st.integers(1, 3)),
                (("crew", draw(st.integers(0, 2))),),
                draw(st.sampled_from(((), ((0, 4),), ((1, 3), (4, 7))))),
            )
            for _ in range(draw(st.integers(1, 2)))
        )
        tasks.append(
            Task(
                f"t{index}",
                modes,
                mandatory=draw(st.booleans()),
                value=draw(st.integers(1, 5)),
                consumed=(("fuel", draw(st.integers(0, 2))),),
                produced=(("fuel", draw(st.integers(0, 2))),),
            )
        )
    pairs = [(a, b) for a in range(count) for b in range(a + 1, count)]
    links = [
        Precedence(f"t{a}", f"t{b}", draw(st.integers(0, 1)), draw(st.sampled_from((None, 2))))
        for a, b in draw(st.lists(st.sampled_from(pairs), max_size=2, unique=True) if pairs else st.just([]))
    ]
    shortest = draw(st.booleans())
    if shortest:
        tasks = [Task(t.task_id, t.modes, True, 0, t.consumed, t.produced) for t in tasks]
    return Project(HORIZON, tuple(tasks), tuple(links), {"crew": draw(st.integers(1, 3))}, {"fuel": 2}, shortest)


def _every_schedule(project: Project) -> list[tuple[Assignment, ...]]:
    choices = []
    for task in project.tasks:
        own: list[Assignment | None] = [] if task.mandatory else [None]
        for index, mode in enumerate(task.modes):
            own += [Assignment(task.task_id, index, (t, t + mode.duration)) for t in range(HORIZON - mode.duration + 1)]
        choices.append(own)
    schedules = (tuple(a for a in chosen if a is not None) for chosen in product(*choices))
    return [schedule for schedule in schedules if not violations(project, schedule)]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(small_projects())
def test_solver_finds_the_best_of_all_schedules(project: Project) -> None:
    values = {task.task_id: task.value for task in project.tasks}
    schedules = _every_schedule(project)
    result = solve_project(project, wall_limit_s=20, workers=1)
    if not schedules:
        assert result.status is SolveStatus.INFEASIBLE
        return
    assert result.status is SolveStatus.OPTIMAL
    assert not violations(project, result.assignments)
    if project.shortest:
        assert result.objective == min(makespan(schedule) for schedule in schedules)
    else:
        assert result.objective == max(sum(values[a.task_id] for a in schedule) for schedule in schedules)
    assert result.bound == pytest.approx(result.objective)


def test_an_optional_task_may_fill_what_mandatory_ones_drain() -> None:
    burns = tuple(_job(name, 1, mandatory=True, consumed=(("fuel", 2),)) for name in ("burn", "again"))
    make = _job("make", 1, mandatory=False, produced=(("fuel", 2),))
    made = solve_project(Project(7, (*burns, make), (), {"crew": 1}, {"fuel": 2}), wall_limit_s=20, workers=1)
    assert made.status is SolveStatus.OPTIMAL
    alone = solve_project(Project(7, burns, (), {"crew": 1}, {"fuel": 2}), wall_limit_s=20, workers=1)
    assert (alone.status, alone.conflict) == (SolveStatus.INFEASIBLE, ("burn", "again"))


def _job(name: str, duration: int, amount: int = 1, **more: object) -> Task:
    return Task(name, (Mode(duration, (("crew", amount),)),), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("assignments", "words"),
    [
        ((), "b is mandatory"),
        ((Assignment("a", 0, (0, 3)), Assignment("b", 0, (4, 6))), "takes 3, not 2"),
        ((Assignment("a", 0, (9, 11)), Assignment("b", 0, (4, 6))), "leaves the horizon"),
        ((Assignment("a", 0, (0, 2)), Assignment("b", 0, (1, 3))), "2 of 1 taken at 1"),
        ((Assignment("a", 0, (0, 2)), Assignment("b", 0, (8, 10))), "starts 6 after a"),
        ((Assignment("a", 0, (0, 2)), Assignment("b", 0, (2, 4)), Assignment("c", 0, (4, 6))), "fuel holds -1 at 4"),
        ((Assignment("a", 0, (0, 2)), Assignment("b", 0, (2, 4)), Assignment("d", 0, (5, 6))), "leaves its windows"),
    ],
)
def test_every_broken_rule_is_told(assignments: tuple[Assignment, ...], words: str) -> None:
    project = Project(
        10,
        (
            _job("a", 2),
            _job("b", 2),
            _job("c", 2, mandatory=False, consumed=(("fuel", 2),)),
            Task("d", (Mode(1, (), ((6, 9),)),), mandatory=False),
        ),
        (Precedence("a", "b", 0, 5),),
        {"crew": 1},
        {"fuel": 1},
    )
    assert any(words in text for text in violations(project, assignments))


def test_every_fault_of_form_is_told_before_anything_is_solved() -> None:
    project = Project(
        0,
        (
            _job("a", -1),
            _job("a", 1, -2),
            Task("b", ()),
            Task("c", (Mode(1, (("crane", 1),)),), produced=(("fuel", 1),)),
        ),
        (Precedence("a", "c"), Precedence("c", "a"), Precedence("a", "nobody")),
        {"crew": -1},
        {},
    )
    told = faults(project)
    for words in (
        "horizon is 0",
        "used twice",
        "crew is -1",
        "b has no mode",
        "uses crane",
        "uses fuel",
        "a uses -2",
        "a takes -1",
        "nobody",
        "in a circle",
    ):
        assert any(words in text for text in told), words
    with pytest.raises(ValueError, match="horizon is 0"):
        solve_project(project)


def test_a_contradiction_comes_back_as_its_smallest_part() -> None:
    window = ((0, 5),)
    tasks = [Task(f"t{i}", (Mode(2, (("crew", 1),), window),)) for i in (1, 2, 3)]
    others = [Task(f"u{i}", (Mode(1, (("crew", 1),)),)) for i in range(5)]
    extra = Task("extra", (Mode(1),), mandatory=False, value=3)
    project = Project(30, (*others, *tasks, extra), (), {"crew": 1}, {}, shortest=False)
    result = solve_project(project, wall_limit_s=20)
    assert result.status is SolveStatus.INFEASIBLE
    assert result.conflict == ("t1", "t2", "t3")


def test_cancelled_search_returns_the_best_so_far() -> None:
    project = Project(200, tuple(_job(f"t{i}", 3 + i % 4) for i in range(30)), (), {"crew": 2}, {})
    result = solve_project(project, wall_limit_s=30, cancel=lambda: True)
    assert result.assignments
    assert not violations(project, result.assignments)


PSPLIB = Path(__file__).parents[4] / "shared" / "data" / "psplib"


@pytest.mark.skipif(not PSPLIB.exists(), reason="no published instances beside the checkout")
def test_a_published_project_is_proven_shortest() -> None:
    numbers = iter(map(int, (PSPLIB / "J30_10.txt").read_text().split()))
    count, resources = next(numbers), next(numbers)
    capacities = {str(r): next(numbers) for r in range(resources)}
    tasks, links = [], []
    for index in range(count):
        duration = next(numbers)
        demands = tuple((r, next(numbers)) for r in capacities)
        tasks.append(Task(str(index), (Mode(duration, demands),)))
        links += [Precedence(str(index), str(next(numbers) - 1)) for _ in range(next(numbers))]
    horizon = sum(task.modes[0].duration for task in tasks)
    project = Project(horizon, tuple(tasks), tuple(links), capacities, {})
    result = solve_project(project, wall_limit_s=60)
    assert (result.status, result.objective) == (SolveStatus.OPTIMAL, 45)
    assert not violations(project, result.assignments)
