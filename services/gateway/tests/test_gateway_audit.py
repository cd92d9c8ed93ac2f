"""The audit over HTTP: all services as one listing, and their chains as one file."""

import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from gateway_platform import GatewayPlatform
from malapert.audit.v1 import audit_pb2
from malapert_core.audit.export_file import ExportFileError, verify_export
from malapert_core.errors import UnavailableError
from malapert_testing.services import identity_of


def entries(service: str, *seconds: int) -> list[audit_pb2.AuditEntry]:
    made = []
    for number, second in enumerate(seconds, 1):
        entry = audit_pb2.AuditEntry(service=service, sequence=number, action="a.b", entity_id=f"{service}-{number}")
        entry.time.FromJsonString(f"2026-11-30T00:00:{second:02d}Z")
        made.append(entry)
    return made


def _answered(answer: audit_pb2.ListAuditEntriesResponse, _request: Any) -> audit_pb2.ListAuditEntriesResponse:
    return answer


async def recorded(platform: GatewayPlatform, entity_id: str) -> None:
    async with platform.runtime.database.transaction() as session:
        platform.runtime.audit.record(
            session, "key.made", entity_kind="key", entity_id=entity_id, identity=identity_of("JAXA")
        )


@pytest.mark.asyncio
async def test_one_listing_of_all_services_and_the_gateway_page_by_page(sqlite_platform: GatewayPlatform) -> None:
    await recorded(sqlite_platform, "own")
    for number, name in enumerate(("planner", "landing-site", "comms-window", "payload")):
        found = sorted(entries(name.replace("-", "_"), number, number + 10), key=lambda entry: -entry.sequence)
        listed = partial(_answered, audit_pb2.ListAuditEntriesResponse(entries=found))
        sqlite_platform.services.answers[f"{name}/ListAuditEntries"] = listed
    query = "/api/v1/audit?mission_id=lupex&entity_kind=plan&start_time=2026-11-30T00:00:00Z"
    answer = await sqlite_platform.http.get("/api/v1/audit?page_size=3", headers=sqlite_platform.bearer())
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    assert len(body["entries"]) == 3
    # The gateway's own entries of the first keys are newer than those of the services here.
    whole = await sqlite_platform.http.get("/api/v1/audit?page_size=100", headers=sqlite_platform.bearer())
    told = [entry["entity_id"] for entry in whole.json()["entries"] if entry["service"] != "gateway"]
    assert told[:3] == ["payload-2", "comms_window-2", "landing_site-2"]
    assert body["entries"][0]["entity_id"] == "own"
    assert body["entries"][0]["service"] == "gateway"
    assert body["next_page_token"]
    await sqlite_platform.http.get(query, headers=sqlite_platform.bearer())
    request = sqlite_platform.services.asked("ListAuditEntries")[-1]
    assert (request.mission_id, request.entity_kind) == ("lupex", "plan")
    assert request.start_time.ToJsonString() == "2026-11-30T00:00:00Z"


@pytest.mark.asyncio
async def test_the_export_has_every_chain_and_is_verified(sqlite_platform: GatewayPlatform) -> None:
    await recorded(sqlite_platform, "own")
    sqlite_platform.services.answers["ExportAudit"] = lambda _request: _header("planner")
    answer = await sqlite_platform.http.get("/api/v1/audit/export", headers=sqlite_platform.bearer())
    assert answer.headers["content-type"].startswith("application/jsonl")
    chains = verify_export(answer.text.splitlines())
    assert [chain.service for chain in chains] == ["gateway", *["planner"] * 4]
    assert all(chain.report.holds for chain in chains)
    assert 0 < chains[0].shown <= chains[0].report.entries


def _header(service: str) -> audit_pb2.ExportAuditResponse:
    beginning = {"sequence": 0, "hash": "0" * 64}
    header = {"form": "malapert-audit-1", "service": service, "start": beginning, "head": beginning}
    return audit_pb2.ExportAuditResponse(lines=json.dumps(header).encode() + b"\n")


@pytest.mark.asyncio
async def test_an_export_begins_once_every_service_answers(sqlite_platform: GatewayPlatform) -> None:
    def away(_request: Any) -> Any:
        raise UnavailableError("SERVICE_STOPS", "the service stops")

    sqlite_platform.services.answers["ExportAudit"] = lambda _request: _header("planner")
    sqlite_platform.services.answers["payload/ExportAudit"] = away
    answer = await sqlite_platform.http.get("/api/v1/audit/export", headers=sqlite_platform.bearer())
    assert (answer.status_code, answer.json()["reason"]) == (503, "SERVICE_STOPS")
    assert sqlite_platform.gateway.streams.of_agency("JAXA") == 0


@pytest.mark.asyncio
async def test_an_export_that_loses_a_service_says_so_in_its_last_line(sqlite_platform: GatewayPlatform) -> None:
    open_streams: list[int] = []

    async def lost() -> AsyncIterator[audit_pb2.ExportAuditResponse]:
        yield _header("payload")
        open_streams.append(sqlite_platform.gateway.streams.of_agency("JAXA"))
        raise UnavailableError("SERVICE_STOPS", "the service stops")

    sqlite_platform.services.answers["ExportAudit"] = lambda _request: _header("planner")
    sqlite_platform.services.answers["payload/ExportAudit"] = lambda _request: lost()
    answer = await sqlite_platform.http.get("/api/v1/audit/export", headers=sqlite_platform.bearer())
    assert answer.status_code == 200
    assert json.loads(answer.text.splitlines()[-1]) == {"cut": "SERVICE_STOPS"}
    assert (open_streams, sqlite_platform.gateway.streams.of_agency("JAXA")) == ([1], 0)
    with pytest.raises(ExportFileError, match="ended early"):
        verify_export(answer.text.splitlines())


@pytest.mark.asyncio
async def test_who_only_looks_on_reads_no_audit(sqlite_platform: GatewayPlatform) -> None:
    for path in ("/api/v1/audit", "/api/v1/audit/export"):
        answer = await sqlite_platform.http.get(path, headers=sqlite_platform.bearer("JAXA", "VIEWER"))
        assert answer.status_code == 403
