"""Answers kept by key, so that a request that is sent twice is done once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import insert, tuple_
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_core.db.tables import IdempotencyRow
from malapert_core.errors import ConflictError
from malapert_core.timestamps import utc_now


@dataclass(frozen=True, slots=True)
class Remembered:
    """The response that was given to a key, and the content of the request it was given to."""

    request_hash: str
    response: bytes

    def response_for(self, key: str, request_hash: str) -> bytes:
        """Return the response where the request is the same.

        Raises
        ------
        ConflictError
            ``IDEMPOTENCY_KEY_REUSED`` where the key came with another request.
        """
        if self.request_hash != request_hash:
            raise ConflictError(
                "IDEMPOTENCY_KEY_REUSED", f"key {key!r} was used for another request", metadata={"key": key}
            )
        return self.response


async def recall(session: AsyncSession, key: str, scope: str, request_hash: str) -> bytes | None:
    """Return the response that was given to a key, or None where the key is new.

    Raises
    ------
    ConflictError
        ``IDEMPOTENCY_KEY_REUSED`` where the key came with another request.
    """
    row = await session.get(IdempotencyRow, (scope, key))
    if row is None:
        return None
    return Remembered(row.request_hash, row.response).response_for(key, request_hash)


async def recall_all(
    session: AsyncSession, scoped_keys: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Remembered]:
    """Return what was given to those of the keys, each with its scope before it, that are not new."""
    named = tuple_(col(IdempotencyRow.scope), col(IdempotencyRow.key)).in_(list(scoped_keys))
    columns = (IdempotencyRow.scope, IdempotencyRow.key, IdempotencyRow.request_hash, IdempotencyRow.response)
    rows = (await session.exec(select(*columns).where(named))).all()
    return {(scope, key): Remembered(request_hash, response) for scope, key, request_hash, response in rows}


async def remember_all(session: AsyncSession, responses: Mapping[tuple[str, str], Remembered]) -> None:
    """Keep responses by scope and key, as `remember` does for one; a key that is there already is an IntegrityError."""
    if not responses:
        return
    rows = [
        {
            "scope": scope,
            "key": key,
            "request_hash": remembered.request_hash,
            "response": remembered.response,
            "created_time": utc_now(),
        }
        for (scope, key), remembered in responses.items()
    ]
    await (await session.connection()).execute(insert(IdempotencyRow), rows)


async def remember(session: AsyncSession, key: str, scope: str, request_hash: str, response: bytes) -> None:
    """Keep the response of a key, in the transaction of the request's own effect.

    Raises
    ------
    ConflictError
        ``IDEMPOTENCY_KEY_IN_USE`` where the same request was finished elsewhere meanwhile.
    """
    session.add(
        IdempotencyRow(scope=scope, key=key, request_hash=request_hash, response=response, created_time=utc_now())
    )
    try:
        await session.flush()
    except IntegrityError as error:
        message = f"a request with key {key!r} was just finished; ask again"
        raise ConflictError("IDEMPOTENCY_KEY_IN_USE", message, metadata={"key": key}) from error
