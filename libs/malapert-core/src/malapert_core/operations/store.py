"""Store of operations: the row decides, whichever process ends."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_core.db.database import database_time
from malapert_core.db.tables import OperationRow
from malapert_core.errors import Fault, MalapertError, NotFoundError, PreconditionError
from malapert_core.operations.course import SolveMoment
from malapert_core.policy.identity import Identity, Role
from malapert_core.telemetry import inject_trace
from malapert_core.timestamps import utc_now
from malapert_core.vocabulary.identifiers import new_identifier

CALL_KEY_LIFETIME = timedelta(hours=24)
"""How long a call is known again by its key, as gateways keep answers where nothing else is set."""


class OperationLostError(PreconditionError):
    """Another process has the operation in hand: this one's lease ran out."""


class OperationState(StrEnum):
    """State of an operation."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of an operation: how much of it is done (0 to 1), what is being done, how long it took, seconds.

    ``course`` is what a solve found over time.
    """

    name: str
    title: str
    fraction: float = 0.0
    detail: str = ""
    elapsed_s: float = 0.0
    course: tuple[SolveMoment, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """Long work and how far it is.

    ``owner`` is the principal who asked for it, with the missions of its key; ``mission_id`` is the mission that the
    work is for, empty where it is for none. ``lease_owner`` is the process that has it in hand.
    """

    operation_id: str
    kind: str
    state: OperationState
    owner: Identity
    mission_id: str
    request: bytes
    stages: tuple[Stage, ...]
    result_id: str
    error_reason: str
    error_message: str
    faults: tuple[Fault, ...]
    attempt: int
    cancel_requested: bool
    created_time: datetime
    updated_time: datetime
    lease_owner: str = ""
    traceparent: str = ""

    @property
    def ended(self) -> bool:
        """True once nothing will change any more."""
        return self.state not in (OperationState.QUEUED, OperationState.RUNNING)

    def with_stages(self, stages: tuple[Stage, ...]) -> "Operation":
        """Return the operation with further progress."""
        return replace(self, stages=stages, updated_time=utc_now())


def _owner(row: OperationRow) -> Identity:
    return Identity(
        agency_id=row.owner_agency_id,
        role=Role(row.owner_role),
        key_id=row.owner_key_id,
        principal_id=row.owner_principal_id,
        mission_ids=frozenset(row.owner_mission_ids),
        via_service=row.owner_via_service,
    )


def _stage(stored: dict[str, Any]) -> Stage:
    # Stages that were stored before solves had a course have none.
    return Stage(**{**stored, "course": tuple(SolveMoment(**moment) for moment in stored.get("course", ()))})


def _of_row(row: OperationRow) -> Operation:
    return Operation(
        operation_id=row.operation_id,
        kind=row.kind,
        state=OperationState(row.state),
        owner=_owner(row),
        mission_id=row.mission_id,
        request=row.request,
        stages=tuple(_stage(stage) for stage in row.stages),
        result_id=row.result_id,
        error_reason=row.error_reason,
        error_message=row.error_message,
        faults=tuple(Fault(**fault) for fault in row.faults),
        attempt=row.attempt,
        cancel_requested=row.cancel_requested,
        created_time=row.created_time,
        updated_time=row.updated_time,
        lease_owner=row.lease_owner,
        traceparent=row.traceparent,
    )


@dataclass(frozen=True, slots=True)
class OperationFilter:
    """Filter of operations, older than one of them; None and what is empty mean all.

    ``within`` are the missions whose operations are wanted, beside those that are for none.
    """

    before_id: str = ""
    agency_id: str | None = None
    within: frozenset[str] = frozenset()
    states: frozenset[OperationState] = frozenset()
    kinds: frozenset[str] = frozenset()


class OperationStore:
    """Operations in a session's database."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, kind: str, request: bytes, owner: Identity, mission_id: str = "", call_key: str = "") -> str:
        """Store a queued operation and return its identifier; of an agency's calls with one key only one begins one.

        It keeps the trace of the present call, in which it is done by whatever process and whenever.
        """
        now, trace_headers = utc_now(), dict[str, str]()
        inject_trace(trace_headers)
        row = OperationRow(
            operation_id=new_identifier(),
            kind=kind,
            state=OperationState.QUEUED,
            owner_agency_id=owner.agency_id,
            owner_role=owner.role,
            owner_key_id=owner.key_id,
            owner_principal_id=owner.principal_id,
            owner_mission_ids=sorted(owner.mission_ids),
            owner_via_service=owner.via_service,
            mission_id=mission_id,
            request=request,
            call_key=call_key,
            traceparent=trace_headers.get("traceparent", ""),
            created_time=now,
            updated_time=now,
        )
        self._session.add(row)
        return row.operation_id

    async def begun_by(self, agency_id: str, call_key: str) -> str | None:
        """Return the operation that an agency's call began within `CALL_KEY_LIFETIME`, or None; free an older key."""
        query = select(OperationRow).where(
            col(OperationRow.owner_agency_id) == agency_id, col(OperationRow.call_key) == call_key
        )
        row = (await self._session.exec(query)).first()
        if row is None:
            return None
        if row.created_time + CALL_KEY_LIFETIME > utc_now():
            return row.operation_id
        row.call_key = ""
        self._session.add(row)
        await self._session.flush()
        return None

    async def get(self, operation_id: str) -> Operation:
        """Return an operation; raise NotFoundError where there is none."""
        row = await self._session.get(OperationRow, operation_id)
        if row is None:
            raise NotFoundError("operation", operation_id)
        return _of_row(row)

    async def page(self, size: int, wanted: OperationFilter) -> list[Operation]:
        """Return at most so many of the wanted operations, newest first."""
        query = select(OperationRow).order_by(col(OperationRow.operation_id).desc()).limit(size)
        if wanted.before_id:
            query = query.where(col(OperationRow.operation_id) < wanted.before_id)
        if wanted.agency_id is not None:
            query = query.where(col(OperationRow.owner_agency_id) == wanted.agency_id)
        if wanted.within:
            query = query.where(col(OperationRow.mission_id).in_({"", *wanted.within}))
        if wanted.states:
            query = query.where(col(OperationRow.state).in_(wanted.states))
        if wanted.kinds:
            query = query.where(col(OperationRow.kind).in_(wanted.kinds))
        return [_of_row(row) for row in (await self._session.exec(query)).all()]

    async def left(self, limit: int, kinds: Sequence[str]) -> list[Operation]:
        """Return the oldest operations of these kinds at work whose lease has run out: their process died."""
        expire_time = col(OperationRow.lease_expire_time)
        now = await database_time(self._session)
        query = select(OperationRow).where(
            col(OperationRow.state) == OperationState.RUNNING,
            col(OperationRow.kind).in_(kinds),
            or_(expire_time.is_(None), expire_time < now),
        )
        query = query.order_by(col(OperationRow.operation_id)).limit(limit)
        return [_of_row(row) for row in (await self._session.exec(query)).all()]

    async def renew(self, holder: str, operation_ids: Sequence[str], lifetime: timedelta) -> dict[str, bool]:
        """Hold on to running operations; return those that are still held, and whether each is asked to stop."""
        held = (
            col(OperationRow.operation_id).in_(operation_ids),
            col(OperationRow.state) == OperationState.RUNNING,
            col(OperationRow.lease_owner) == holder,
        )
        expire_time = await database_time(self._session) + lifetime
        await self._session.exec(update(OperationRow).where(*held).values(lease_expire_time=expire_time))
        rows = await self._session.exec(select(OperationRow.operation_id, OperationRow.cancel_requested).where(*held))
        return dict(rows.all())

    async def waiting_owners(self, kinds: Sequence[str]) -> list[str]:
        """Return the agencies that have operations of these kinds in the queue."""
        query = select(OperationRow.owner_agency_id).distinct()
        query = query.where(col(OperationRow.state) == OperationState.QUEUED, col(OperationRow.kind).in_(kinds))
        return list((await self._session.exec(query)).all())

    async def oldest_queued(self, agency_id: str, limit: int, kinds: Sequence[str]) -> list[Operation]:
        """Return the oldest operations of an agency that are in the queue."""
        query = select(OperationRow).where(
            col(OperationRow.state) == OperationState.QUEUED,
            col(OperationRow.kind).in_(kinds),
            col(OperationRow.owner_agency_id) == agency_id,
        )
        rows = await self._session.exec(query.order_by(col(OperationRow.operation_id)).limit(limit))
        return [_of_row(row) for row in rows.all()]

    async def unended_counts(self, owner: Identity) -> tuple[int, int]:
        """Return how many operations of an agency, and of one of its keys, are queued or at work."""
        query = select(OperationRow.owner_key_id).where(
            col(OperationRow.state).in_([OperationState.QUEUED, OperationState.RUNNING]),
            col(OperationRow.owner_agency_id) == owner.agency_id,
        )
        keys = list((await self._session.exec(query)).all())
        return len(keys), keys.count(owner.key_id)

    async def claim(self, operation: Operation, holder: str, lifetime: timedelta) -> Operation | None:
        """Begin a queued operation and return it as held; None where another process or a cancellation was faster."""
        expire_time = await database_time(self._session) + lifetime
        running = replace(operation, state=OperationState.RUNNING, attempt=operation.attempt + 1, lease_owner=holder)
        begun = await self._change(
            operation.operation_id,
            OperationState.QUEUED,
            None,
            state=OperationState.RUNNING,
            attempt=running.attempt,
            lease_owner=holder,
            lease_expire_time=expire_time,
        )
        return running if begun else None

    async def save_stages(self, operation: Operation) -> bool:
        """Store the progress of a running attempt."""
        stages = [asdict(stage) for stage in operation.stages]
        return await self._change(operation.operation_id, OperationState.RUNNING, operation, stages=stages)

    async def succeed(self, operation: Operation, result_id: str) -> None:
        """End a running attempt with its result.

        Raises
        ------
        OperationLostError
            Where this attempt is not the one at work any more.
        """
        stages = [asdict(stage) for stage in operation.stages]
        if not await self._change(
            operation.operation_id,
            OperationState.RUNNING,
            operation,
            state=OperationState.SUCCEEDED,
            result_id=result_id,
            stages=stages,
        ):
            message = "this attempt of the operation is not the one at work any more"
            raise OperationLostError("OPERATION_LOST", message)

    async def fail(self, operation: Operation, error: MalapertError) -> bool:
        """End a running attempt with an error."""
        return await self._change(
            operation.operation_id,
            OperationState.RUNNING,
            operation,
            state=OperationState.FAILED,
            error_reason=error.reason,
            error_message=error.message,
            faults=[asdict(fault) for fault in error.faults],
            stages=[asdict(stage) for stage in operation.stages],
        )

    async def end_cancelled(self, operation: Operation) -> bool:
        """End an operation, queued or running, because somebody asked for it."""
        return await self._change(operation.operation_id, operation.state, operation, state=OperationState.CANCELLED)

    async def give_back(self, operation: Operation, attempt: int) -> bool:
        """Queue a running attempt again, counted as so many attempts."""
        return await self._change(
            operation.operation_id,
            OperationState.RUNNING,
            operation,
            state=OperationState.QUEUED,
            attempt=attempt,
            lease_owner="",
            lease_expire_time=None,
            stages=[],
        )

    async def request_cancel(self, operation_id: str) -> None:
        """Note that a running operation should stop."""
        await self._change(operation_id, OperationState.RUNNING, None, cancel_requested=True)

    async def _change(
        self, operation_id: str, from_state: OperationState, held: Operation | None, **values: object
    ) -> bool:
        """Change an operation in a state, where it is given as this attempt in these hands: others write nothing."""
        change = update(OperationRow).where(
            col(OperationRow.operation_id) == operation_id, col(OperationRow.state) == from_state
        )
        if held is not None:
            change = change.where(
                col(OperationRow.attempt) == held.attempt, col(OperationRow.lease_owner) == held.lease_owner
            )
        result = await self._session.exec(change.values(updated_time=utc_now(), **values))
        return result.rowcount == 1
