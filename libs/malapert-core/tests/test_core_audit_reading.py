"""Who reads which entries of a chain over gRPC, page by page and as an export that proves itself."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from malapert.audit.v1 import audit_pb2, audit_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_core.audit.anchors import ANCHORED, AnchorPublisher, anchors_of
from malapert_core.audit.export_file import ExportFileError, verify_export
from malapert_core.audit.ledger import prune_chain
from malapert_core.audit.reading import AuditFilter, AuditReader
from malapert_core.errors import InvalidInputError, PermissionDeniedError
from malapert_core.policy.charter import Charter, Membership, Part
from malapert_core.policy.identity import Identity, Role
from malapert_core.service import RunningService, ServiceParts
from malapert_core.timestamps import utc_now
from malapert_testing.charters import CharterBook
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel
from sample_service.factory import MIGRATIONS, SampleSettings
from structlog.testing import capture_logs

SERVICE = "malapert.audit.v1.AuditService"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MEMBERS = (
    Membership("JAXA", frozenset({Part.OWNER}), LONG_AGO),
    Membership("ISRO", frozenset({Part.CONTRIBUTOR, Part.PLANNER}), LONG_AGO),
    Membership("ESA", frozenset({Part.OWNER}), LONG_AGO, until=LONG_AGO + timedelta(days=1)),
)
BOOK = CharterBook({"lupex": Charter("lupex", 1, MEMBERS)}, only_these=True)
ENTRIES = [("JAXA", "lupex"), ("ISRO", "lupex"), ("ISRO", ""), ("NASA", ""), ("ESA", "lupex"), ("JAXA", "other")]


@pytest_asyncio.fixture
async def service(sqlite_service_runtime: ServiceLauncher) -> AsyncIterator[RunningService[SampleSettings]]:

    @asynccontextmanager
    async def build(_runtime: Any) -> AsyncIterator[ServiceParts]:
        yield ServiceParts(charters=BOOK)

    async with sqlite_service_runtime.run(SampleSettings, build, MIGRATIONS) as running:
        for number, (agency_id, mission_id) in enumerate(ENTRIES):
            async with running.runtime.database.transaction() as session:
                running.runtime.audit.record(
                    session,
                    "note.written",
                    entity_kind="note",
                    entity_id=f"n{number}",
                    mission_id=mission_id,
                    identity=identity_of(agency_id),
                )
        yield running


async def listed(
    service: RunningService[SampleSettings], identity: Identity, **wanted: Any
) -> list[audit_pb2.AuditEntry]:
    async with open_test_channel(service.target, identity) as channel:
        stub = audit_pb2_grpc.AuditServiceStub(channel)
        entries: list[audit_pb2.AuditEntry] = []
        token = ""
        while True:
            page = type_pb2.PageRequest(page_size=2, page_token=token)
            answer = await stub.ListAuditEntries(audit_pb2.ListAuditEntriesRequest(page=page, **wanted))
            entries.extend(answer.entries)
            token = answer.next_page_token
            if not token:
                return entries


async def exported(service: RunningService[SampleSettings], identity: Identity, mission_id: str = "") -> list[str]:
    async with open_test_channel(service.target, identity) as channel:
        stub = audit_pb2_grpc.AuditServiceStub(channel)
        request = audit_pb2.ExportAuditRequest(mission_id=mission_id)
        lines = b"".join([answer.lines async for answer in stub.ExportAudit(request)])
        return lines.decode().splitlines()


def numbers(entries: list[audit_pb2.AuditEntry]) -> list[str]:
    return [entry.entity_id for entry in entries]


@pytest.mark.asyncio
async def test_an_agency_reads_its_own_and_an_owner_all_of_its_mission(
    service: RunningService[SampleSettings],
) -> None:
    jaxa, isro, nasa, esa = (identity_of(agency_id) for agency_id in ("JAXA", "ISRO", "NASA", "ESA"))
    assert numbers(await listed(service, jaxa)) == ["n5", "n0"]
    assert numbers(await listed(service, jaxa, mission_id="lupex")) == ["n4", "n1", "n0"]
    assert numbers(await listed(service, isro, mission_id="lupex")) == ["n1"]
    assert numbers(await listed(service, isro)) == ["n2", "n1"]
    assert numbers(await listed(service, nasa, mission_id="lupex")) == []
    # An owner that left is none any more, and reads what it did itself.
    assert numbers(await listed(service, esa, mission_id="lupex")) == ["n4"]
    assert numbers(await listed(service, jaxa, mission_id="lupex", agency_id="ISRO")) == ["n1"]
    assert numbers(await listed(service, jaxa, agency_id="ISRO")) == []
    assert numbers(await listed(service, jaxa, entity_id="n0")) == ["n0"]
    assert numbers(await listed(service, jaxa, entity_kind="plan")) == []
    reader = AuditReader(service.runtime.database, "sample", BOOK)
    narrow = replace(jaxa, mission_ids=frozenset({"lupex"}))
    for mission_id, expected in (("", ["n0"]), ("other", []), ("lupex", ["n4", "n1", "n0"])):
        links = await reader.page(narrow, 10, AuditFilter(mission_id=mission_id))
        assert [link.content.entity_id for link in links] == expected


@pytest.mark.asyncio
async def test_a_later_owner_reads_what_was_done_since_and_all_where_the_charter_says_so(
    service: RunningService[SampleSettings],
) -> None:
    joined = utc_now()
    async with service.runtime.database.transaction() as session:
        service.runtime.audit.record(
            session,
            "note.written",
            entity_kind="note",
            entity_id="later",
            mission_id="lupex",
            identity=identity_of("ISRO"),
        )
    for sees_earlier, expected in ((False, ["later"]), (True, ["later", "n4", "n1", "n0"])):
        late = Membership("NASA", frozenset({Part.OWNER}), joined, sees_earlier=sees_earlier)
        book = CharterBook({"lupex": Charter("lupex", 2, (*MEMBERS, late))}, only_these=True)
        reader = AuditReader(service.runtime.database, "sample", book)
        links = await reader.page(identity_of("NASA"), 10, AuditFilter(mission_id="lupex"))
        assert [link.content.entity_id for link in links] == expected
        lines = b"".join([part async for part in reader.export(identity_of("NASA"), "lupex")]).decode()
        assert lines.count('"content":') == len(expected)


@pytest.mark.asyncio
async def test_entries_are_found_by_time_and_name_the_principal(service: RunningService[SampleSettings]) -> None:
    jaxa = identity_of("JAXA")
    (newest, oldest) = await listed(service, jaxa)
    assert newest.time.ToDatetime() > oldest.time.ToDatetime()
    assert (newest.service, newest.sequence, newest.agency_id, newest.key_id) == ("sample", 6, "JAXA", "JAXA-test-key")
    assert numbers(await listed(service, jaxa, start_time=newest.time)) == ["n5"]
    assert numbers(await listed(service, jaxa, end_time=newest.time)) == ["n0"]


@pytest.mark.asyncio
async def test_viewers_read_no_audit_and_an_odd_token_is_refused(service: RunningService[SampleSettings]) -> None:
    with pytest.raises(PermissionDeniedError):
        await listed(service, identity_of("JAXA", Role.VIEWER))
    async with open_test_channel(service.target, identity_of("JAXA")) as channel:
        stub = audit_pb2_grpc.AuditServiceStub(channel)
        for token in ("x", "WyJhIl0", "WyJhIiwgImIiLCAiLTEiXQ"):
            page = type_pb2.PageRequest(page_token=token)
            with pytest.raises(InvalidInputError, match="page token"):
                await stub.ListAuditEntries(audit_pb2.ListAuditEntriesRequest(page=page))


@pytest.mark.asyncio
async def test_an_export_hides_what_is_others_and_proves_that_the_chain_holds(
    service: RunningService[SampleSettings],
) -> None:
    lines = await exported(service, identity_of("NASA"))
    assert "ISRO" not in "".join(lines[1:])
    assert "JAXA" not in "".join(lines[1:])
    (chain,) = verify_export(lines)
    assert (chain.service, chain.shown, chain.report.entries, chain.report.holds) == ("sample", 1, 6, True)
    (whole,) = verify_export(await exported(service, identity_of("JAXA"), "lupex"))
    assert (whole.shown, whole.report.holds) == (3, True)


@pytest.mark.asyncio
async def test_what_is_done_to_an_export_is_found(service: RunningService[SampleSettings]) -> None:
    lines = await exported(service, identity_of("JAXA"), "lupex")

    def found(changed: list[str]) -> list[tuple[str, int]]:
        (chain,) = verify_export(changed)
        return [(finding.kind.value, finding.sequence) for finding in chain.report.findings]

    assert found([*lines[:2], lines[2].replace("ISRO", "ESA"), *lines[3:]]) == [("ALTERED", 2)]
    hidden = json.loads(lines[3])
    assert "content" not in hidden
    hidden["content_hash"] = "0" * 64
    assert found([*lines[:3], json.dumps(hidden), *lines[4:]]) == [("ALTERED", 3)]
    assert found([*lines[:2], *lines[3:]]) == [("REMOVED", 2)]
    assert found(lines[:-1]) == [("REMOVED", 6)]
    assert found([*lines[:2], lines[3], lines[2], *lines[4:]]) == [("SWAPPED", 2)]
    assert found([*lines[:3], lines[2], *lines[3:]]) == [("INSERTED", 2)]
    assert ("INSERTED", 1) in found([lines[0].replace('"sample"', '"planner"'), *lines[1:]])
    # Nor does a header pass that forgets the end: an anchor that was told by the log does not.
    last = json.loads(lines[6])
    anchors = anchors_of(
        [json.dumps({"event": ANCHORED, "service": "sample", "sequence": 6, "hash": last["hash"]}), "no json", "{}"]
    )
    header = json.loads(lines[0])
    header["head"] = {"sequence": 5, "hash": json.loads(lines[5])["hash"]}
    (cut,) = verify_export([json.dumps(header), *lines[1:-1]], anchors)
    assert [(finding.kind.value, finding.sequence) for finding in cut.report.findings] == [("REMOVED", 6)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"sequence": 1}',
        '{"form": "other"}',
        '{"form": "malapert-audit-1"}',
        "[" * 5000,
        '{"form": "malapert-audit-1", "start": {"sequence": 0, "hash": "0"}, "head": {"sequence": 0, "hash": 5}}',
    ],
)
def test_what_is_no_export_is_refused_by_line(text: str) -> None:
    with pytest.raises(ExportFileError, match="line"):
        verify_export(text.splitlines())


@pytest.mark.asyncio
async def test_an_export_of_a_pruned_chain_begins_at_its_checkpoint(service: RunningService[SampleSettings]) -> None:
    runtime = service.runtime
    assert await prune_chain(runtime.database, runtime.audit, utc_now() + timedelta(days=1), 5) == 5
    (chain,) = verify_export(await exported(service, identity_of("JAXA")))
    assert (chain.shown, chain.report.entries, chain.report.holds) == (1, 2, True)


@pytest.mark.asyncio
async def test_the_head_is_anchored_once_for_each_that_is_new(
    service: RunningService[SampleSettings],
) -> None:

    publisher = AnchorPublisher(service.runtime.database, service.runtime.outbox)
    with capture_logs() as logs:
        await publisher.publish()
        await publisher.publish()
    told = [line for line in logs if line["event"] == ANCHORED]
    assert [(line["service"], line["sequence"]) for line in told] == [("sample", 6)]
