"""The service over real gRPC, a real broker and both databases."""

import asyncio
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from malapert.payload.v1 import catalogue_pb2, request_pb2
from malapert.payload.v1.catalogue_pb2 import ImportCatalogueRequest
from malapert.type.v1 import type_pb2
from malapert_core.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
)
from malapert_core.policy.identity import Role
from malapert_payload.factory import MIGRATIONS
from malapert_payload.storage.tables import PayloadTable
from malapert_testing.schema import schema_drift
from payload_world import client_of, events_of, refused, states_of


@pytest.mark.asyncio
async def test_migrations_and_tables_say_the_same(database_url: str) -> None:
    assert await schema_drift(database_url, MIGRATIONS, PayloadTable.metadata) == []


@pytest.mark.asyncio
async def test_import_takes_all_once(launch: Callable[[], Any], mission_import: ImportCatalogueRequest) -> None:
    async with launch() as service, client_of(service) as client:
        first = await client.catalogues.ImportCatalogue(mission_import)
        assert (first.instrument_count, first.activity_type_count, first.request_count) == (2, 2, 3)
        events = await events_of(service)
        assert sorted(events) == sorted(
            (kind, f"polar-test/{request_id}", visibility)
            for request_id, visibility in (
                ("pan-daily", "public"),
                ("sample-ridge", "mission"),
                ("esa:secret-crater", "owner"),
            )
            for kind in ("submitted", "changed")
        )
        again = deepcopy(mission_import)
        again.ClearField("requests")
        again.requests.extend(reversed(mission_import.requests))
        assert await client.catalogues.ImportCatalogue(again) == first
        assert await events_of(service) == events
        listed = await client.catalogues.ListInstruments(catalogue_pb2.ListInstrumentsRequest(mission_id="polar-test"))
        items: list[Any] = [*mission_import.instruments, *mission_import.activity_types]
        for item in items:
            item.version = 1
        assert sorted(listed.instruments, key=lambda i: i.name) == sorted(
            mission_import.instruments, key=lambda i: i.name
        )
        kinds = await client.catalogues.ListActivityTypes(
            catalogue_pb2.ListActivityTypesRequest(mission_id="polar-test", mission_version=1)
        )
        assert list(kinds.activity_types) == list(mission_import.activity_types)
        for level in type_pb2.Confidence.values()[1:]:
            trusted = await client.catalogues.ListInstruments(
                catalogue_pb2.ListInstrumentsRequest(mission_id="polar-test", confidences=[level])
            )
            assert list(trusted.instruments) == [item for item in listed.instruments if item.confidence == level]
            known = await client.catalogues.ListActivityTypes(
                catalogue_pb2.ListActivityTypesRequest(mission_id="polar-test", mission_version=1, confidences=[level])
            )
            assert list(known.activity_types) == [item for item in kinds.activity_types if item.confidence == level]
        every = await client.requests.ListRequests(request_pb2.ListRequestsRequest(mission_id="polar-test"))
        for visibility in type_pb2.Visibility.values()[1:]:
            asked = request_pb2.ListRequestsRequest(mission_id="polar-test", visibilities=[visibility])
            seen = (await client.requests.ListRequests(asked)).requests
            assert list(seen) == [item for item in every.requests if item.visibility == visibility]
        found = await client.catalogues.GetInstrument(
            catalogue_pb2.GetInstrumentRequest(mission_id="polar-test", instrument_id="camera")
        )
        assert found.instrument == mission_import.instruments[1]


