"""Owners of waiting work are served in turn, whatever the order and the urgency of asking."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from malapert_core.errors import ExhaustedError
from malapert_core.fairness.slots import FairSlots
from malapert_core.fairness.turns import Turns

OWNERS = st.sampled_from(["JAXA", "ISRO", "ESA", "NASA"])


@given(st.lists(st.tuples(OWNERS, st.integers(0, 3)), min_size=1, max_size=60))
def test_between_two_services_of_a_waiting_owner_no_other_is_served_more_than_its_share(
    asked: list[tuple[str, int]],
) -> None:
    turns, waiting = Turns(), dict[str, list[int]]()
    for owner, rank in asked:
        waiting.setdefault(owner, []).append(rank)
    since: dict[str, Counter[str]] = {owner: Counter() for owner in waiting}
    others = len(waiting) - 1
    while waiting:
        ranks = {owner: min(queue) for owner, queue in waiting.items()}
        chosen = turns.in_order(ranks, {})[0]
        turns.served(chosen, ranks, {})
        waiting[chosen].remove(ranks[chosen])
        for owner in ranks:
            if owner == chosen:
                since[owner].clear()
            else:
                since[owner][chosen] += 1
                # Once in turn, and by urgency in every second choice at most.
                assert sum(since[owner].values()) <= 2 * others + 1
                assert since[owner][chosen] <= others + 2
        waiting = {owner: queue for owner, queue in waiting.items() if queue}


@given(st.integers(1, 300), st.integers(0, 3), st.integers(0, 3))
def test_an_outsider_s_flood_delays_another_by_one_service_at_most(flood: int, outside_rank: int, rank: int) -> None:
    turns = Turns()
    for _ in range(min(flood, 7)):
        turns.served("OUTSIDER", {"OUTSIDER": outside_rank}, {})
    ranks = {"OUTSIDER": outside_rank, "JAXA": rank}
    assert turns.in_order(ranks, {})[0] == "JAXA"
    assert turns.in_order(ranks, {"OUTSIDER": 1})[0] == "JAXA"


def test_what_is_urgent_overtakes_in_every_second_choice_at_most() -> None:
    turns, served = Turns(), []
    ranks = {"A": 0, "B": 0, "C": 2, "D": 2}
    for _ in range(12):
        chosen = turns.in_order(ranks, {})[0]
        turns.served(chosen, ranks, {})
        served.append(chosen)
    counts = Counter(served)
    assert counts["C"] >= 2
    assert counts["D"] >= 2
    assert counts["A"] + counts["B"] <= 8


@pytest.mark.asyncio
async def test_slots_are_given_in_turn_and_a_cancelled_call_frees_its_place() -> None:
    slots = FairSlots(1, most_of_owner=1, most_waiting=50, what="calls")
    order: list[str] = []

    async def call(owner: str) -> None:
        async with slots.held(owner):
            order.append(owner)
            await asyncio.sleep(0)

    flood = [asyncio.create_task(call("OUTSIDER")) for _ in range(50)]
    await asyncio.sleep(0)
    own = asyncio.create_task(call("JAXA"))
    for task in flood[10:20]:
        task.cancel()
    await asyncio.gather(*flood, own, return_exceptions=True)
    assert order.index("JAXA") <= 2
    assert len(order) == 41
    async with slots.held("JAXA"):
        pass


@pytest.mark.asyncio
async def test_more_than_may_wait_is_refused_with_when_to_ask_again() -> None:
    slots = FairSlots(1, most_of_owner=1, most_waiting=2, what="calls")
    async with slots.held("ISRO"):
        waiting = [asyncio.create_task(slots.held("ISRO").__aenter__()) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(ExhaustedError) as caught:
            async with slots.held("ISRO"):
                pass
        assert (caught.value.reason, caught.value.metadata["limit"]) == ("TOO_MUCH_AT_ONCE", "2")
        assert int(caught.value.metadata["retry_after_s"]) > 0
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    async with slots.held("ISRO"):
        pass
