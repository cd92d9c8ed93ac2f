"""Answers kept by idempotency key, so that a call that comes twice is done once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from malapert_core.background import background
from malapert_core.db.database import Database
from malapert_core.errors import ConflictError, DatabaseAwayError
from malapert_core.timestamps import utc_now
from malapert_core.vocabulary.identifiers import new_identifier
from sqlalchemy import ColumnElement, delete, func, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_gateway.domain.answer import Answer, Call
from malapert_gateway.storage.tables import AnswerRow

log = structlog.get_logger(__name__)

_RENEWALS = 4


class AnswerStore:
    """Claims and answers in the gateway's database.

    Parameters
    ----------
    database
        The gateway's database.
    claim_lifetime
        After this time without a renewal a claim is taken for lost, as after a crash.
    answer_lifetime
        How long an answer is kept.
    most_of_agency, most_bytes_of_agency
        How many answers of an agency, and bytes of them, are kept: the newest.
    """

    def __init__(
        self,
        database: Database,
        *,
        claim_lifetime: timedelta,
        answer_lifetime: timedelta,
        most_of_agency: int = 10_000,
        most_bytes_of_agency: int = 64 * 1024 * 1024,
    ) -> None:
        self._most_of_agency = most_of_agency
        self._most_bytes_of_agency = most_bytes_of_agency
        self._database = database
        self._claim_lifetime = claim_lifetime
        self._answer_lifetime = answer_lifetime

    async def find(self, call: Call) -> Answer | None:
        """Return the answer given before, where there is one.

        Raises
        ------
        ConflictError
            As for a claim.
        """
        async with self._database.reading() as session:
            row = await session.get(AnswerRow, (call.agency_id, call.idempotency_key))
        return None if row is None or row.expire_time <= utc_now() else _kept_answer(row, call)

    async def claim(self, call: Call) -> Answer | str:
        """Return the answer given before, or else the identifier of a claim under which the call may now run.

        Raises
        ------
        ConflictError
            ``IDEMPOTENCY_KEY_REUSED`` where the key came with another call, ``IDEMPOTENCY_KEY_IN_USE`` where the same
            call is running now.
        """
        now = utc_now()
        claim_id = new_identifier()
        try:
            async with self._database.transaction() as session:
                await session.exec(delete(AnswerRow).where(col(AnswerRow.expire_time) <= now))
                row = await session.get(AnswerRow, (call.agency_id, call.idempotency_key))
                if row is not None:
                    return _kept_answer(row, call)
                session.add(
                    AnswerRow(
                        agency_id=call.agency_id,
                        idempotency_key=call.idempotency_key,
                        claim_id=claim_id,
                        request_hash=call.request_hash,
                        headers={},
                        body=b"",
                        expire_time=now + self._claim_lifetime,
                    )
                )
        except IntegrityError:
            raise _in_use(call) from None
        return claim_id

    @asynccontextmanager
    async def held(self, claim_id: str, call: Call) -> AsyncIterator[None]:
        """Hold on to a claim for the length of a block, however long that lasts."""
        async with background(self._renew(claim_id, call)):
            yield

    async def _renew(self, claim_id: str, call: Call) -> None:
        while True:
            await asyncio.sleep(self._claim_lifetime / _RENEWALS / timedelta(seconds=1))
            renewal = update(AnswerRow).where(*_claimed(claim_id, call), col(AnswerRow.status).is_(None))
            try:
                async with self._database.transaction() as session:
                    await session.exec(renewal.values(expire_time=utc_now() + self._claim_lifetime))
            except (SQLAlchemyError, DatabaseAwayError) as error:
                log.warning("claim could not be renewed yet", error=repr(error))

    async def keep(self, claim_id: str, call: Call, answer: Answer) -> None:
        """Keep the answer of a claimed call."""
        async with self._database.transaction() as session:
            await session.exec(
                update(AnswerRow)
                .where(*_claimed(claim_id, call))
                .values(
                    status=answer.status,
                    headers=answer.headers,
                    body=answer.body,
                    expire_time=utc_now() + self._answer_lifetime,
                )
            )
            await self._prune(session, call.agency_id)

    async def _prune(self, session: AsyncSession, agency_id: str) -> None:
        """Drop an agency's oldest answers beyond what is kept of it."""
        own = (col(AnswerRow.agency_id) == agency_id, col(AnswerRow.status).is_not(None))
        size = func.length(AnswerRow.body)
        count, total = (await session.exec(select(func.count(), func.coalesce(func.sum(size), 0)).where(*own))).one()
        if count <= self._most_of_agency and total <= self._most_bytes_of_agency:
            return
        rows = select(AnswerRow.idempotency_key, size).where(*own).order_by(col(AnswerRow.expire_time))
        dropped: list[str] = []
        for key, length in (await session.exec(rows)).all():
            # To nine tenths, so that not every further answer has to make room.
            if count <= 0.9 * self._most_of_agency and total <= 0.9 * self._most_bytes_of_agency:
                break
            dropped.append(key)
            count, total = count - 1, total - length
        await session.exec(delete(AnswerRow).where(*own, col(AnswerRow.idempotency_key).in_(dropped)))

    async def give_up(self, claim_id: str, call: Call) -> None:
        """Drop a claim whose call was refused, so that it may come again."""
        async with self._database.transaction() as session:
            await session.exec(delete(AnswerRow).where(*_claimed(claim_id, call)))


def _claimed(claim_id: str, call: Call) -> tuple[ColumnElement[bool], ...]:
    return (
        col(AnswerRow.agency_id) == call.agency_id,
        col(AnswerRow.idempotency_key) == call.idempotency_key,
        col(AnswerRow.claim_id) == claim_id,
    )


def _kept_answer(row: AnswerRow, call: Call) -> Answer:
    if row.request_hash != call.request_hash:
        message = f"idempotency key {call.idempotency_key!r} was used for another call"
        raise ConflictError("IDEMPOTENCY_KEY_REUSED", message, metadata={"key": call.idempotency_key})
    if row.status is None:
        raise _in_use(call)
    return Answer(row.status, row.headers, row.body)


def _in_use(call: Call) -> ConflictError:
    message = f"the call with idempotency key {call.idempotency_key!r} is running now; ask again"
    return ConflictError("IDEMPOTENCY_KEY_IN_USE", message, metadata={"key": call.idempotency_key})
