"""Antenna time that missions share: rules, scores, bound and search."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from malapert_scheduling.network.bound import hours_bound
from malapert_scheduling.network.problem import Network, Track, TrackRequest, ViewPeriod, score, violations
from malapert_scheduling.network.solve import solve_network

HOUR = 3600


def _request(name: str, mission: str, hours: float, *views: ViewPeriod, least: float = 1, split: bool = False):
    duration = round(hours * HOUR)
    return TrackRequest(name, mission, duration, duration, round(least * HOUR), 1800, 900, split, views)


def _random_network(seed: int) -> Network:
    rng = random.Random(seed)
    requests = []
    for index in range(rng.randrange(1, 14)):
        views = []
        for _ in range(rng.randrange(1, 4)):
            start = rng.randrange(40) * HOUR
            antennas = rng.sample(("A", "B", "C"), rng.choice((1, 1, 2)))
            views.append(ViewPeriod(tuple(antennas), (start, start + rng.randrange(1, 12) * HOUR)))
        hours = rng.choice((1.0, 3.0, 8.0))
        least = 4.0 if hours == 8 else hours * 0.8
        requests.append(_request(f"r{index}", f"m{index % 4}", hours, *views, least=least, split=hours == 8))
    down = {"A": ((10 * HOUR, 14 * HOUR),)}
    return Network((0, 50 * HOUR), tuple(requests), down)


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_schedules_keep_every_rule_and_stay_below_the_bound(seed: int) -> None:
    network = _random_network(seed)
    result = solve_network(network, step_limit=300, workers=1)
    assert not violations(network, result.tracks)
    assert result.score == score(network, result.tracks)
    assert result.score.tracked_h <= result.bound_h + 1e-6


def test_the_best_sharing_of_one_antenna_is_found() -> None:
    # Three requests of 3 h with 45 min of overhead each want 8 h of one antenna: two fit whole.
    view = ViewPeriod(("A",), (HOUR, 8 * HOUR))
    requests = tuple(_request(f"r{i}", f"m{i}", 3, view, least=3) for i in range(3))
    result = solve_network(Network((0, 9 * HOUR), requests, {}), step_limit=500, workers=1)
    assert result.score.tracked_h == pytest.approx(6)
    assert result.score.satisfied == 2
    assert result.score.unsatisfied_max == 1
    assert result.score.unsatisfied_rms == pytest.approx((1 / 3) ** 0.5)


def test_a_long_request_is_split_over_two_antennas() -> None:
    views = (ViewPeriod(("A",), (2 * HOUR, 6 * HOUR)), ViewPeriod(("B",), (10 * HOUR, 14 * HOUR)))
    network = Network((0, 20 * HOUR), (_request("long", "m", 8, *views, least=4, split=True),), {})
    result = solve_network(network, step_limit=200, workers=1)
    assert [track.span for track in result.tracks] == [view.span for view in views]
    assert result.score.tracked_h == result.bound_h == 8


@pytest.mark.parametrize(
    ("hours", "spans"),
    [
        # Of 8 h at least 6.4 are owed, in one track or in pieces of 4 h.
        ((6,), []),
        ((7,), [7]),
        ((4, 3), []),
        ((4, 4), [4, 4]),
        ((3, 6.5), [6.5]),
        ((5, 6.5), [4, 4]),
    ],
)
def test_a_request_gets_its_least_duration_or_nothing(hours: tuple[float, ...], spans: list[float]) -> None:
    views = [ViewPeriod((f"A{i}",), (i * 20 * HOUR, round((i * 20 + h) * HOUR))) for i, h in enumerate(hours, start=1)]
    request = TrackRequest("long", "m", 8 * HOUR, round(6.4 * HOUR), 4 * HOUR, 1800, 900, True, tuple(views))
    network = Network((0, 100 * HOUR), (request,), {})
    result = solve_network(network, step_limit=400, workers=1)
    assert not violations(network, result.tracks)
    assert [(track.span[1] - track.span[0]) / HOUR for track in result.tracks] == spans
    assert result.score.satisfied == bool(spans)


def test_a_request_in_three_pieces_adds_up() -> None:
    views = tuple(ViewPeriod((f"A{i}",), (i * 20 * HOUR, (i * 20 + 4) * HOUR)) for i in range(1, 5))
    request = TrackRequest("long", "m", 14 * HOUR, 12 * HOUR, 4 * HOUR, 1800, 900, True, views)
    result = solve_network(Network((0, 100 * HOUR), (request,), {}), step_limit=400, workers=1)
    assert [track.span[1] - track.span[0] for track in result.tracks] == [4 * HOUR] * 3


def test_an_array_of_any_size_takes_all_its_antennas() -> None:
    array = ViewPeriod(("A", "B", "C", "D", "E"), (HOUR, 5 * HOUR))
    requests = (
        _request("array", "m", 3, array, least=3),
        _request("one", "n", 3, ViewPeriod(("E",), (HOUR, 5 * HOUR)), least=3),
    )
    network = Network((0, 9 * HOUR), requests, {})
    result = solve_network(network, step_limit=400, workers=1)
    assert not violations(network, result.tracks)
    assert len(result.tracks) == 1


def test_down_times_that_overlap_are_all_kept() -> None:
    array = ViewPeriod(("A", "B", "C"), (HOUR, 40 * HOUR))
    down = {
        antenna: ((2 * HOUR, 30 * HOUR), *((t * HOUR, t * HOUR + 60) for t in range(3, 30)), (29 * HOUR, 31 * HOUR))
        for antenna in ("A", "B", "C")
    }
    requests = tuple(_request(f"r{i}", f"m{i}", 3, array, least=3) for i in range(3))
    network = Network((0, 41 * HOUR), requests, down)
    result = solve_network(network, step_limit=600, workers=1)
    assert not violations(network, result.tracks)
    assert result.score.satisfied == 2


def test_a_network_without_a_request_or_a_view_has_no_track() -> None:
    for requests in ((), (_request("r", "m", 2),), (_request("r", "m", 2, ViewPeriod(("A",), (0, 60))),)):
        result = solve_network(Network((0, 9 * HOUR), requests, {}), step_limit=1, workers=1)
        assert result.tracks == ()


def test_the_same_seed_and_steps_give_the_same_tracks() -> None:
    network = _random_network(7)
    first, second = (solve_network(network, seed=3, step_limit=400, workers=2) for _ in range(2))
    assert first.tracks == second.tracks


def test_a_stopped_search_returns_what_it_has() -> None:
    result = solve_network(_random_network(5), cancel=lambda: True)
    assert result.tracks == ()
    assert result.score.tracked_h == 0


def test_time_that_no_view_period_holds_is_beyond_the_bound() -> None:
    network = Network((0, 20 * HOUR), (_request("r", "m", 6, ViewPeriod(("A",), (2 * HOUR, 5 * HOUR))),), {})
    assert hours_bound(network) == pytest.approx(3)


@pytest.mark.parametrize(
    ("tracks", "words"),
    [
        ((Track("r", 0, (6 * HOUR, 6 * HOUR + 60)),), "a track of 60 s"),
        ((Track("r", 0, (1 * HOUR, 3 * HOUR)),), "outside of its view period"),
        ((Track("r", 1, (0, 2 * HOUR)),), "outside of the horizon"),
        ((Track("r", 0, (8 * HOUR, 10 * HOUR)),), "A is down"),
        ((Track("r", 0, (8 * HOUR, 9 * HOUR + 2700)),), "A is down"),
        ((Track("r", 0, (3 * HOUR, 5 * HOUR)), Track("r", 0, (6 * HOUR, 7 * HOUR))), "2 tracks"),
        ((Track("r", 0, (3 * HOUR, 4 * HOUR)),), "tracked 3600 s in all, less than 7200 s"),
        ((Track("r", 0, (3 * HOUR, 6 * HOUR)),), "tracked 10800 s in all, more than 7200 s"),
        ((Track("r", 0, (3 * HOUR, 5 * HOUR)), Track("s", 0, (5 * HOUR, 7 * HOUR))), "A: r and s overlap"),
        ((Track("r", 1, (3 * HOUR, 5 * HOUR)), Track("s", 0, (5 * HOUR, 7 * HOUR))), "m: r and s overlap"),
    ],
)
def test_every_broken_rule_is_told(tracks: tuple[Track, ...], words: str) -> None:
    a, b = ViewPeriod(("A",), (2 * HOUR, 20 * HOUR)), ViewPeriod(("B",), (0, 20 * HOUR))
    requests = (_request("r", "m", 2, a, b), _request("s", "m", 2, a))
    network = Network((0, 20 * HOUR), requests, {"A": ((10 * HOUR, 11 * HOUR),)})
    assert any(words in text for text in violations(network, tracks))
