"""Places for work that is done at once, given in turn between owners, with a bounded number waiting."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from malapert_core.errors import ExhaustedError
from malapert_core.fairness.turns import Turns

RETRY_AFTER_S = 5


class FairSlots:
    """Slots of one event loop.

    Parameters
    ----------
    slots : int
        How much is done at once.
    most_of_owner : int
        How many slots one owner may have at once.
    most_waiting : int
        How many calls of one owner may wait for a slot.
    what : str
        What is done, for the refusal, such as ``"heavy calls"``.
    """

    def __init__(self, slots: int, *, most_of_owner: int, most_waiting: int, what: str) -> None:
        self._free = slots
        self._most_of_owner = most_of_owner
        self._most_waiting = most_waiting
        self._what = what
        self._running: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._turns = Turns()

    @asynccontextmanager
    async def held(self, owner: str) -> AsyncIterator[None]:
        """Hold a slot for the length of a block, as soon as it is the owner's turn.

        Raises
        ------
        ExhaustedError
            ``TOO_MUCH_AT_ONCE`` where as many of the owner's wait already as may.
        """
        await self._taken(owner)
        try:
            yield
        finally:
            self._running[owner] -= 1
            if not self._running[owner]:
                del self._running[owner]
            self._free += 1
            self._give()

    async def _taken(self, owner: str) -> None:
        queue = self._waiting.setdefault(owner, deque())
        if len(queue) >= self._most_waiting:
            raise ExhaustedError(
                "TOO_MUCH_AT_ONCE",
                f"{self._most_waiting} {self._what} of {owner} are waiting already; ask again when some have ended",
                metadata={"retry_after_s": str(RETRY_AFTER_S), "limit": str(self._most_waiting)},
            )
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        self._give()
        try:
            await turn
        except asyncio.CancelledError:
            self._forget(owner, turn)
            raise

    def _forget(self, owner: str, turn: asyncio.Future[None]) -> None:
        if turn.done() and not turn.cancelled():  # It was given a slot in the same moment.
            self._running[owner] -= 1
            self._free += 1
        elif turn in self._waiting.get(owner, ()):
            self._waiting[owner].remove(turn)
            self._drop_empty(owner)
        self._give()

    def _give(self) -> None:
        while self._free:
            ranks = {owner: 0 for owner in self._waiting if self._running[owner] < self._most_of_owner}
            order = self._turns.in_order(ranks, self._running)
            if not order:
                return
            owner = order[0]
            turn = self._waiting[owner].popleft()
            self._drop_empty(owner)
            if turn.cancelled():
                continue
            self._turns.served(owner, ranks, self._running)
            self._running[owner] += 1
            self._free -= 1
            turn.set_result(None)

    def _drop_empty(self, owner: str) -> None:
        if not self._waiting[owner]:
            del self._waiting[owner]
