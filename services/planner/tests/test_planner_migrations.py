"""What migrations make of rows that are there."""

import json

import pytest
import sqlalchemy as sa
from alembic import command
from malapert.planner.v1 import plan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.db.database import Database
from malapert_core.db.migrations import alembic_config, run_migrations
from malapert_planner.domain.life.listing import PlanFilter
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.factory import MIGRATIONS
from malapert_planner.storage.charters import CharterStore
from malapert_planner.storage.plans import PlanStore

_PLAN = """INSERT INTO plan (plan_id, mission_id, state, state_reason, reviewer_agency_ids, owner_agency_id,
    precursor_plan_id, reviews, contact_ids, pending, pending_by, version, created_time)
    VALUES ('p-1', 'lupex', 'DRAFT', '', '[]', 'JAXA', '', '[]', '[]', '', '[]', 1, '2026-11-22 12:00:00+00:00')"""
_CONTENT = """INSERT INTO plan_content (plan_id, mission_version, asset_id, content_hash, problem_hash, window_set_id,
    message, headline, problem, schedule, contacts, planned_requests)
    VALUES ('p-1', 1, 'rover', 'h', 'h', 'w', :message, :headline, :message, :message, '[]', '{}')"""

_CHARTER = """INSERT INTO charter (mission_id, version, members, is_public, changed_time, changed_by, consent, sign_off)
    VALUES ('lupex', 1, :members, false, '2026-11-22 12:00:00+00:00', '["JAXA", "key"]', 'all_owners', '{}')"""


@pytest.mark.asyncio
async def test_plans_of_before_are_found_by_how_their_search_ended(database_url: str) -> None:
    headline = plan_pb2.Plan(
        status=plan_pb2.SOLVE_STATUS_OPTIMAL, mission_id="lupex", provenance=type_pb2.Provenance(software="malapert 1")
    )
    database = Database(database_url)
    try:
        async with database.engine.begin() as connection:
            await connection.run_sync(lambda sync: _upgrade(sync, "0003"))
            await connection.execute(sa.text(_PLAN))
            values = {"message": b"", "headline": headline.SerializeToString()}
            await connection.execute(sa.text(_CONTENT), values)
        await run_migrations(database, MIGRATIONS)
        async with database.reading() as session:
            found = await PlanStore().page(session, 5, PlanFilter(statuses=frozenset({SolveStatus.OPTIMAL})))
            others = await PlanStore().page(session, 5, PlanFilter(statuses=frozenset({SolveStatus.FEASIBLE})))
    finally:
        await database.close()
    assert [plan.plan_id for plan in found] == ["p-1"]
    assert others == []
    headline.ClearField("provenance")
    assert plan_pb2.Plan.FromString(found[0].headline) == headline


@pytest.mark.asyncio
async def test_charters_of_before_lose_members_without_an_agency(database_url: str) -> None:
    of_jaxa = {
        "agency_id": "JAXA", "parts": ["owner"], "since": "2026-11-22T12:00:00Z", "until": None, "sees_earlier": True,
    }  # fmt: skip
    values = {"members": json.dumps([of_jaxa | {"agency_id": "", "parts": ["station_provider"]}, of_jaxa])}
    database = Database(database_url)
    try:
        async with database.engine.begin() as connection:
            await connection.run_sync(lambda sync: _upgrade(sync, "0012"))
            await connection.execute(sa.text(_CHARTER), values)
        await run_migrations(database, MIGRATIONS)
        async with database.reading() as session:
            found = await CharterStore().newest(session, "lupex")
    finally:
        await database.close()
    assert found is not None
    assert [member.agency_id for member in found.charter.members] == ["JAXA"]


def _upgrade(connection: sa.Connection, revision: str) -> None:
    config = alembic_config(MIGRATIONS)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
