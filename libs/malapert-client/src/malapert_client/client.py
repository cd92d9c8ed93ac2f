"""The clients: blocking and awaited."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Self

import httpx

from malapert_client.calling import Call, Seen, prepare, read_answer, read_plain, refusal, unreachable
from malapert_client.connection import Connection, find_connection
from malapert_client.errors import ProblemError, UnknownAnswerError, UnreachableError
from malapert_client.events import AsyncFeed, AsyncStates, Feed, States
from malapert_client.generated.async_calls import AsyncCalls
from malapert_client.generated.operations import OPERATIONS
from malapert_client.generated.sync_calls import Calls
from malapert_client.operation import Operation
from malapert_client.pages import AsyncPages, Pages
from malapert_client.patience import Patience, is_passing, retry_after_s
from malapert_client.work import AsyncWork, Work

TIMEOUT_S = 120.0
UPLOAD_TIMEOUT_S = 3600.0
CONNECT_TIMEOUT_S = 10.0
PATIENCE_S = 60.0
Reading = Callable[[Call, httpx.Response, Seen], Any]


class Client(Calls):
    """The API of a platform, blocking: one method for each operation. A context manager.

    Parameters
    ----------
    url, key, agency, role, keys_file, profile
        What is left out is taken from the environment, the configuration file or the keys file of an embedded
        platform; see `malapert_client.connection`.
    connection
        Address and key; instead of the others.
    timeout_s
        How long an answer may take, seconds.
    patience_s
        How long a call is repeated where the platform says that it can be, or nothing answers, seconds; 0: never.
    transport
        What carries the calls; the usual one of httpx where it is left out.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        agency: str | None = None,
        role: str | None = None,
        keys_file: Path | None = None,
        profile: str | None = None,
        connection: Connection | None = None,
        timeout_s: float = TIMEOUT_S,
        patience_s: float = PATIENCE_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.connection = connection or find_connection(url, key, agency, role, keys_file, profile=profile)
        http = httpx.Client(transport=transport, **_settings(self.connection, timeout_s))
        self._seen = Seen()
        self._caller = _Caller(self, http, self._seen, patience_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self.connection.url!r})"

    def close(self) -> None:
        """Close the connections."""
        self._caller.http.close()

    def call(self, name: str, **arguments: Any) -> Any:
        """Make a call by the operation's name; `arguments` are those of `malapert_client.calling.prepare`."""
        return self._caller.call(name, **arguments)

    def plain(self, name: str, **arguments: Any) -> Any:
        """Make a call by the operation's name and return its answer as the platform tells it, without a model."""
        return self._caller.plain(name, **arguments)

    def work(self, operation_id: str) -> "Work[Any]":
        """Return the handle of work that was begun elsewhere; its result is the ended operation."""
        return Work(self, self.get_operation(operation_id), None)

    def etag_of(self, thing: Any) -> str | None:
        """Return the `ETag` with which an object came, None where it came with none."""
        return self._seen.etag_of(thing)


class AsyncClient(AsyncCalls):
    """The API of a platform, awaited: one method for each operation. An asynchronous context manager.

    Its parameters are those of `Client`.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        agency: str | None = None,
        role: str | None = None,
        keys_file: Path | None = None,
        profile: str | None = None,
        connection: Connection | None = None,
        timeout_s: float = TIMEOUT_S,
        patience_s: float = PATIENCE_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.connection = connection or find_connection(url, key, agency, role, keys_file, profile=profile)
        http = httpx.AsyncClient(transport=transport, **_settings(self.connection, timeout_s))
        self._seen = Seen()
        self._caller = _AsyncCaller(self, http, self._seen, patience_s)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncClient({self.connection.url!r})"

    async def close(self) -> None:
        """Close the connections."""
        await self._caller.http.aclose()

    async def call(self, name: str, **arguments: Any) -> Any:
        """Make a call by the operation's name; `arguments` are those of `malapert_client.calling.prepare`."""
        return await self._caller.call(name, **arguments)

    async def plain(self, name: str, **arguments: Any) -> Any:
        """Make a call by the operation's name and return its answer as the platform tells it, without a model."""
        return await self._caller.plain(name, **arguments)

    async def work(self, operation_id: str) -> "AsyncWork[Any]":
        """Return the handle of work that was begun elsewhere; its result is the ended operation."""
        return AsyncWork(self, await self.get_operation(operation_id), None)

    def etag_of(self, thing: Any) -> str | None:
        """Return the `ETag` with which an object came, None where it came with none."""
        return self._seen.etag_of(thing)


