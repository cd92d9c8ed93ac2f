"""The job that deletes what is old, in steps that hold no writer up, whatever number of processes do it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from malapert_core.audit.anchors import AnchorPublisher
from malapert_core.audit.ledger import prune_chain, verify_chain
from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.metric_names import RETENTION_DELETED
from malapert_core.retention.rules import RetentionRule
from malapert_core.timestamps import utc_now

log = structlog.get_logger(__name__)

FIRST_PAUSE_S = 60.0
INTERVAL_S = 3600.0
AT_ONCE = 500
_BREATH_S = 0.005


class RetentionJob:
    """Deletes from one database what its rules say.

    Parameters
    ----------
    database : Database
    rules : sequence of RetentionRule
    service_name : str
        Name under which deletions are counted.
    clock : callable
        Tells the present instant.
    """

    def __init__(
        self,
        database: Database,
        rules: Sequence[RetentionRule],
        service_name: str,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._rules = rules
        self._service_name = service_name
        self._clock = clock

    async def run(self) -> None:
        """Delete what is due every hour until cancelled."""
        await asyncio.sleep(FIRST_PAUSE_S)
        while True:
            try:
                await self.delete_due()
            except Exception as error:
                log.warning("what is old could not be deleted yet", error=repr(error))
            await asyncio.sleep(INTERVAL_S)

    async def due(self) -> dict[str, int]:
        """Return how many rows each rule would delete now."""
        now = self._clock()
        async with self._database.reading() as session:
            return {rule.what: await rule.count_due(session, now) for rule in self._rules}

    async def delete_due(self) -> dict[str, int]:
        """Delete what is due and return how many rows each rule deleted."""
        deleted = {rule.what: await self._delete(rule) for rule in self._rules}
        for what, count in deleted.items():
            if count:
                RETENTION_DELETED.labels(self._service_name, what).inc(count)
                log.info("old rows deleted", what=what, count=count)
        return deleted

    async def _delete(self, rule: RetentionRule) -> int:
        now, total = self._clock(), 0
        async with self._database.reading() as session:
            has_due = await rule.has_due(session, now)
        while has_due:
            async with self._database.transaction() as session:
                count = await rule.delete_some(session, now, AT_ONCE)
            total, has_due = total + count, count == AT_ONCE
            # Who waits to write gets in between.
            await asyncio.sleep(_BREATH_S)
        return total


class AuditRetention:
    """Prunes the front of the audit chain once a day, up to what was told elsewhere, and never that of a broken chain.

    Parameters
    ----------
    database : Database
    trail : AuditTrail
    anchors : AnchorPublisher
        Whose last anchor bounds what goes.
    kept : timedelta
    """

    def __init__(self, database: Database, trail: AuditTrail, anchors: AnchorPublisher, kept: timedelta) -> None:
        self._database = database
        self._trail = trail
        self._anchors = anchors
        self._kept = kept

    async def run(self) -> None:
        """Prune until cancelled."""
        await asyncio.sleep(FIRST_PAUSE_S)
        while True:
            try:
                if count := await self.prune():
                    log.info("audit chain pruned", count=count)
            except Exception as error:
                log.warning("audit chain could not be pruned", error=repr(error))
            await asyncio.sleep(INTERVAL_S * 24)

    async def prune(self) -> int:
        """Prune what is older than it is kept and return how many entries went; 0 where the chain does not hold."""
        told = self._anchors.told
        report = await verify_chain(self._database, [told] if told.sequence else [])
        if not report.holds:
            log.error("audit chain does not hold; nothing was pruned", findings=len(report.findings))
            return 0
        return await prune_chain(self._database, self._trail, utc_now() - self._kept, told.sequence)
