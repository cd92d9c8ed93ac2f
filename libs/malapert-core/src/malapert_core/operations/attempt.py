"""One attempt at an operation: it is done, its progress is stored, and so is how it ends."""

import asyncio
from dataclasses import replace

import structlog
from opentelemetry import trace

from malapert_core.background import wait_at_most
from malapert_core.db.database import Database
from malapert_core.errors import DatabaseAwayError, InternalError, MalapertError, OperationCancelledError
from malapert_core.metric_names import OPERATIONS_ENDED, OPERATIONS_RUNNING
from malapert_core.operations.context import OperationContext, OperationHandler
from malapert_core.operations.store import OperationLostError, OperationState, OperationStore
from malapert_core.policy.identity import set_current_identity
from malapert_core.rpc.call_key import set_call_key
from malapert_core.rpc.patience import Patience, set_patience
from malapert_core.telemetry import extract_trace

log = structlog.get_logger(__name__)

_PERSIST_INTERVAL_S = 0.25


class Attempt:
    """An attempt at an operation.

    Parameters
    ----------
    database : Database
    context : OperationContext
        The operation as this process holds it.
    handler : OperationHandler
        Does the work.
    service_name : str
        Name under which operations are counted.
    patience_s : float
        How long a neighbour may be away, seconds.
    tracer : opentelemetry.trace.Tracer

    Attributes
    ----------
    is_unended : bool
        True where the work was broken off, or its end could not be stored, for the database was away.
    """

    def __init__(
        self,
        database: Database,
        context: OperationContext,
        handler: OperationHandler,
        *,
        service_name: str,
        patience_s: float,
        tracer: trace.Tracer,
    ) -> None:
        self.context = context
        self.is_unended = False
        self._database = database
        self._handler = handler
        self._service_name = service_name
        self._patience_s = patience_s
        self._tracer = tracer

    async def run(self) -> None:
        """Do the work and store how it ends."""
        context = self.context
        set_current_identity(context.identity)
        set_call_key("")
        set_patience(Patience(self._patience_s, context.waits, context.cancelled))
        OPERATIONS_RUNNING.labels(self._service_name).inc()
        persisting = asyncio.create_task(self._persist_progress())
        try:
            # In the trace of the call that began it: what runs here was started by another task, or process.
            traceparent = context.operation.traceparent
            call = extract_trace({"traceparent": traceparent} if traceparent else {})
            with self._tracer.start_as_current_span(f"operation {context.operation.kind}", context=call):
                await self._do()
        except Exception as error:
            self.is_unended = True
            log.warning("operation could not be ended", operation_id=context.operation_id, error=repr(error))
        finally:
            # Not cancelled: that could leave its transaction open for a while.
            context.closed.set()
            context.changed.set()
            await asyncio.gather(persisting, return_exceptions=True)
            OPERATIONS_RUNNING.labels(self._service_name).dec()

    async def _do(self) -> None:
        context = self.context
        log.info("operation began", operation_id=context.operation_id, kind=context.operation.kind)
        try:
            result_id = await self._handler(context)
            if not context.operation.ended:
                async with context.finish(result_id or ""):
                    pass
        except asyncio.CancelledError:
            if not context.operation.ended and not context.lost:
                await asyncio.shield(self._interrupted())
            if not context.cancelled.is_set() and not context.lost:
                raise
        except OperationCancelledError:
            await self._ended_cancelled()
        except OperationLostError:
            context.lost = True
        except DatabaseAwayError:
            # What is done is done again once the database is back, as after a crash, but nobody has died.
            raise
        except Exception as error:
            await self._failed(error)
        if context.lost:
            log.warning("operation is in other hands", operation_id=context.operation_id)
            return
        OPERATIONS_ENDED.labels(self._service_name, context.operation.kind, context.operation.state).inc()
        log.info("operation ended", operation_id=context.operation_id, state=context.operation.state)

    async def _interrupted(self) -> None:
        if self.context.cancelled.is_set():
            await self._ended_cancelled()
            return
        # An orderly stop is no crash: the attempt is not counted.
        operation = self.context.operation
        async with self._database.transaction() as session:
            await OperationStore(session).give_back(operation, operation.attempt - 1)

    async def _ended_cancelled(self) -> None:
        context = self.context
        async with self._database.transaction() as session:
            context.lost = not await OperationStore(session).end_cancelled(context.operation)
        context.operation = replace(context.operation, state=OperationState.CANCELLED)

    async def _failed(self, cause: Exception) -> None:
        context = self.context
        if not isinstance(cause, MalapertError) or context.operation.ended:
            log.error("operation failed unexpectedly", operation_id=context.operation_id, exc_info=cause)
        if context.operation.ended:
            return
        unexpected = InternalError("INTERNAL", "something went wrong in the service")
        error = cause if isinstance(cause, MalapertError) else unexpected
        async with self._database.transaction() as session:
            context.lost = not await OperationStore(session).fail(context.operation, error)
        context.operation = replace(
            context.operation,
            state=OperationState.FAILED,
            error_reason=error.reason,
            error_message=error.message,
            faults=error.faults,
        )

    async def _persist_progress(self) -> None:
        context = self.context
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
