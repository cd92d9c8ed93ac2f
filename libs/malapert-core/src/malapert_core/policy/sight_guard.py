"""Guard of a gRPC service: a call that names a thing which the caller does not see is answered as if it were not."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from google.protobuf.message import Message

Require = Callable[[str, str], Awaitable[None]]
"""Raises `NotFoundError` where the caller sees no thing of a kind by an identifier."""


class SightGuard:
    """Servicer that asks before each call whether the caller sees what it names.

    Parameters
    ----------
    servicer
        The servicer behind it.
    kinds : mapping of str to str
        Kind of thing by the field of a request that names it.
    require : Require
    """

    def __init__(self, servicer: Any, kinds: Mapping[str, str], require: Require) -> None:
        self._servicer = servicer
        self._kinds = kinds
        self._require_sight = require

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return the guarded method of a name."""
        method = getattr(self._servicer, name)

        async def unary(request: Any, context: Any) -> Any:
            await self._require(request)
            return await method(request, context)

        async def stream(request: Any, context: Any) -> AsyncIterator[Any]:
            await self._require(request)
            async for response in method(request, context):
                yield response

        return stream if inspect.isasyncgenfunction(method) else unary

    async def _require(self, request: Any) -> None:
        if not isinstance(request, Message):
            return
        for field, kind in self._kinds.items():
            if field in request.DESCRIPTOR.fields_by_name:
                await self._require_sight(kind, getattr(request, field))
