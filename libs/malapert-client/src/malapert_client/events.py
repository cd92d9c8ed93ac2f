"""Streams of the API: the feed of events, resumed by its cursor, and the states of long work."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from malapert_client.errors import ProblemError, UnreachableError
from malapert_client.patience import Patience, is_passing
from malapert_client.reading import read_model
from malapert_client.work import ENDED

if TYPE_CHECKING:
    from malapert_http_models.contracts.operation import Operation

    from malapert_client.generated.platform import EventGap, EventNotice

QUIET_LIMIT_S = 45.0
"""Silence after which a stream counts as broken, seconds; the platform says something every 15 s."""


@dataclass(frozen=True, slots=True)
class FeedItem:
    """An event of the feed, or a gap: a notice that events before it may be missed or come a second time.

    ``cursor`` is the place to resume from after it.
    """

    cursor: str
    event: "EventNotice | None" = None
    gap: "EventGap | None" = None


@dataclass
class Message:
    """One message of a stream of server-sent events."""

    name: str = "message"
    cursor: str = ""
    data: list[str] = field(default_factory=list)


class MessageReader:
    """Reads server-sent events line by line."""

    def __init__(self) -> None:
        self._message = Message()

    def take(self, line: str) -> Message | None:
        """Take a line; return the message that it ends."""
        if not line:
            whole, self._message = self._message, Message()
            return whole if whole.data else None
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._message.data.append(value)
        elif name == "event":
            self._message.name = value
        elif name == "id":
            self._message.cursor = value
        return None


class Lines(Protocol):
    """What opens a stream and yields its lines."""

    def stream(self, name: str, path: dict[str, Any], query: dict[str, Any], quiet_s: float) -> Iterator[str]:
        """Yield the lines of a stream until it ends."""
        ...


class AsyncLines(Protocol):
    """What opens a stream and yields its lines, awaited."""

    def stream(self, name: str, path: dict[str, Any], query: dict[str, Any], quiet_s: float) -> AsyncIterator[str]:
        """Yield the lines of a stream until it ends."""
        ...


class FeedPosition:
    """Position in the feed: what to ask for, and what a message says."""

    def __init__(self, query: dict[str, Any]) -> None:
        self.query = {key: value for key, value in query.items() if value is not None}
        self.is_open = False

    @property
    def cursor(self) -> str:
        """Where the feed goes on."""
        return str(self.query.get("last_event_id", ""))

    def take(self, message: Message) -> FeedItem | None:
        """Take a message; return what it tells, nothing of one that tells of the stream itself."""
        if message.name == "error":
            return None  # the platform ends the stream: it is taken up again where it was
        if message.cursor:
            self.query["last_event_id"] = message.cursor
        self.is_open = True
        text = "\n".join(message.data)
        if message.name == "gap":
            return FeedItem(self.cursor, gap=read_model("platform.EventGap", text))
        if message.name == "event":
            return FeedItem(self.cursor, event=read_model("platform.EventNotice", text))
        return None


class Feed:
    """The feed of events: it never ends by itself, and goes on where it was when its connection breaks."""

    def __init__(self, lines: Lines, patience: Patience, query: dict[str, Any]) -> None:
        self._lines = lines
        self._patience = patience
        self._position = FeedPosition(query)

    @property
    def cursor(self) -> str:
        """The place after the last item, to resume from; empty before the feed is open."""
        return self._position.cursor

    def __iter__(self) -> Iterator[FeedItem]:
        return self.items()

    def opened(self) -> str:
        """Open the feed and close it again, and return the cursor of the present."""
        reader = MessageReader()
        for line in self._lines.stream("watch_events", {}, self._position.query, QUIET_LIMIT_S):
            if message := reader.take(line):
                self._position.take(message)
                break
        return self.cursor

    def items(self, quiet_s: float | None = None) -> Iterator[FeedItem]:
        """Yield events and gaps.

        Parameters
        ----------
        quiet_s
            Silence after which the feed ends, seconds; None goes on for ever.

        Raises
        ------
        ProblemError, UnreachableError
            Where the feed cannot be taken up again within the client's patience.
        """
        heard_s = time.monotonic()
        while True:
            reader = MessageReader()
            limit_s = QUIET_LIMIT_S if quiet_s is None else min(quiet_s, QUIET_LIMIT_S)
            try:
                for line in self._lines.stream("watch_events", {}, self._position.query, limit_s):
                    self._patience.renew()
                    message = reader.take(line)
                    if message and (item := self._position.take(message)):
                        heard_s = time.monotonic()
                        yield item
                    if quiet_s is not None and time.monotonic() - heard_s > quiet_s:
                        return
                pause_s = self._patience.pause_s()
            except (ProblemError, UnreachableError) as error:
                is_silence = isinstance(error, UnreachableError) and error.is_timeout
                if quiet_s is not None and is_silence and self._position.is_open:
                    return
                pause_s = pause_or_raise(self._patience, error)
            time.sleep(pause_s or 0.0)


class AsyncFeed:
    """The feed of events, awaited: it never ends by itself, and goes on where it was when its connection breaks."""

    def __init__(self, lines: AsyncLines, patience: Patience, query: dict[str, Any]) -> None:
        self._lines = lines
        self._patience = patience
        self._position = FeedPosition(query)

    @property
    def cursor(self) -> str:
        """The place after the last item, to resume from; empty before the feed is open."""
        return self._position.cursor

    async def __aiter__(self) -> AsyncIterator[FeedItem]:
        while True:
            reader = MessageReader()
            try:
                async for line in self._lines.stream("watch_events", {}, self._position.query, QUIET_LIMIT_S):
                    self._patience.renew()
                    message = reader.take(line)
                    if message and (item := self._position.take(message)):
                        yield item
                pause_s = self._patience.pause_s()
            except (ProblemError, UnreachableError) as error:
                pause_s = pause_or_raise(self._patience, error)
            await asyncio.sleep(pause_s or 0.0)


class States:
    """States of long work until its end."""

    def __init__(self, lines: Lines, patience: Patience, path: dict[str, Any]) -> None:
        self._lines = lines
        self._patience = patience
        self._path = path

    def __iter__(self) -> Iterator["Operation"]:
        while True:
            reader = MessageReader()
            try:
                for line in self._lines.stream("watch_operation", self._path, {}, QUIET_LIMIT_S):
                    self._patience.renew()
                    if (state := state_of(reader.take(line))) is not None:
                        yield state
                        if state.state in ENDED:
                            return
                pause_s = self._patience.pause_s()
            except (ProblemError, UnreachableError) as error:
                pause_s = pause_or_raise(self._patience, error)
            time.sleep(pause_s or 0.0)


class AsyncStates:
    """States of long work until its end, awaited."""

    def __init__(self, lines: AsyncLines, patience: Patience, path: dict[str, Any]) -> None:
        self._lines = lines
        self._patience = patience
        self._path = path

    async def __aiter__(self) -> AsyncIterator["Operation"]:
        while True:
            reader = MessageReader()
            try:
                async for line in self._lines.stream("watch_operation", self._path, {}, QUIET_LIMIT_S):
                    self._patience.renew()
                    if (state := state_of(reader.take(line))) is not None:
                        yield state
                        if state.state in ENDED:
                            return
                pause_s = self._patience.pause_s()
            except (ProblemError, UnreachableError) as error:
                pause_s = pause_or_raise(self._patience, error)
            await asyncio.sleep(pause_s or 0.0)


def state_of(message: Message | None) -> "Operation | None":
    """Return the state that a message tells; none of the one that ends a stream whose service was lost."""
    if message is None or message.name not in ("progress", "end"):
        return None
    state: Operation = read_model("operation.Operation", "\n".join(message.data))
    return state


def pause_or_raise(patience: Patience, error: ProblemError | UnreachableError) -> float:
    """Return how long to wait before a stream is taken up again, seconds; raises where it is not."""
    passes = isinstance(error, UnreachableError) or is_passing(error)
    pause_s = patience.pause_s() if passes else None
    if pause_s is None:
        raise error
    return pause_s


def beginning_of(cursor: str) -> str:
    """Return the cursor of the oldest event that the platform keeps, from any cursor of its feed."""
    return re.sub(r"=\d+", "=0", cursor)