class _Caller:
    """Makes the calls of a blocking client."""

    def __init__(self, calls: "Client", http: httpx.Client, seen: Seen, patience_s: float) -> None:
        self.http = http
        self.seen = seen
        self._calls = calls
        self._has_answered = False
        self._connection = calls.connection
        self._patience_s = patience_s

    def call(self, name: str, **arguments: Any) -> Any:
        call = prepare(name, self.seen, **arguments)
        answer = self._sent(call, read_answer)
        if call.operation.kind != "work":
            return answer
        return Work(self._calls, answer, _reader(self.call, call))

    def plain(self, name: str, **arguments: Any) -> Any:
        return self._sent(prepare(name, self.seen, **arguments), read_plain)

    def lazy(self, name: str, path: dict[str, Any] | None = None, query: dict[str, Any] | None = None) -> Any:
        operation, path, query = OPERATIONS[name], path or {}, query or {}
        if operation.kind == "pages":
            field = operation.item.partition(":")[0]
            return Pages(lambda token: self.call(name, path=path, query={**query, "page_token": token or None}), field)
        patience = Patience(self._patience_s)
        return Feed(self, patience, query) if name == "watch_events" else States(self, patience, path)

    def stream(self, name: str, path: dict[str, Any], query: dict[str, Any], quiet_s: float) -> Iterator[str]:
        call = prepare(name, self.seen, path=path, query=query)
        timeout = httpx.Timeout(quiet_s, connect=CONNECT_TIMEOUT_S)
        try:
            with self.http.stream("GET", call.address, params=call.query, timeout=timeout) as response:
                if not response.is_success:
                    response.read()
                    raise refusal(response)
                yield from response.iter_lines()
        except httpx.HTTPError as error:
            raise unreachable(error, self._connection) from error

    def _sent(self, call: Call, read: Reading) -> Any:
        patience = Patience(self._patience_s)
        while True:
            try:
                response = self.http.send(_request(self.http, call, call.chunks() if call.is_file else call.body))
                answer = read(call, response, self.seen)
            except httpx.HTTPError as error:
                failure = unreachable(error, self._connection)
                pause_s = _pause_s(patience, failure, error, has_answered=self._has_answered)
            except ProblemError as error:
                self._has_answered |= not isinstance(error, UnknownAnswerError)
                pause_s = _pause_s(patience, error, response=response, has_answered=self._has_answered)
            else:
                self._has_answered = True
                return answer
            time.sleep(pause_s)


