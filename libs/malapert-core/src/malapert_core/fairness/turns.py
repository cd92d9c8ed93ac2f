"""Order in which owners of waiting work are served: in turn, whatever the order of asking."""

from collections.abc import Mapping

_MOST_REMEMBERED = 10_000


class Turns:
    """Turns of owners: who has least at work is next, of several the one that was served longest ago.

    The most urgent work goes ahead of others' turns, but in every second choice at most, and never twice in a row for
    the same owner: so much an owner that calls everything urgent can take from the others.
    """

    def __init__(self) -> None:
        self._served: dict[str, int] = {}
        self._count = 0
        self._last = ""
        self._overtook = False

    def in_order(self, ranks: Mapping[str, int], running: Mapping[str, int]) -> list[str]:
        """Return owners in the order in which they are served next; nothing is noted.

        Parameters
        ----------
        ranks : mapping of str to int
            Rank of the most urgent waiting work of each owner; the lowest is the most urgent.
        running : mapping of str to int
            Number of works that each owner has going on now.
        """
        order = sorted(
            ranks, key=lambda owner: (running.get(owner, 0), self._served.get(owner, 0), ranks[owner], owner)
        )
        urgent = min(order, key=ranks.__getitem__, default="")
        if order and self._may_overtake(urgent) and ranks[urgent] < ranks[order[0]]:
            order.remove(urgent)
            order.insert(0, urgent)
        return order

    def served(self, owner: str, ranks: Mapping[str, int], running: Mapping[str, int]) -> None:
        """Note that an owner was served out of these."""
        in_turn = min((running.get(each, 0), self._served.get(each, 0)) for each in {*ranks, owner})
        self._overtook = (running.get(owner, 0), self._served.get(owner, 0)) > in_turn
        self._count += 1
        self._last = owner
        self._served.pop(owner, None)
        self._served[owner] = self._count
        if len(self._served) > _MOST_REMEMBERED:
            del self._served[next(iter(self._served))]

    def _may_overtake(self, owner: str) -> bool:
        return not self._overtook and owner != self._last
