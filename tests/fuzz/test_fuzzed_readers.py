"""A small slice of the fuzz run over all readers; `benchmarks/fuzz_readers.py` is the whole."""

import random

import pytest
from reader_fuzz import orbit_targets
from reader_fuzz.running import Contradiction, Target, case, run_cases
from reader_fuzz.targets import NAMES, target_named

SEED, CASES = 1, 25


@pytest.mark.parametrize("name", NAMES)
def test_readers_succeed_rightly_or_refuse_clearly(name):
    target = target_named(name)
    if not target.seeds():
        pytest.skip("the standards' samples are not in ../shared/reference")
    count = len(target.seeds()) + CASES
    outcome = run_cases(target, SEED, range(count))
    assert not outcome.defects, outcome.defects[0]
    assert outcome.cases == count
    assert outcome.accepted >= 1
    # A calendar is written of any text; all else refuses some of it.
    assert outcome.refused >= 1 or name == "calendar-written"


def test_states_of_an_spk_are_held_against_those_of_spice(monkeypatch):
    """Each of the seeds, of types 2, 3, 9 and 13: a state that is 10 m or 1 m/s off is found."""
    reading = orbit_targets.orbit_read
    for at in range(2):

        def misread(source, content, at=at):
            orbit = reading(source, content)
            states_of = orbit.state_km

            def off(epochs):
                vectors = states_of(epochs)
                vectors[at][0] += (0.01, 0.001)[at]
                return vectors

            monkeypatch.setattr(orbit, "state_km", off)
            return orbit

        monkeypatch.setattr(orbit_targets, "orbit_read", misread)
        for content in orbit_targets.TARGETS["spk"].seeds():
            with pytest.raises(Contradiction, match="SPICE has"):
                orbit_targets.read_spk(content)
        monkeypatch.setattr(orbit_targets, "orbit_read", reading)


def _target(read):
    return Target("made", lambda: [b"a valid file"], lambda rng, _: rng.randbytes(4), read, (ValueError,))


def _of_seed(content):
    return content == b"a valid file"


def _hanging(content):
    while not _of_seed(content):
        pass


def _silent(content):
    if not _of_seed(content):
        raise ValueError


def _endless(content):
    if not _of_seed(content):
        raise ValueError("x" * 1_000_000)


def _failing(content):
    return 1 // _of_seed(content)


def _contradicted(content):
    if not _of_seed(content):
        raise Contradiction("another reader says 2")


def _refusing(_content):
    raise ValueError("no")


@pytest.mark.parametrize(
    ("read", "kind"),
    [
        (_hanging, "too slow"),
        (_silent, "Contradiction"),
        (_endless, "Contradiction"),
        (_failing, "ZeroDivisionError"),
        (_contradicted, "Contradiction"),
        (_refusing, "Contradiction"),
    ],
)
def test_whatever_is_no_clear_end_is_a_defect(monkeypatch, read, kind):
    monkeypatch.setattr("reader_fuzz.running.LIMIT_S", 0.05)
    outcome = run_cases(_target(read), SEED, range(2))
    assert outcome.defects[0][1].startswith(kind)


def test_a_case_is_the_same_whenever_it_is_made():
    target = target_named("two-line-elements")
    seeds = target.seeds()
    assert [case(target, seeds, 7, number) for number in range(30)] == [
        case(target, seeds, 7, number) for number in range(30)
    ]
    assert case(target, seeds, 7, 20) != case(target, seeds, 8, 20)
    assert target.mutate(random.Random(1), seeds[0]) == target.mutate(random.Random(1), seeds[0])