class _AsyncCaller:
    """Makes the calls of an awaited client."""

    def __init__(self, calls: "AsyncClient", http: httpx.AsyncClient, seen: Seen, patience_s: float) -> None:
        self.http = http
        self.seen = seen
        self._calls = calls
        self._has_answered = False
        self._connection = calls.connection
        self._patience_s = patience_s

    async def call(self, name: str, **arguments: Any) -> Any:
        call = prepare(name, self.seen, **arguments)
        answer = await self._sent(call, read_answer)
        if call.operation.kind != "work":
            return answer
        return AsyncWork(self._calls, answer, _reader(self.call, call))

    async def plain(self, name: str, **arguments: Any) -> Any:
        return await self._sent(prepare(name, self.seen, **arguments), read_plain)

    def lazy(self, name: str, path: dict[str, Any] | None = None, query: dict[str, Any] | None = None) -> Any:
        operation, path, query = OPERATIONS[name], path or {}, query or {}
        if operation.kind == "pages":
            field = operation.item.partition(":")[0]
            return AsyncPages(
                lambda token: self.call(name, path=path, query={**query, "page_token": token or None}), field
            )
        patience = Patience(self._patience_s)
        return AsyncFeed(self, patience, query) if name == "watch_events" else AsyncStates(self, patience, path)

    async def stream(
        self, name: str, path: dict[str, Any], query: dict[str, Any], quiet_s: float
    ) -> AsyncIterator[str]:
        call = prepare(name, self.seen, path=path, query=query)
        timeout = httpx.Timeout(quiet_s, connect=CONNECT_TIMEOUT_S)
        try:
            async with self.http.stream("GET", call.address, params=call.query, timeout=timeout) as response:
                if not response.is_success:
                    await response.aread()
                    raise refusal(response)
                async for line in response.aiter_lines():
                    yield line
        except httpx.HTTPError as error:
            raise unreachable(error, self._connection) from error

    async def _sent(self, call: Call, read: Reading) -> Any:
        patience = Patience(self._patience_s)
        while True:
            try:
                content = call.awaited_chunks() if call.is_file else call.body
                response = await self.http.send(_request(self.http, call, content))
                answer = read(call, response, self.seen)
            except httpx.HTTPError as error:
                failure = unreachable(error, self._connection)
                pause_s = _pause_s(patience, failure, error, has_answered=self._has_answered)
            except ProblemError as error:
                self._has_answered |= not isinstance(error, UnknownAnswerError)
                pause_s = _pause_s(patience, error, response=response, has_answered=self._has_answered)
            else:
                self._has_answered = True
                return answer
            await asyncio.sleep(pause_s)


def _settings(connection: Connection, timeout_s: float) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {connection.key}"} if connection.key else {}
    timeout = httpx.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S)
    # Redirects are not followed: the key is shown to no address but the one that is configured.
    return {"base_url": connection.url, "headers": headers, "timeout": timeout, "follow_redirects": False}


def _request(http: httpx.Client | httpx.AsyncClient, call: Call, content: Any) -> httpx.Request:
    timeout = {"timeout": httpx.Timeout(UPLOAD_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)} if call.is_file else {}
    return http.build_request(
        call.operation.method,
        call.address,
        params=call.query or None,
        headers=call.headers,
        content=content,
        **timeout,  # type: ignore[arg-type]
    )


def _pause_s(
    patience: Patience,
    failure: ProblemError | UnreachableError,
    error: httpx.HTTPError | None = None,
    response: httpx.Response | None = None,
    *,
    has_answered: bool,
) -> float:
    """Return how long to wait before a call is made again, seconds; raises where it is not.

    A change goes under the same idempotency key, so that it is done once even where the first answer was lost. An
    address at which no platform has answered yet may be a wrong one, and is not asked again.
    """
    if isinstance(failure, ProblemError):
        header = response.headers.get("retry-after") if response is not None else None
        is_retried = is_passing(failure) and (has_answered or not isinstance(failure, UnknownAnswerError))
        pause_s = patience.pause_s(retry_after_s(header)) if is_retried else None
    else:
        # A call that is not answered in time would not be the next time either, and its work is doubled.
        is_lost = has_answered or not isinstance(error, httpx.ConnectError)
        pause_s = patience.pause_s() if is_lost and not failure.is_timeout else None
    if pause_s is None:
        raise failure from error
    return pause_s


def _reader(call: Any, begun: Call) -> Any:
    """Return what reads the result of long work: the rest of its path is that of the call which began it."""
    name = begun.operation.result_call
    if not name:
        return None
    result: Operation = OPERATIONS[name]
    *outer, last = [part[1:-1] for part in result.path.split("/") if part.startswith("{")]
    known = {each: begun.path[each] for each in outer}
    return lambda identifier: call(name, path={**known, last: identifier})
