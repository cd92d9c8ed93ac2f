"""Distribution of the blocks of a map: computed in this process, or on the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Protocol, TypeVar

from distributed import Client, as_completed
from malapert_core.errors import UnavailableError

from malapert_landing_site.terrain.horizon.skyline import Progress

Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[Any, Item, Progress | None], Result]

_CONNECT_TIMEOUT_S = 10
_ITEMS_PER_WORKER = 2


class BlockExecutor(Protocol):
    """Does a function of something shared and an item for each item."""

    def run(
        self, work: Work[Item, Result], shared: object, items: Iterable[Item], count: int, progress: Progress
    ) -> Iterator[tuple[int, Result]]:
        """Yield each item's number and result as they come; what `progress` raises ends the work."""
        ...


class LocalExecutor:
    """Items one after another; each uses this machine's cores itself."""

    def run(
        self, work: Work[Item, Result], shared: object, items: Iterable[Item], count: int, progress: Progress
    ) -> Iterator[tuple[int, Result]]:
        """Yield each item's number and result in order."""
        for n, item in enumerate(items):

            def advance(share: float, done: int = n) -> None:
                progress((done + share) / count)

            yield n, work(shared, item, advance)


class DaskExecutor:
    """Items on the workers of a Dask cluster, which need this package installed and no common directory.

    What is shared is sent to each worker once. At most two items a worker are out at once, so that neither the
    scheduler nor this process holds more results than that.

    Parameters
    ----------
    address : str
        Of the scheduler, such as `tcp://scheduler:8786`.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    def run(
        self, work: Work[Item, Result], shared: object, items: Iterable[Item], count: int, progress: Progress
    ) -> Iterator[tuple[int, Result]]:
        """Yield each item's number and result as they are done.

        Raises
        ------
        UnavailableError
            DASK_UNAVAILABLE where there is no scheduler at the address, or it has no workers.
        """
        with self._client() as client:
            self._wait_for_workers(client)
            spread = client.scatter(shared, broadcast=True, hash=False)
            out = as_completed(loop=client.loop, with_results=True)  # type: ignore[no-untyped-call]
            numbers: dict[Any, int] = {}
            waiting = enumerate(items)

            def send() -> None:
                """Fill up to two items a worker; workers may have come or gone."""
                room = _ITEMS_PER_WORKER * len(client.nthreads()) - len(numbers)
                for n, item in islice(waiting, max(room, 0)):
                    future = client.submit(work, spread, item, None, pure=False)
                    numbers[future] = n
                    out.add(future)  # type: ignore[no-untyped-call]

            send()
            for done, (future, result) in enumerate(out, start=1):
                progress(done / count)
                yield numbers.pop(future), result
                send()

    def _wait_for_workers(self, client: Client) -> None:
        try:
            client.wait_for_workers(1, timeout=_CONNECT_TIMEOUT_S)
        except TimeoutError as error:
            message = f"the Dask scheduler at {self._address} has no workers"
            raise UnavailableError("DASK_UNAVAILABLE", message) from error

    def _client(self) -> Client:
        try:
            return Client(  # type: ignore[no-untyped-call]
                self._address, timeout=_CONNECT_TIMEOUT_S, set_as_default=False
            )
        except OSError as error:
            message = f"there is no Dask scheduler at {self._address}"
            raise UnavailableError("DASK_UNAVAILABLE", message) from error
