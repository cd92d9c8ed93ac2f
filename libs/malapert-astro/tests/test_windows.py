"""Oracles: analytic crossings, a brute-force scan, and interval algebra on integer sets."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from malapert_astro.windows import (
    complement,
    contains,
    difference,
    find_windows,
    intersect,
    normalise,
    total_duration_s,
    union,
)

intervals = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8).map(
    lambda pairs: normalise([pair for pair in pairs if pair[0] < pair[1]])
)


@dataclass(frozen=True)
class Made:
    """A function with a bound of its rate, which is all that the search may know of it."""

    value: Callable[[np.ndarray], np.ndarray]
    greatest_rate: float

    def __call__(self, times: np.ndarray) -> np.ndarray:
        return self.value(times)

    def bounds(self, middle: np.ndarray, half: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        value = self.value(middle)
        return value - self.greatest_rate * half, value + self.greatest_rate * half, half < 0.0

    def cuts(self, start: float, end: float) -> np.ndarray:
        return np.array([start, end])


def _members(a: np.ndarray) -> set[int]:
    return {second for start, end in a for second in range(int(start), int(end))}


def test_edges_are_within_the_tolerance() -> None:
    found = find_windows(Made(lambda t: np.sin(t * 2 * np.pi / 1000.0), 0.0063), 0.0, 3000.0, 1e-3)
    assert found == pytest.approx(np.array([[0, 500], [1000, 1500], [2000, 2500], [3000, 3000]])[:3], abs=1e-3)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("half", [0.006, 4.0])
@pytest.mark.parametrize("middle", [7.0, 503.0, 99_993.0])
def test_windows_and_gaps_of_a_hundredth_of_a_second_are_found(sign: float, half: float, middle: float) -> None:
    found = find_windows(Made(lambda t: sign * (half - np.abs(t - middle)), 1.0), 0.0, 1e5, 0.001)
    short = np.array([[middle - half, middle + half]])
    expected = short if sign > 0 else complement(short, 0.0, 1e5)
    assert found == pytest.approx(expected, abs=0.001)


def test_a_condition_that_always_or_never_holds() -> None:
    assert find_windows(Made(np.ones_like, 0.0), 5.0, 9.0).tolist() == [[5.0, 9.0]]
    assert find_windows(Made(lambda t: -np.ones_like(t), 0.0), 5.0, 9.0).shape == (0, 2)


@given(st.integers(0, 2**31))
def test_a_brute_force_scan_finds_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    periods, phases, shift = rng.uniform(900.0, 4000.0, 3), rng.uniform(0.0, 7.0, 3), rng.uniform(-1.0, 1.0)

    def value(t: np.ndarray) -> np.ndarray:
        return np.sum(np.sin(2 * np.pi * t[:, np.newaxis] / periods + phases), axis=1) + shift

    found = find_windows(Made(value, float(np.sum(2.0 * np.pi / periods))), 0.0, 10_000.0, 0.01)
    scan = np.arange(0.0, 10_000.0, 1.0)
    near_edge = np.min(np.abs(scan[:, np.newaxis] - np.append(found.ravel(), -1e9)), axis=1) < 0.02
    agree = contains(found, scan) == (value(scan) >= 0.0)
    assert np.all(agree | near_edge)


@pytest.mark.parametrize(
    ("start", "end", "tolerance"), [(1, 1, 1), (2, 1, 1), (0, 1, 0), (0, 1, -1), (0, np.nan, 1), (0, 1, np.nan)]
)
def test_senseless_searches_are_refused(start: float, end: float, tolerance: float) -> None:
    with pytest.raises(ValueError, match="not"):
        find_windows(Made(np.sin, 1.0), start, end, tolerance)


def test_a_function_without_a_value_is_refused() -> None:
    with pytest.raises(ValueError, match="no number at 0"):
        find_windows(Made(lambda t: t * np.nan, 1.0), 0.0, 1.0)


def test_a_jump_is_an_edge() -> None:
    class Step:
        def __call__(self, times: np.ndarray) -> np.ndarray:
            return np.where(times >= 4.2, 1.0, -1.0)

        def bounds(self, middle: np.ndarray, half: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            return self(middle - half), self(middle + half), half < 0.0

        def cuts(self, start: float, end: float) -> np.ndarray:
            return np.array([start, end])

    assert find_windows(Step(), 0.0, 10.0, 1e-6) == pytest.approx(np.array([[4.2, 10.0]]), abs=1e-6)
    assert find_windows(Step(), 3.2, 5.2, 1e-6) == pytest.approx(np.array([[4.2, 5.2]]), abs=1e-6)


@given(intervals, intervals)
def test_interval_algebra_is_set_algebra(a: np.ndarray, b: np.ndarray) -> None:
    assert _members(union(a, b)) == _members(a) | _members(b)
    assert _members(intersect(a, b)) == _members(a) & _members(b)
    assert _members(difference(a, b)) == _members(a) - _members(b)
    assert _members(complement(a, 10.0, 50.0)) == set(range(10, 50)) - _members(a)
    assert total_duration_s(a) == len(_members(a))
    for result in (union(a, b), intersect(a, b), difference(a, b), complement(a, 10.0, 50.0)):
        assert np.all(result[:, 0] < result[:, 1])
        assert np.all(result[1:, 0] > result[:-1, 1])


def test_normalising_merges_what_touches() -> None:
    assert normalise([[5, 6], [0, 2], [2, 3], [4, 4], [2.5, 2.7]]).tolist() == [[0.0, 3.0], [5.0, 6.0]]
    assert normalise([]).shape == (0, 2)
