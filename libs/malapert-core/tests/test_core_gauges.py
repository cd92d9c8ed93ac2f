"""Gauges tell what waits, and which part is away."""

from datetime import timedelta
from pathlib import Path

import pytest
from malapert_core.db.database import Database
from malapert_core.db.migrations import run_migrations
from malapert_core.db.tables import OperationRow, OutboxRow
from malapert_core.gauges import StateGauges
from malapert_core.metric_names import (
    BUILD,
    DISK_FREE_BYTES,
    OPERATIONS_OLDEST_S,
    OPERATIONS_QUEUED,
    OUTBOX_OLDEST_S,
    OUTBOX_PENDING,
    PART_UP,
)
from malapert_core.operations.store import OperationState
from malapert_core.timestamps import utc_now
from prometheus_client import Gauge
from sample_service.factory import MIGRATIONS


class NoBroker:
    is_connected = False

    def jetstream(self, **_options: object) -> None:
        return None


def value(gauge: Gauge, *labels: str) -> float:
    return gauge.labels(*labels)._value.get()


@pytest.mark.asyncio
async def test_what_waits_is_counted_with_the_age_of_its_oldest(database_url: str, tmp_path: Path) -> None:
    database = Database(database_url)
    await run_migrations(database, MIGRATIONS)
    now = utc_now()
    texts = ("owner_agency_id", "owner_role", "owner_key_id", "owner_principal_id", "owner_via_service", "mission_id")
    async with database.transaction() as session:
        for number, sent in enumerate((None, None, now)):
            made = now - timedelta(minutes=10 * (number + 1))
            row = OutboxRow(event_id=f"e{number}", subject="s", headers={}, data=b"", created_time=made)
            row.published_time = sent
            session.add(row)
        for number, state in enumerate((OperationState.QUEUED, OperationState.RUNNING)):
            made = now - timedelta(hours=number + 1)
            operation = OperationRow(
                operation_id=f"o{number}",
                kind="work",
                state=state,
                owner_mission_ids=[],
                request=b"",
                created_time=made,
                updated_time=made,
                **dict.fromkeys(texts, ""),
            )
            session.add(operation)
    gauges = StateGauges("sample", database, NoBroker(), tmp_path / "not" / "there")  # type: ignore[arg-type]
    await gauges.update()
    assert (value(OUTBOX_PENDING, "sample"), value(OPERATIONS_QUEUED, "sample")) == (2, 1)
    assert value(OUTBOX_OLDEST_S, "sample") == pytest.approx(1200, abs=60)
    assert value(OPERATIONS_OLDEST_S, "sample") == pytest.approx(3600, abs=60)
    assert (value(PART_UP, "sample", "database"), value(PART_UP, "sample", "broker")) == (1, 0)
    assert value(DISK_FREE_BYTES, "sample") > 0
    await database.close()


@pytest.mark.asyncio
async def test_a_database_that_is_away_is_told_and_ends_nothing(tmp_path: Path) -> None:
    away = Database("postgresql+asyncpg://nobody@127.0.0.1:9/none")
    gauges = StateGauges("lost", away, NoBroker(), tmp_path)  # type: ignore[arg-type]
    await gauges.update()
    assert value(PART_UP, "lost", "database") == 0
    assert BUILD._labelnames == ("service", "version")
    await away.close()
