"""Long work: stored before it begins, done in a bounded number at once, taken up again after a crash."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import structlog
from opentelemetry import trace
from sqlalchemy import event
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_core.audit.trail import AuditTrail
from malapert_core.background import end_tasks, wait_at_most
from malapert_core.db.database import Database
from malapert_core.errors import InternalError, MalapertError, OperationCancelledError, UnavailableError
from malapert_core.fairness.turns import Turns
from malapert_core.metric_names import OPERATIONS_ENDED, OPERATIONS_RUNNING
from malapert_core.operations.context import OperationContext, OperationHandler
from malapert_core.operations.limits import OperationLimits
from malapert_core.operations.store import Operation, OperationFilter, OperationState, OperationStore, Stage
from malapert_core.policy.identity import Identity, set_current_identity
from malapert_core.timestamps import utc_now

__all__ = ["Operation", "OperationContext", "OperationHandler", "OperationRunner", "OperationState", "Stage"]

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 3
_PERSIST_INTERVAL_S = 0.25
_POLL_INTERVAL_S = 2.0
_PRUNE_INTERVAL_S = 3600.0
_PRUNED_AT_ONCE = 200


class OperationRunner:
    """Does the operations of one database. One process at a time may run it on a database.

    Parameters
    ----------
    database : Database
    service_name : str
        Name under which operations are counted.
    concurrency : int
        How many operations are at work at once.
    cancel_grace_s : float
        How long a handler may take to notice a cancellation before its task is cancelled, seconds.
    limits : OperationLimits, optional
    tracer : opentelemetry.trace.Tracer, optional
    """

    def __init__(
        self,
        database: Database,
        *,
        service_name: str,
        concurrency: int = 2,
        cancel_grace_s: float = 5.0,
        limits: OperationLimits | None = None,
        tracer: trace.Tracer | None = None,
    ) -> None:
        self._database = database
        self._audit = AuditTrail(service_name)
        self._service_name = service_name
        self._concurrency = concurrency
        self._cancel_grace_s = cancel_grace_s
        self._limits = limits or OperationLimits()
        self._turns = Turns()
        self._pruned_s = float("-inf")
        self._tracer = tracer or trace.NoOpTracer()
        self._handlers: dict[str, OperationHandler] = {}
        self._contexts: dict[str, OperationContext] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._watchers: dict[str, set[asyncio.Event]] = {}
        self._wake = asyncio.Event()
        # Held where the stored state and what is at work here must not be seen apart.
        self._turn = asyncio.Lock()
        self._dispatcher: asyncio.Task[None] | None = None
        self._stopping = False

    def register(self, kind: str, handler: OperationHandler) -> None:
        """State who does the operations of a kind; before `start`."""
        self._handlers[kind] = handler

    async def submit(
        self, session: AsyncSession | None, kind: str, request: bytes, identity: Identity, mission_id: str = ""
    ) -> str:
        """Store an operation and return its identifier; it begins after the commit.

        Parameters
        ----------
        session : AsyncSession or None
            The caller's transaction, or None for one of its own.
        kind : str
            A registered kind.
        request : bytes
            What the handler needs, such as a serialised protobuf message.
        identity : Identity
            Who asks; the handler acts for it, and for no other mission than its key may, also after a restart.
        mission_id : str, optional
            The mission that the work is for.

        Raises
        ------
        ExhaustedError
            ``TOO_MUCH_QUEUED`` where the agency or the key has as much unended work as it may.
        """
        if kind not in self._handlers:
            raise ValueError(f"nobody does operations of kind {kind!r}")
        if session is None:
            async with self._database.transaction() as own:
                return await self.submit(own, kind, request, identity, mission_id)
        if not identity.is_service:
            self._limits.check(*await OperationStore(session).unended_counts(identity), identity)
        event.listen(session.sync_session, "after_commit", lambda _session: self._wake.set(), once=True)
        return OperationStore(session).add(kind, request, identity, mission_id)

    async def get(self, operation_id: str) -> Operation:
        """Return an operation as it stands now; raise NotFoundError where there is none."""
        context = self._contexts.get(operation_id)
        if context is not None:
            return context.operation
        async with self._database.reading() as session:
            return await OperationStore(session).get(operation_id)

    async def page(self, size: int, wanted: OperationFilter) -> list[Operation]:
        """Return operations, newest first, as `OperationStore.page` does."""
        async with self._database.reading() as session:
            rows = await OperationStore(session).page(size, wanted)
        return [
            self._contexts[row.operation_id].operation if row.operation_id in self._contexts else row for row in rows
        ]

    async def watch(self, operation_id: str) -> AsyncIterator[Operation]:
        """Yield an operation at once and at each change until it has ended.

        Raises
        ------
        UnavailableError
            ``SERVICE_STOPPING`` where the service stops before the operation ends.
        """
        changed = asyncio.Event()
        self._watchers.setdefault(operation_id, set()).add(changed)
        last: Operation | None = None
        try:
            while True:
                changed.clear()
                operation = await self.get(operation_id)
                if operation != last:
                    yield operation
                if operation.ended:
                    return
                if self._stopping:
                    raise UnavailableError("SERVICE_STOPPING", "the service stops; watch the operation again later")
                last = operation
                await wait_at_most(changed, _POLL_INTERVAL_S)
        finally:
            watchers = self._watchers[operation_id]
            watchers.discard(changed)
            if not watchers:
                del self._watchers[operation_id]

    async def cancel(self, operation_id: str) -> Operation:
        """Ask an operation to stop and return it; one that has ended is left as it is."""
        async with self._turn:
            async with self._database.transaction() as session:
                store = OperationStore(session)
                operation = await store.get(operation_id)
                if not operation.ended:
                    self._audit.record(
                        session,
                        "operation.cancelled",
                        entity_kind="operation",
                        entity_id=operation_id,
                        mission_id=operation.mission_id,
                        detail=operation.kind,
                    )
                if operation.state is OperationState.QUEUED:
                    await store.end_cancelled(operation)
                elif operation.state is OperationState.RUNNING:
                    await store.request_cancel(operation_id)
            context = self._contexts.get(operation_id)
            if context is not None and not context.cancelled.is_set():
                context.cancelled.set()
                asyncio.get_running_loop().call_later(self._cancel_grace_s, self._cancel_task, operation_id)
        self._notify(operation_id)
        return await self.get(operation_id)

    async def start(self) -> None:
        """Begin to work, first on what a killed process left."""
        self._dispatcher = asyncio.create_task(self._dispatch())

    async def stop(self) -> None:
        """Stop working: what is at work is queued for the next start."""
        self._stopping = True
        async with self._turn:
            if self._dispatcher is not None:
                self._dispatcher.cancel()
        dispatchers = [self._dispatcher] if self._dispatcher is not None else []
        await end_tasks([*dispatchers, *self._tasks.values()])
        for operation_id in list(self._watchers):
            self._notify(operation_id)

    async def _dispatch(self) -> None:
        while True:
            self._wake.clear()
            try:
                async with self._turn:
                    await self._take_up_lost()
                    await self._begin_queued()
                await self._prune()
            except Exception as error:
                log.warning("operations could not be begun yet", error=repr(error))
            await wait_at_most(self._wake, _POLL_INTERVAL_S)

    async def _take_up_lost(self) -> None:
        # Running by its row but not here: the process that ran it was killed, or its end could not be written.
        async with self._database.reading() as session:
            running = await OperationStore(session).in_state(OperationState.RUNNING, 1000, list(self._handlers))
        lost = [operation for operation in running if operation.operation_id not in self._contexts]
        if not lost:
            return
        async with self._database.transaction() as session:
            for operation in lost:
                await _take_up(OperationStore(session), operation)
        for operation in lost:
            self._notify(operation.operation_id)

    async def _begin_queued(self) -> None:
        free = self._concurrency - len(self._tasks)
        if free <= 0:
            return
        for operation in await self._next(free):
            async with self._database.transaction() as session:
                if not await OperationStore(session).claim(operation):
                    continue
            running = replace(operation, state=OperationState.RUNNING, attempt=operation.attempt + 1)
            context = OperationContext(self._database, running, self._notify)
            self._contexts[operation.operation_id] = context
            task = asyncio.create_task(self._run(context))
            self._tasks[operation.operation_id] = task
            self._notify(operation.operation_id)

    async def _next(self, free: int) -> list[Operation]:
        """Return at most so many queued operations, of the agencies in turn, none of an agency beyond its share."""
        kinds, waiting = list(self._handlers), dict[str, list[Operation]]()
        async with self._database.reading() as session:
            store = OperationStore(session)
            for agency_id in await store.waiting_owners(kinds):
                waiting[agency_id] = await store.oldest_queued(agency_id, free, kinds)
        running = Counter(context.operation.owner.agency_id for context in self._contexts.values())
        most, chosen = self._limits.most_running(self._concurrency), list[Operation]()
        while len(chosen) < free:
            ranks = {agency_id: 0 for agency_id, queue in waiting.items() if queue and running[agency_id] < most}
            order = self._turns.in_order(ranks, running)
            if not order:
                break
            self._turns.served(order[0], ranks, running)
            running[order[0]] += 1
            chosen.append(waiting[order[0]].pop(0))
        return chosen

    async def _prune(self) -> None:
        """Delete operations that ended long ago, a bounded number at a time."""
        if time.monotonic() - self._pruned_s < _PRUNE_INTERVAL_S:
            return
        before = utc_now() - timedelta(days=self._limits.kept_days)
        async with self._database.transaction() as session:
            count = await OperationStore(session).prune(before, _PRUNED_AT_ONCE)
        if count < _PRUNED_AT_ONCE:
            self._pruned_s = time.monotonic()

    async def _run(self, context: OperationContext) -> None:
        set_current_identity(context.identity)
        OPERATIONS_RUNNING.labels(self._service_name).inc()
        persisting = asyncio.create_task(self._persist_progress(context))
        try:
            with self._tracer.start_as_current_span(f"operation {context.operation.kind}"):
                await self._do(context)
        except Exception:
            log.exception("operation could not be ended", operation_id=context.operation_id)
        finally:
            # Not cancelled: that could leave its transaction open for a while.
            context.closed.set()
            context.changed.set()
            await asyncio.gather(persisting, return_exceptions=True)
            OPERATIONS_RUNNING.labels(self._service_name).dec()
            del self._contexts[context.operation_id]
            del self._tasks[context.operation_id]
            self._notify(context.operation_id)
            self._wake.set()

    async def _do(self, context: OperationContext) -> None:
        log.info("operation began", operation_id=context.operation_id, kind=context.operation.kind)
        try:
            result_id = await self._handlers[context.operation.kind](context)
            if not context.operation.ended:
                async with context.finish(result_id or ""):
                    pass
        except asyncio.CancelledError:
            if not context.operation.ended:
                await asyncio.shield(self._interrupted(context))
            if not context.cancelled.is_set():
                raise
        except OperationCancelledError:
            await self._ended_cancelled(context)
        except Exception as error:
            await self._failed(context, error)
        OPERATIONS_ENDED.labels(self._service_name, context.operation.kind, context.operation.state).inc()
        log.info("operation ended", operation_id=context.operation_id, state=context.operation.state)

    async def _interrupted(self, context: OperationContext) -> None:
        if context.cancelled.is_set():
            await self._ended_cancelled(context)
            return
        # An orderly stop is no crash: the attempt is not counted.
        async with self._database.transaction() as session:
            await OperationStore(session).give_back(context.operation, context.operation.attempt - 1)

    async def _ended_cancelled(self, context: OperationContext) -> None:
        async with self._database.transaction() as session:
            await OperationStore(session).end_cancelled(context.operation)
        context.operation = replace(context.operation, state=OperationState.CANCELLED)

    async def _failed(self, context: OperationContext, cause: Exception) -> None:
        if not isinstance(cause, MalapertError) or context.operation.ended:
            log.error("operation failed unexpectedly", operation_id=context.operation_id, exc_info=cause)
        if context.operation.ended:
            return
        unexpected = InternalError("INTERNAL", "something went wrong in the service")
        error = cause if isinstance(cause, MalapertError) else unexpected
        async with self._database.transaction() as session:
            await OperationStore(session).fail(context.operation, error)
        context.operation = replace(
            context.operation,
            state=OperationState.FAILED,
            error_reason=error.reason,
            error_message=error.message,
            faults=error.faults,
        )

    async def _persist_progress(self, context: OperationContext) -> None:
        while True:
            await context.changed.wait()
            context.changed.clear()
            if context.closed.is_set():
                return
            try:
                async with self._database.transaction() as session:
                    await OperationStore(session).save_stages(context.operation)
            except Exception as error:
                log.warning("progress could not be stored", operation_id=context.operation_id, error=repr(error))
            await wait_at_most(context.closed, _PERSIST_INTERVAL_S)

    def _cancel_task(self, operation_id: str) -> None:
        task = self._tasks.get(operation_id)
        if task is not None:
            task.cancel()

    def _notify(self, operation_id: str) -> None:
        for changed in self._watchers.get(operation_id, ()):
            changed.set()


async def _take_up(store: OperationStore, operation: Operation) -> None:
    if operation.cancel_requested:
        await store.end_cancelled(operation)
    elif operation.attempt >= MAX_ATTEMPTS:
        message = f"the service died {operation.attempt} times during this work"
        await store.fail(operation, InternalError("INTERRUPTED", message))
    else:
        await store.give_back(operation, operation.attempt)
