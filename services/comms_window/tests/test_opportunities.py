"""When chains of steps could start: against every second tried."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from malapert_comms_window.domain.opportunities import (
    ConditionSpans,
    SetWindow,
    Span,
    WantedCondition,
    WantedStep,
    chain_starts,
    complement,
)
from malapert_comms_window.domain.windows import WindowKind

LIT, DARK, CONTACT = WindowKind.ILLUMINATION, WindowKind.DARKNESS, WindowKind.CONTACT
END_S = 40


@st.composite
def span_lists(draw: st.DrawFn) -> list[Span]:
    edges = sorted(draw(st.sets(st.integers(0, END_S), max_size=8)))
    return [(float(a), float(b)) for a, b in pairwise(edges)][::2]


STEPS = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 5), span_lists()), min_size=1, max_size=3)


@settings(max_examples=400)
@given(STEPS)
def test_starts_are_those_that_trying_every_second_finds(chain: list[tuple[int, int, list[Span]]]) -> None:
    steps = [WantedStep(float(duration), float(wait)) for duration, wait, _ in chain]
    found = chain_starts(steps, [spans for _, _, spans in chain])
    assert all(first <= last for first, last in found)
    assert all(a[1] < b[0] for a, b in pairwise(found))
    for start in range(-1, END_S + 1):
        assert any(first <= start <= last for first, last in found) == _works(chain, start, 0)


def _works(chain: list[tuple[int, int, list[Span]]], start: int, index: int) -> bool:
    duration, _, spans = chain[index]
    if not any(low <= start and start + duration <= high for low, high in spans):
        return False
    if index + 1 == len(chain):
        return True
    return any(_works(chain, start + duration + wait, index + 1) for wait in range(chain[index + 1][1] + 1))


@given(span_lists(), span_lists())
def test_what_is_left_and_what_is_taken_make_the_whole(spans: list[Span], within: list[Span]) -> None:
    left = complement(spans, within)
    for second in range(END_S):
        inside = any(a <= second < b for a, b in within)
        taken = any(a <= second < b for a, b in spans)
        assert any(a <= second < b for a, b in left) == (inside and not taken)


def test_conditions_are_narrowed_and_turned_round() -> None:
    windows = [
        SetWindow(CONTACT, "base", "usuda", "", (0.0, 10.0)),
        SetWindow(CONTACT, "base", "cebreros", "", (8.0, 20.0)),
        SetWindow(CONTACT, "ridge", "usuda", "", (0.0, 40.0)),
        SetWindow(WindowKind.ORBITER_ECLIPSE, "", "", "sat", (5.0, 15.0)),
    ]
    holdings, whole = ConditionSpans(windows), [(0.0, 40.0)]

    def held(condition: WantedCondition, place_id: str = "base") -> list[Span]:
        return holdings.of_step(WantedStep(1.0, 0.0, (condition,)), place_id, whole)

    assert held(WantedCondition(CONTACT)) == [(0.0, 20.0)]
    assert held(WantedCondition(CONTACT, frozenset({"cebreros"}))) == [(8.0, 20.0)]
    assert held(WantedCondition(CONTACT), "ridge") == [(0.0, 40.0)]
    # An eclipse is of no place: it holds wherever one asks.
    sunlit = WantedCondition(WindowKind.ORBITER_ECLIPSE, orbiter_ids=frozenset({"sat"}), outside=True)
    assert held(sunlit) == held(sunlit, "ridge") == [(0.0, 5.0), (15.0, 40.0)]
