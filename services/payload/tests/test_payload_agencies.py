"""Agencies around one mission's demand: what is whose, what is seen, what an outsider gets."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from malapert.payload.v1 import catalogue_pb2, execution_pb2, request_pb2, science_pb2
from malapert.payload.v1.catalogue_pb2 import ImportCatalogueRequest
from malapert.type.v1 import type_pb2
from malapert_core.db.tables import OutboxRow
from malapert_core.errors import InvalidInputError, NotFoundError, PermissionDeniedError
from malapert_core.policy.charter import Part
from malapert_core.policy.identity import Role
from payload_world import MISSION, Client, PlannerStub, charter_of, client_of, member, refused
from sqlmodel import col, select

PUBLIC, OF_MISSION, OWNER = type_pb2.VISIBILITY_PUBLIC, type_pb2.VISIBILITY_MISSION, type_pb2.VISIBILITY_OWNER


def panorama(request_id: str, agency_id: str, visibility: Any = OF_MISSION, **fields: Any) -> Any:
    """A request for a panorama."""
    return request_pb2.ActivityRequest(
        **{
            "request_id": request_id,
            "title": f"Panorama {request_id}",
            "activity_type_id": "panorama",
            "agency_id": agency_id,
            "value": 3.0,
            "visibility": visibility,
            **fields,
        }
    )


async def submit(client: Client, *requests: Any) -> list[Any]:
    asked = request_pb2.SubmitRequestsRequest(mission_id=MISSION, requests=requests)
    return list((await client.requests.SubmitRequests(asked)).requests)


async def get(client: Client, request_id: str) -> Any:
    wanted = request_pb2.GetRequestRequest(mission_id=MISSION, request_id=request_id)
    return (await client.requests.GetRequest(wanted)).request


async def listed(client: Client) -> dict[str, Any]:
    answer = await client.requests.ListRequests(request_pb2.ListRequestsRequest(mission_id=MISSION))
    return {request.request_id: request for request in answer.requests}


@pytest.mark.asyncio
async def test_an_outsider_s_document_takes_nothing(
    launch_once: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch_once() as service, client_of(service) as owner:
        await owner.catalogues.ImportCatalogue(mission_import)
        async with client_of(service, "isro") as isro:
            await submit(isro, panorama("late", "isro"))
        before = await listed(owner)
        taken = deepcopy(mission_import)
        taken.mission_version, taken.agency_ids[:] = 2, ["acme"]
        del taken.requests[:]
        async with client_of(service, "acme") as outsider:
            for validate_only in (False, True):
                taken.validate_only = validate_only
                error = await refused(outsider.catalogues.ImportCatalogue(taken), NotFoundError)
                assert error.reason == "UNKNOWN_MISSION"
        async with client_of(service, "isro") as isro:
            taken.validate_only = False
            assert await refused(isro.catalogues.ImportCatalogue(taken), PermissionDeniedError)
        assert await listed(owner) == before


def outsider_calls(client: Client, mission_id: str) -> dict[str, Any]:
    """Every call that names a mission, with whatever it needs."""
    request = panorama("x", "acme")
    report = execution_pb2.Execution(request_id="pan-daily", outcome=execution_pb2.EXECUTION_OUTCOME_DONE)
    where = {"mission_id": mission_id}
    calls, requests, runs = client.catalogues, client.requests, client.executions
    return {
        "instruments": calls.ListInstruments(catalogue_pb2.ListInstrumentsRequest(**where)),
        "instrument": calls.GetInstrument(catalogue_pb2.GetInstrumentRequest(**where, instrument_id="camera")),
        "types": calls.ListActivityTypes(catalogue_pb2.ListActivityTypesRequest(**where)),
        "versions": calls.ListInstrumentVersions(
            catalogue_pb2.ListInstrumentVersionsRequest(**where, instrument_id="camera")
        ),
        "requests": requests.ListRequests(request_pb2.ListRequestsRequest(**where)),
        "request": requests.GetRequest(request_pb2.GetRequestRequest(**where, request_id="pan-daily")),
        "submit": requests.SubmitRequests(request_pb2.SubmitRequestsRequest(**where, requests=[request])),
        "check": requests.CheckRequests(request_pb2.CheckRequestsRequest(**where, requests=[request])),
        "import": requests.ImportRequests(request_pb2.ImportRequestsRequest(**where, requests=[request])),
        "revise": requests.ReviseRequest(request_pb2.ReviseRequestRequest(**where, request=request)),
        "cancel": requests.CancelRequest(request_pb2.CancelRequestRequest(**where, request_id="pan-daily")),
        "expand": requests.ExpandRequests(request_pb2.ExpandRequestsRequest(**where)),
        "report": runs.ReportExecution(execution_pb2.ReportExecutionRequest(**where, execution=report)),
        "executions": runs.ListExecutions(execution_pb2.ListExecutionsRequest(**where)),
        "accounts": runs.ListAccounts(execution_pb2.ListAccountsRequest(**where)),
        "rate": client.science.RateRequests(science_pb2.RateRequestsRequest(**where)),
    }


@pytest.mark.asyncio
async def test_a_mission_is_as_if_it_were_not_there_for_an_outsider(
    launch_once: Callable[[], Any], planner: PlannerStub, mission_import: ImportCatalogueRequest
) -> None:
    past = datetime(2021, 1, 1, tzinfo=UTC)
    gone, later = member("gone", *Part, until=past), member("later", *Part, since=datetime(2999, 1, 1, tzinfo=UTC))
    planner.charters[MISSION] = charter_of(MISSION, gone, later)
    async with launch_once() as service:
        async with client_of(service) as owner:
            await owner.catalogues.ImportCatalogue(mission_import)
        for agency_id in ("acme", "gone", "later"):
            async with client_of(service, agency_id) as client:
                known, unknown = outsider_calls(client, MISSION), outsider_calls(client, "nowhere")
                for name, call in known.items():
                    error, other = await refused(call), await refused(unknown[name])
                    assert error.reason == other.reason == "UNKNOWN_MISSION", name
                    assert error.message.replace(MISSION, "") == other.message.replace("nowhere", "")


@pytest.mark.asyncio
async def test_an_observer_reads_and_hands_in_nothing(
    launch_once: Callable[[], Any], planner: PlannerStub, mission_import: ImportCatalogueRequest
) -> None:
    planner.charters[MISSION] = charter_of(MISSION, member("cnes", Part.OBSERVER))
    async with launch_once() as service:
        async with client_of(service) as owner:
            await owner.catalogues.ImportCatalogue(mission_import)
        async with client_of(service, "cnes") as client:
            assert list(await listed(client)) == ["pan-daily", "sample-ridge"]
            for name in ("submit", "check", "import", "revise", "cancel", "report", "expand"):
                error = await refused(outsider_calls(client, MISSION)[name], PermissionDeniedError)
                assert error.reason == "FORBIDDEN", name


@pytest.mark.asyncio
async def test_an_identifier_tells_nothing_of_what_only_its_agency_sees(
    launch_once: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch_once() as service, client_of(service, "isro") as isro, client_of(service, "esa") as esa:
        async with client_of(service) as owner:
            await owner.catalogues.ImportCatalogue(mission_import)
        (hidden,) = await submit(esa, panorama("probe", "esa", OWNER))
        assert hidden.request_id == "esa:probe"
        assert (await get(esa, "probe")).request_id == (await get(esa, "esa:probe")).request_id == "esa:probe"
        wanted = panorama("after-it", "esa", OWNER)
        wanted.relations.add(kind=request_pb2.RELATION_KIND_AFTER, request_id="probe")
        (taken,) = await submit(esa, wanted)
        assert taken.relations[0].request_id == "esa:probe"
        # One that is not there, one of the document and one that was handed in answer alike.
        answers = []
        for name in ("free-name", "secret-crater", "probe"):
            asked = request_pb2.CheckRequestsRequest(mission_id=MISSION, requests=[panorama(name, "isro")])
            told = await isro.requests.CheckRequests(asked)
            answers.append((len(told.faults), [told.predictions[0].request_id.replace(name, "")]))
            wanted = panorama("to-it", "isro")
            wanted.relations.add(kind=request_pb2.RELATION_KIND_AFTER, request_id=name)
            error = await refused(submit(isro, wanted), InvalidInputError)
            answers.append((error.reason, [fault.message.replace(name, "") for fault in error.faults]))
            (taken,) = await submit(isro, panorama(name, "isro"))
            answers.append((taken.request_id.replace(name, ""), taken.version))
            error = await refused(get(isro, f"esa:{name}"), NotFoundError)
            answers.append((error.reason, error.message.replace(name, "")))
            error = await refused(submit(isro, panorama(f"esa:{name}", "isro")), InvalidInputError)
            answers.append((error.faults[0].code, error.faults[0].message.replace(name, "")))
        third = len(answers) // 3
        assert answers[:third] == answers[third : 2 * third] == answers[2 * third :]
        # An exact name comes first for who reads; what an agency hands in is its own.
        assert (await get(esa, "probe")).agency_id == "isro"
        revised = panorama("probe", "esa", OWNER, value=9.0)
        await esa.requests.ReviseRequest(request_pb2.ReviseRequestRequest(mission_id=MISSION, request=revised))
        counts = await esa.requests.ImportRequests(
            request_pb2.ImportRequestsRequest(mission_id=MISSION, requests=[revised])
        )
        assert (counts.unchanged_count, (await get(esa, "esa:probe")).value) == (1, 9.0)
        error = await refused(submit(isro, panorama("pan-daily", "isro")), InvalidInputError)
        assert [fault.code for fault in error.faults] == ["DUPLICATE_ID"]


@pytest.mark.asyncio
async def test_what_an_agency_handed_in_or_changed_no_document_changes(
    launch_once: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch_once() as service, client_of(service) as owner, client_of(service, "isro") as isro:
        await owner.catalogues.ImportCatalogue(mission_import)
        (own,) = await submit(isro, panorama("own", "isro"))
        ridge = await get(isro, "sample-ridge")
        ridge.value = 70.0
        await isro.requests.ReviseRequest(request_pb2.ReviseRequestRequest(mission_id=MISSION, request=ridge))
        second = deepcopy(mission_import)
        second.mission_version = 2
        second.requests[1].value = 1.0
        second.requests.append(panorama("own", "isro", PUBLIC, value=99.0))
        await owner.catalogues.ImportCatalogue(second)
        found = await listed(isro)
        assert (found["own"].value, found["own"].visibility) == (own.value, OF_MISSION)
        assert (found["sample-ridge"].value, found["sample-ridge"].mandatory_granted) == (70.0, False)
        third = deepcopy(mission_import)
        third.mission_version = 3
        del third.requests[:]
        await owner.catalogues.ImportCatalogue(third)
        states = {name: request_pb2.RequestState.Name(item.state)[14:] for name, item in (await listed(isro)).items()}
        assert states == {"own": "ACCEPTED", "sample-ridge": "ACCEPTED", "pan-daily": "CANCELLED"}
        # In another agency's name it is refused where it is seen.
        fourth = deepcopy(mission_import)
        fourth.mission_version = 4
        fourth.requests.append(panorama("own", "esa"))
        error = await refused(owner.catalogues.ImportCatalogue(fourth), InvalidInputError)
        assert [(fault.path, fault.code) for fault in error.faults] == [("requests[3].request_id", "DUPLICATE_ID")]
        # A type that is gone holds what needs it, and gives it back.
        fifth = deepcopy(mission_import)
        fifth.mission_version = 5
        del fifth.requests[:], fifth.activity_types[1]
        await owner.catalogues.ImportCatalogue(fifth)
        (hold, *_) = (await get(isro, "own")).holds
        assert hold.kind == request_pb2.HOLD_KIND_NOT_VALID
        fifth = deepcopy(mission_import)
        fifth.mission_version = 6
        await owner.catalogues.ImportCatalogue(fifth)
        kinds = {hold.kind for hold in (await get(isro, "own")).holds}
        assert request_pb2.HOLD_KIND_NOT_VALID not in kinds


@pytest.mark.asyncio
async def test_a_type_stays_its_owner_s(launch_once: Callable[[], Any], mission_import: ImportCatalogueRequest) -> None:
    async with launch_once() as service, client_of(service) as owner, client_of(service, "isro") as isro:
        await owner.catalogues.ImportCatalogue(mission_import)
        async with client_of(service, "esa") as esa:
            kind = deepcopy(mission_import.activity_types[1])
            for agency_id in ("esa", "", "jaxa"):
                kind.agency_id = agency_id
                call = esa.catalogues.PublishActivityType(
                    catalogue_pb2.PublishActivityTypeRequest(mission_id=MISSION, activity_type=kind)
                )
                assert (await refused(call, PermissionDeniedError)).reason == "FOREIGN_AGENCY"
        own = deepcopy(mission_import.activity_types[1])
        own.activity_type_id, own.agency_id = "isro-pan", ""
        asked = catalogue_pb2.PublishActivityTypeRequest(mission_id=MISSION, activity_type=own)
        assert (await isro.catalogues.PublishActivityType(asked)).activity_type.agency_id == "isro"
        # Neither the mission's owner nor its document takes what ISRO published.
        own.agency_id, own.title = "jaxa", "Mine"
        taken = catalogue_pb2.PublishActivityTypeRequest(mission_id=MISSION, activity_type=own)
        assert (await refused(owner.catalogues.PublishActivityType(taken))).reason == "FOREIGN_AGENCY"
        second = deepcopy(mission_import)
        second.mission_version = 2
        second.activity_types.append(own)
        error = await refused(owner.catalogues.ImportCatalogue(second), InvalidInputError)
        assert [(f.path, f.code) for f in error.faults] == [("activity_types[2]", "PUBLISHED_BY_AGENCY")]
        # The mission's owners go on with what the document lists without an agency.
        kind = deepcopy(mission_import.activity_types[1])
        kind.title = "Panorama at noon"
        asked = catalogue_pb2.PublishActivityTypeRequest(mission_id=MISSION, activity_type=kind)
        published = (await owner.catalogues.PublishActivityType(asked)).activity_type
        assert (published.version, published.agency_id) == (2, "")


@pytest.mark.asyncio
async def test_a_version_that_breaks_what_is_not_seen_leaves_it_the_one_before(
    launch_once: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    del mission_import.requests[0], mission_import.requests[0]
    async with launch_once() as service, client_of(service) as owner, client_of(service, "esa") as esa:
        await owner.catalogues.ImportCatalogue(mission_import)
        kind = deepcopy(mission_import.activity_types[1])
        kind.steps[0].duration_s.value = 86_400 * 30
        asked = catalogue_pb2.PublishActivityTypeRequest(mission_id=MISSION, activity_type=kind)
        assert (await owner.catalogues.PublishActivityType(asked)).activity_type.version == 2
        kept = await get(esa, "secret-crater")
        assert (kept.activity_type_version, request_pb2.RequestState.Name(kept.state)[14:]) == (1, "ACCEPTED")


@pytest.mark.asyncio
async def test_relations_and_events_name_nothing_that_is_not_seen(
    launch_once: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch_once() as service, client_of(service, "esa") as esa, client_of(service, "isro") as isro:
        async with client_of(service) as owner:
            await owner.catalogues.ImportCatalogue(mission_import)
        seen = panorama("seen", "esa")
        seen.relations.add(kind=request_pb2.RELATION_KIND_AFTER, request_id="secret-crater")
        (taken,) = await submit(esa, seen)
        assert [relation.request_id for relation in taken.relations] == ["esa:secret-crater"]
        assert not (await get(isro, "seen")).relations
        assert not (await listed(isro))["seen"].relations
        assert [relation.request_id for relation in (await get(esa, "seen")).relations] == ["esa:secret-crater"]
        async with service.runtime.database.reading() as session:
            rows = (await session.exec(select(OutboxRow).order_by(col(OutboxRow.sequence)))).all()
        for row in rows:
            if row.headers["ce-visibility"] != "owner":
                assert b"secret-crater" not in row.data
                assert b"key:" not in row.data
        # A cycle over it is not told to who does not see it.
        crater = await get(esa, "secret-crater")
        crater.relations.add(kind=request_pb2.RELATION_KIND_AFTER, request_id="pan-daily")
        await esa.requests.ReviseRequest(request_pb2.ReviseRequestRequest(mission_id=MISSION, request=crater))
        closing = panorama("isro-1", "isro")
        closing.relations.add(kind=request_pb2.RELATION_KIND_BEFORE, request_id="pan-daily")
        closing.relations.add(kind=request_pb2.RELATION_KIND_AFTER, request_id="seen")
        checked = await isro.requests.CheckRequests(
            request_pb2.CheckRequestsRequest(mission_id=MISSION, requests=[closing])
        )
        assert not checked.faults


@pytest.mark.asyncio
async def test_a_later_member_sees_what_is_and_not_what_was(
    launch: Callable[[], Any],
    planner: PlannerStub,
    mission_import: ImportCatalogueRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("malapert_core.policy.charters.LIFETIME_S", 0.0)
    async with launch() as service, client_of(service) as owner:
        await owner.catalogues.ImportCatalogue(mission_import)
        await owner.requests.CancelRequest(
            request_pb2.CancelRequestRequest(mission_id=MISSION, request_id="pan-daily", reason="no")
        )
        second = deepcopy(mission_import)
        second.mission_version, second.instruments[1].modes[0].power_w.value = 2, 11.0
        await owner.catalogues.ImportCatalogue(second)
        joined = datetime.now(UTC)
        planner.charters[MISSION] = charter_of(
            MISSION,
            member("cnes", Part.CONTRIBUTOR, since=joined),
            member("ka", Part.CONTRIBUTOR, since=joined, sees_earlier=True),
            member("kari", Part.CONTRIBUTOR, since=joined - timedelta(days=1)),
        )
        versions = catalogue_pb2.ListInstrumentVersionsRequest(mission_id=MISSION, instrument_id="camera")
        old = catalogue_pb2.ListInstrumentsRequest(mission_id=MISSION, mission_version=1)
        for agency_id, names, count in (
            ("ka", ["pan-daily", "sample-ridge"], 2),
            ("kari", ["pan-daily", "sample-ridge"], 2),
            ("cnes", ["sample-ridge"], 1),
        ):
            async with client_of(service, agency_id) as client:
                found = await listed(client)
                assert list(found) == names
                assert len(found["sample-ridge"].history) == (0 if agency_id == "cnes" else 2)
                told = (await client.catalogues.ListInstrumentVersions(versions)).versions
                assert len(told) == count
                if agency_id == "cnes":
                    assert (await refused(get(client, "pan-daily"))).reason == "UNKNOWN_REQUEST"
                    error = await refused(client.catalogues.ListInstruments(old), NotFoundError)
                    assert error.reason == "UNKNOWN_MISSION_VERSION"
                    # What went before is no reason to refuse a name.
                    (taken,) = await submit(client, panorama("pan-daily", "cnes"))
                    assert taken.request_id == "cnes:pan-daily"


@pytest.mark.asyncio
async def test_principals_are_for_their_agency_and_the_owners(
    launch_once: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch_once() as service, client_of(service, "isro") as isro:
        async with client_of(service) as owner:
            await owner.catalogues.ImportCatalogue(mission_import)
        await submit(isro, panorama("own", "isro"))
        for agency_id, principal in (("isro", "key:isro-1"), ("jaxa", "key:isro-1"), ("esa", "")):
            async with client_of(service, agency_id, Role.VIEWER) as client:
                assert {row.principal_id for row in (await get(client, "own")).history} == {principal}
        # Of others, the agency alone, also in what is one's own.
        listed_by_owner = (await get(isro, "sample-ridge")).history
        assert {(row.agency_id, row.principal_id) for row in listed_by_owner} == {("jaxa", "")}


@pytest.mark.asyncio
async def test_a_public_mission_shows_outsiders_nothing_else(
    launch_once: Callable[[], Any], planner: PlannerStub, mission_import: ImportCatalogueRequest
) -> None:
    planner.charters[MISSION] = charter_of(is_public=True)
    async with launch_once() as service:
        async with client_of(service) as owner:
            await owner.catalogues.ImportCatalogue(mission_import)
        async with client_of(service, "acme") as outsider:
            for name in ("submit", "cancel", "import", "expand", "report"):
                assert await refused(outsider_calls(outsider, MISSION)[name], NotFoundError)


@pytest.mark.asyncio
async def test_accounts_are_of_what_is_seen(
    launch_once: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch_once() as service:
        async with client_of(service) as owner:
            await owner.catalogues.ImportCatalogue(mission_import)
        for agency_id, value in (("esa", 5.0), ("jaxa", 5.0), ("isro", 0.0)):
            async with client_of(service, agency_id, Role.VIEWER) as client:
                told = await client.executions.ListAccounts(execution_pb2.ListAccountsRequest(mission_id=MISSION))
                assert {account.agency_id: account.asked.value for account in told.accounts}["esa"] == value
