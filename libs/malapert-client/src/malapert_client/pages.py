"""Lists of the API, whose pages are asked for as they are needed."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")


class Pages(Generic[Item]):
    """A list of the API, an iterator over its items from its beginning each time it is begun.

    Parameters
    ----------
    read
        Returns the page of a cursor; the first one of an empty cursor.
    field
        The page's list.
    """

    def __init__(self, read: Callable[[str], Any], field: str) -> None:
        self._read = read
        self._field = field

    def __iter__(self) -> Iterator[Item]:
        for page in self.pages():
            yield from getattr(page, self._field)

    def pages(self) -> Iterator[Any]:
        """Yield the pages as the platform tells them."""
        token = ""
        while True:
            page = self._read(token)
            yield page
            if not (token := page.next_page_token):
                return

    def first(self) -> Item | None:
        """Return the first item; None of an empty list."""
        return next(iter(self), None)


class AsyncPages(Generic[Item]):
    """A list of the API, an asynchronous iterator over its items from its beginning each time it is begun."""

    def __init__(self, read: Callable[[str], Awaitable[Any]], field: str) -> None:
        self._read = read
        self._field = field

    async def __aiter__(self) -> AsyncIterator[Item]:
        async for page in self.pages():
            for item in getattr(page, self._field):
                yield item

    async def pages(self) -> AsyncIterator[Any]:
        """Yield the pages as the platform tells them."""
        token = ""
        while True:
            page = await self._read(token)
            yield page
            if not (token := page.next_page_token):
                return

    async def first(self) -> Item | None:
        """Return the first item; None of an empty list."""
        async for item in self:
            return item
        return None