@pytest.mark.asyncio
async def test_two_imports_at_once_take_effect_once(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch() as service, client_of(service) as client:
        taken = await asyncio.gather(*[client.catalogues.ImportCatalogue(mission_import) for _ in range(8)])
        assert len({response.content_hash for response in taken}) == 1
        assert len(await events_of(service)) == 6


@pytest.mark.asyncio
async def test_of_two_first_versions_at_once_one_is_stored_and_the_other_refused(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    other = deepcopy(mission_import)
    other.requests[0].title = "Another title"
    async with launch() as service, client_of(service) as client:
        outcomes = await asyncio.gather(
            *[client.catalogues.ImportCatalogue(each) for each in (mission_import, other) * 3], return_exceptions=True
        )
        taken = [each.content_hash for each in outcomes if isinstance(each, catalogue_pb2.ImportCatalogueResponse)]
        refusals = [each.reason for each in outcomes if isinstance(each, ConflictError)]
        assert (len(taken), len(set(taken)), refusals) == (3, 1, ["MISSION_VERSION_TAKEN"] * 3)
        assert len(await events_of(service)) == 6


@pytest.mark.asyncio
async def test_import_refuses_all_with_every_fault(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    spoilt = deepcopy(mission_import)
    spoilt.instruments[0].asset_id = "hopper"
    spoilt.activity_types[1].steps[0].duration_s.value = 0
    spoilt.requests[1].place_ids[0] = "rim"
    async with launch() as service, client_of(service) as client:
        error = await refused(client.catalogues.ImportCatalogue(spoilt), InvalidInputError)
        assert error.reason == "INVALID_CATALOGUE"
        assert {(fault.path, fault.code) for fault in error.faults} == {
            ("instruments[0].asset_id", "UNKNOWN_ASSET"),
            ("activity_types[0].steps[1].instruments[0].instrument_id", "WRONG_ASSET"),
            ("activity_types[1].steps[0].duration_s.value", "ZERO_DURATION"),
            ("requests[1].place_ids[0]", "UNKNOWN_PLACE"),
        }
        checked = deepcopy(mission_import)
        checked.validate_only = True
        assert (await client.catalogues.ImportCatalogue(checked)).content_hash.startswith("sha256:")
        missing = catalogue_pb2.ListInstrumentsRequest(mission_id="polar-test")
        assert (await refused(client.catalogues.ListInstruments(missing), NotFoundError)).reason == "UNKNOWN_MISSION"
        assert await events_of(service) == []


@pytest.mark.asyncio
async def test_a_new_version_keeps_the_old_catalogue(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch() as service, client_of(service) as client:
        await client.catalogues.ImportCatalogue(mission_import)
        other = deepcopy(mission_import)
        other.instruments[1].modes[0].power_w.value = 12
        error = await refused(client.catalogues.ImportCatalogue(other), ConflictError)
        assert error.reason == "MISSION_VERSION_TAKEN"
        other.mission_version = 3
        del other.requests[2]
        await client.catalogues.ImportCatalogue(other)
        assert await states_of(client) == {"pan-daily": "ACCEPTED", "sample-ridge": "ACCEPTED"}
        async with client_of(service, "esa") as owner:
            assert (await states_of(owner))["esa:secret-crater"] == "CANCELLED"
        assert (await events_of(service))[6:] == [("changed", "polar-test/esa:secret-crater", "owner")]
        for version, power_w in ((1, 10), (3, 12), (0, 12)):
            camera = await client.catalogues.GetInstrument(
                catalogue_pb2.GetInstrumentRequest(
                    mission_id="polar-test", mission_version=version, instrument_id="camera"
                )
            )
            assert camera.instrument.modes[0].power_w.value == power_w
        mission_import.mission_version = 2
        error = await refused(client.catalogues.ImportCatalogue(mission_import), ConflictError)
        assert error.reason == "OLD_MISSION_VERSION"


@pytest.mark.asyncio
async def test_each_agency_sees_what_it_may(launch: Callable[[], Any], mission_import: ImportCatalogueRequest) -> None:
    public, mission, owner = "pan-daily", "sample-ridge", "esa:secret-crater"
    cases = [
        ("jaxa", Role.VIEWER, [public, mission]),
        ("jaxa", Role.OPERATOR, [public, mission]),
        ("esa", Role.REQUESTER, [owner, public, mission]),
    ]
    async with launch() as service:
        async with client_of(service) as client:
            await client.catalogues.ImportCatalogue(mission_import)
        for agency_id, role, seen in cases:
            async with client_of(service, agency_id, role) as client:
                assert list(await states_of(client)) == seen
                for request_id in (public, mission, owner):
                    wanted = request_pb2.GetRequestRequest(mission_id="polar-test", request_id=request_id)
                    if request_id in seen:
                        assert (await client.requests.GetRequest(wanted)).request.request_id == request_id
                    else:
                        error = await refused(client.requests.GetRequest(wanted), NotFoundError)
                        assert error.reason == "UNKNOWN_REQUEST"
        for role in (Role.VIEWER, Role.PLANNER, Role.OPERATOR):
            async with client_of(service, "acme", role) as client:
                assert (await refused(states_of(client))).reason == "UNKNOWN_MISSION"


@pytest.mark.asyncio
async def test_pages_follow_each_other(launch: Callable[[], Any], mission_import: ImportCatalogueRequest) -> None:
    async with launch() as service, client_of(service, "esa") as client:
        async with client_of(service) as owner:
            await owner.catalogues.ImportCatalogue(mission_import)
        wanted = request_pb2.ListRequestsRequest(mission_id="polar-test")
        wanted.page.page_size = 2
        first = await client.requests.ListRequests(wanted)
        wanted.page.page_token = first.next_page_token
        second = await client.requests.ListRequests(wanted)
        assert [r.request_id for r in first.requests] == ["esa:secret-crater", "pan-daily"]
        assert [r.request_id for r in second.requests] == ["sample-ridge"]
        assert second.next_page_token == ""
        filtered = request_pb2.ListRequestsRequest(
            mission_id="polar-test", agency_id="isro", states=[request_pb2.REQUEST_STATE_ACCEPTED]
        )
        assert [r.request_id for r in (await client.requests.ListRequests(filtered)).requests] == ["sample-ridge"]


@pytest.mark.asyncio
async def test_submitting_takes_all_or_none(launch: Callable[[], Any], mission_import: ImportCatalogueRequest) -> None:
    good = request_pb2.ActivityRequest(
        request_id="extra",
        title="Extra",
        activity_type_id="panorama",
        agency_id="isro",
        value=1,
        visibility=mission_import.requests[0].visibility,
    )
    good.relations.add(kind=request_pb2.RELATION_KIND_REQUIRES, request_id="pan-daily")
    bad = deepcopy(good)
    bad.request_id, bad.value = "pan-daily", -1
    bad.relations[0].request_id = "esa:secret-crater"
    submission = request_pb2.SubmitRequestsRequest(mission_id="polar-test", requests=[good, bad])
    async with launch() as service:
        async with client_of(service) as client:
            await client.catalogues.ImportCatalogue(mission_import)
            error = await refused(client.requests.SubmitRequests(submission), PermissionDeniedError)
            assert [fault.path for fault in error.faults] == ["requests[0].agency_id", "requests[1].agency_id"]
        async with client_of(service, "isro", Role.REQUESTER) as client:
            error = await refused(client.requests.SubmitRequests(submission), InvalidInputError)
            # What the agency may not see does not exist for its relations either.
            assert {(fault.path, fault.code) for fault in error.faults} == {
                ("requests[1].value", "NEGATIVE_NUMBER"),
                ("requests[1].relations[0].request_id", "UNKNOWN_REQUEST"),
                ("requests[1].request_id", "DUPLICATE_ID"),
            }
            assert "extra" not in await states_of(client)
            del submission.requests[1]
            submission.validate_only = True
            assert len((await client.requests.SubmitRequests(submission)).requests) == 1
            assert "extra" not in await states_of(client)
            submission.validate_only = False
            (taken,) = (await client.requests.SubmitRequests(submission)).requests
            assert (taken.version, taken.history[1].agency_id, taken.history[1].reason) == (2, "isro", "submitted")
            assert (await states_of(client))["extra"] == "ACCEPTED"
            assert (await events_of(service))[6:8] == [
                ("submitted", "polar-test/extra", "public"),
                ("changed", "polar-test/extra", "public"),
            ]


@pytest.mark.asyncio
async def test_withdrawing_needs_the_newest_version_and_the_owner(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    wanted = request_pb2.CancelRequestRequest(
        mission_id="polar-test", request_id="sample-ridge", reason="drill is worn", version=1
    )
    async with launch() as service:
        async with client_of(service) as client:
            await client.catalogues.ImportCatalogue(mission_import)
            error = await refused(client.requests.CancelRequest(wanted), PermissionDeniedError)
            assert error.reason == "FOREIGN_AGENCY"
        async with client_of(service, "isro", Role.REQUESTER) as client:
            error = await refused(client.requests.CancelRequest(wanted), ConflictError)
            assert (error.reason, error.metadata["version"]) == ("STALE_VERSION", "2")
            wanted.version = 2
            cancelled = (await client.requests.CancelRequest(wanted)).request
            assert (cancelled.version, cancelled.history[-1].reason) == (3, "drill is worn")
            error = await refused(
                client.requests.CancelRequest(
                    request_pb2.CancelRequestRequest(mission_id="polar-test", request_id="sample-ridge")
                ),
                PreconditionError,
            )
            assert error.reason == "ILLEGAL_TRANSITION"
            assert (await states_of(client))["sample-ridge"] == "CANCELLED"


@pytest.mark.asyncio
async def test_expansion_is_for_planners_and_of_live_requests(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    wanted = request_pb2.ExpandRequestsRequest(mission_id="polar-test")
    async with launch() as service:
        async with client_of(service) as client:
            await client.catalogues.ImportCatalogue(mission_import)
            expansion = await client.requests.ExpandRequests(wanted)
            assert [a.activity_id for a in expansion.activities if a.request_id != "pan-daily"] == [
                "esa:secret-crater/0/image",
                "sample-ridge/0/drill",
                "sample-ridge/0/analyse",
            ]
            await client.requests.CancelRequest(
                request_pb2.CancelRequestRequest(mission_id="polar-test", request_id="pan-daily", reason="no")
            )
            fewer = await client.requests.ExpandRequests(wanted)
            assert {a.request_id for a in fewer.activities} == {"sample-ridge", "esa:secret-crater"}
            assert fewer.content_hash != expansion.content_hash
        async with client_of(service, "isro", Role.REQUESTER) as client:
            error = await refused(client.requests.ExpandRequests(wanted), PermissionDeniedError)
            assert error.reason == "FORBIDDEN"
