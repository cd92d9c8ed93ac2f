"""Answers kept by key, so that a request that is sent twice is done once."""

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_core.errors import ConflictError
from malapert_core.tables import IdempotencyRow
from malapert_core.timestamps import utc_now


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
    if row.request_hash != request_hash:
        raise ConflictError(
            "IDEMPOTENCY_KEY_REUSED", f"key {key!r} was used for another request", metadata={"key": key}
        )
    return row.response


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
