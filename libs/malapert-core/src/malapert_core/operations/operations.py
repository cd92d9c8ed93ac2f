"""Long work: stored before it begins, done in a bounded number at once, taken up again after a crash."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import structlog
from opentelemetry import trace
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_core.attempts import MAX_ATTEMPTS
from malapert_core.audit.trail import AuditTrail
from malapert_core.background import end_tasks, wait_at_most
from malapert_core.db.database import Database
from malapert_core.errors import ConflictError, InternalError, UnavailableError
from malapert_core.fairness.limit_use import LimitUse
from malapert_core.fairness.turns import Turns
from malapert_core.operations.attempt import Attempt
from malapert_core.operations.context import OperationContext, OperationHandler
from malapert_core.operations.limits import OperationLimits
from malapert_core.operations.store import Operation, OperationFilter, OperationState, OperationStore, Stage
from malapert_core.policy.identity import Identity
from malapert_core.rpc.call_key import current_call_key
from malapert_core.vocabulary.identifiers import new_identifier

__all__ = ["Operation", "OperationContext", "OperationHandler", "OperationRunner", "OperationState", "Stage"]

log = structlog.get_logger(__name__)

LEASE_S = 12.0
PATIENCE_S = 180.0
_RENEWALS = 4
_POLL_INTERVAL_S = 2.0


class OperationRunner:
    """Does the operations of one database, of which any number of processes may run one each.

    An operation is held by one process under a lease, which it renews; only when that has run out does another take the
    work up, and from then on the first can write nothing of it.

    Parameters
    ----------
    database : Database
    service_name : str
        Name under which operations are counted.
    concurrency : int
        How many operations are at work at once.
    cancel_grace_s : float
        How long a handler may take to notice a cancellation before its task is cancelled, seconds.
    lease_s : float
        How long an operation is held by a process that does not say any more that it is at work on it, seconds.
    patience_s : float
        How long work waits for a neighbour that is away, seconds.
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
        lease_s: float = LEASE_S,
        patience_s: float = PATIENCE_S,
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
        self._tracer = tracer or trace.NoOpTracer()
        self._handlers: dict[str, OperationHandler] = {}
        self._contexts: dict[str, OperationContext] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._watchers: dict[str, set[asyncio.Event]] = {}
        self._wake = asyncio.Event()
        # Held where the stored state and what is at work here must not be seen apart.
        self._turn = asyncio.Lock()
        self._dispatcher: asyncio.Task[None] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._holder = new_identifier()
        self._lease = timedelta(seconds=lease_s)
        self._patience_s = patience_s
        self._unended: dict[str, OperationContext] = {}
        self._stopping = False

    def register(self, kind: str, handler: OperationHandler) -> None:
        """State who does the operations of a kind; before `start`."""
        self._handlers[kind] = handler

    async def submit(
        self, session: AsyncSession | None, kind: str, request: bytes, identity: Identity, mission_id: str = ""
    ) -> str:
        """Store an operation and return its identifier; it begins after the commit.

        A call that comes again under its key is given the operation that it began before.

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
        call_key = current_call_key()
        if call_key and (begun := await OperationStore(session).begun_by(identity.agency_id, call_key)):
            return begun
        if not identity.is_service:
            self._limits.check(*await OperationStore(session).unended_counts(identity), identity)
        event.listen(session.sync_session, "after_commit", lambda _session: self._wake.set(), once=True)
        operation_id = OperationStore(session).add(kind, request, identity, mission_id, call_key)
        if call_key:
            await _begin_once(session, call_key)
        return operation_id

    async def limit_uses(self, identity: Identity) -> list[LimitUse]:
        """Return how much unended work an agency and its key may have, and have."""
        async with self._database.reading() as session:
            of_agency, of_key = await OperationStore(session).unended_counts(identity)
        return self._limits.uses(of_agency, of_key)

    async def get(self, operation_id: str) -> Operation:
        """Return an operation as it stands now; raise NotFoundError where there is none."""
        context = self._contexts.get(operation_id)
        if context is not None and not context.lost:
            return context.operation
        async with self._database.reading() as session:
            return await OperationStore(session).get(operation_id)

    async def page(self, size: int, wanted: OperationFilter) -> list[Operation]:
        """Return operations, newest first, as `OperationStore.page` does."""
        async with self._database.reading() as session:
            rows = await OperationStore(session).page(size, wanted)
        held = {name: context.operation for name, context in self._contexts.items() if not context.lost}
        return [held.get(row.operation_id, row) for row in rows]

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
        """Ask an operation to stop and return it; one that has ended is left as it is.

        One that another process has in hand stops with that process's next look at it.
        """
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
                queued = operation.state is OperationState.QUEUED
                if not (queued and await store.end_cancelled(operation)):
                    await store.request_cancel(operation_id)
            if operation_id in self._contexts:
                self._ask_to_stop(self._contexts[operation_id])
        self._notify(operation_id)
        return await self.get(operation_id)

    async def start(self) -> None:
        """Begin to work, first on what a killed process left."""
        self._dispatcher = asyncio.create_task(self._dispatch())
        self._keeper = asyncio.create_task(self._keep_leases())

    async def stop(self) -> None:
        """Stop working: what is at work is queued for the next start."""
        self._stopping = True
        async with self._turn:
            if self._dispatcher is not None:
                self._dispatcher.cancel()
        own = [task for task in (self._dispatcher, self._keeper) if task is not None]
        await end_tasks([*own, *self._tasks.values()])
        for operation_id in list(self._watchers):
            self._notify(operation_id)

    async def _dispatch(self) -> None:
        while True:
            self._wake.clear()
            try:
                async with self._turn:
                    await self._give_back_unended()
                    await self._take_up_left()
                    await self._begin_queued()
            except Exception as error:
                log.warning("operations could not be begun yet", error=repr(error))
            await wait_at_most(self._wake, _POLL_INTERVAL_S)

    async def _give_back_unended(self) -> None:
        """Queue what was broken off while the database was away: nobody died, so that no attempt is counted."""
        for operation_id, context in list(self._unended.items()):
            operation = context.operation
            async with self._database.transaction() as session:
                store = OperationStore(session)
                running = replace(operation, state=OperationState.RUNNING)
                if context.cancelled.is_set():
                    await store.end_cancelled(running)
                else:
                    await store.give_back(running, operation.attempt - 1)
            self._unended.pop(operation_id, None)
            self._notify(operation_id)

    async def _take_up_left(self) -> None:
        async with self._database.reading() as session:
            found = await OperationStore(session).left(1000, list(self._handlers))
        left = [operation for operation in found if operation.operation_id not in self._contexts]
        if not left:
            return
        async with self._database.transaction() as session:
            for operation in left:
                await _take_up(OperationStore(session), operation)
        for operation in left:
            self._notify(operation.operation_id)

    async def _begin_queued(self) -> None:
        free = self._concurrency - len(self._tasks)
        if free <= 0:
            return
        for operation in await self._next(free):
            async with self._database.transaction() as session:
                running = await OperationStore(session).claim(operation, self._holder, self._lease)
            if running is None:
                continue
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
                queued = await store.oldest_queued(agency_id, free + len(self._contexts), kinds)
                # What was taken from this process is begun anew here only when its old run is over.
                waiting[agency_id] = [each for each in queued if each.operation_id not in self._contexts]
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

    async def _run(self, context: OperationContext) -> None:
        operation_id = context.operation_id
        attempt = Attempt(
            self._database,
            context,
            self._handlers[context.operation.kind],
            service_name=self._service_name,
            patience_s=self._patience_s,
            tracer=self._tracer,
        )
        try:
            await attempt.run()
        finally:
            if attempt.is_unended and not context.lost:
                self._unended[operation_id] = context
            del self._contexts[operation_id]
            del self._tasks[operation_id]
            self._notify(operation_id)
            self._wake.set()

    async def _keep_leases(self) -> None:
        """Hold on to what is at work, let go of what another process took, and hear who asked for a stop elsewhere."""
        while True:
            await asyncio.sleep(self._lease / _RENEWALS / timedelta(seconds=1))
            try:
                await self._keep(dict(self._contexts))
            except Exception as error:
                log.warning("operations could not be held on to yet", error=repr(error))

    async def _keep(self, held: dict[str, OperationContext]) -> None:
        if not held:
            return
        async with self._database.transaction() as session:
            kept = await OperationStore(session).renew(self._holder, list(held), self._lease)
        for operation_id, context in held.items():
            if kept.get(operation_id):
                self._ask_to_stop(context)
            elif operation_id not in kept and not context.operation.ended:
                await self._let_go(context)

    async def _let_go(self, context: OperationContext) -> None:
        async with self._database.reading() as session:
            stored = await OperationStore(session).get(context.operation_id)
        # It may just have ended here.
        if not stored.ended:
            context.lost = True
            self._cancel_task(context.operation_id)

    def _ask_to_stop(self, context: OperationContext) -> None:
        if not context.cancelled.is_set():
            context.cancelled.set()
            loop = asyncio.get_running_loop()
            loop.call_later(self._cancel_grace_s, self._cancel_task, context.operation_id)

    def _cancel_task(self, operation_id: str) -> None:
        task = self._tasks.get(operation_id)
        if task is not None:
            task.cancel()

    def _notify(self, operation_id: str) -> None:
        for changed in self._watchers.get(operation_id, ()):
            changed.set()


async def _begin_once(session: AsyncSession, call_key: str) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        message = "the same call has just begun its work; ask again"
        raise ConflictError("IDEMPOTENCY_KEY_IN_USE", message, metadata={"key": call_key}) from error


async def _take_up(store: OperationStore, operation: Operation) -> None:
    if operation.cancel_requested:
        await store.end_cancelled(operation)
    elif operation.attempt >= MAX_ATTEMPTS:
        message = f"the service died or stood still {operation.attempt} times during this work"
        await store.fail(operation, InternalError("INTERRUPTED", message))
    else:
        await store.give_back(operation, operation.attempt)
