"""Versions of instruments and activity types, imports, checks and science over real gRPC, on both databases."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import deepcopy
from typing import Any

import payload_world
import pytest
from malapert.payload.v1 import catalogue_pb2, request_pb2, science_pb2
from malapert.payload.v1.catalogue_pb2 import ImportCatalogueRequest, Instrument
from malapert.type.v1 import type_pb2
from malapert_core.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
)
from malapert_core.policy.identity import Role
from payload_world import MISSION, Client, events_of, refused


class Caller(Client):
    """A caller that publishes instruments."""

    async def publish(self, instrument: Instrument, **fields: Any) -> Instrument:
        request = catalogue_pb2.PublishInstrumentRequest(mission_id=MISSION, instrument=instrument, **fields)
        published: Instrument = (await self.catalogues.PublishInstrument(request)).instrument
        return published

    async def instrument(self, instrument_id: str, mission_version: int = 0) -> Instrument:
        request = catalogue_pb2.GetInstrumentRequest(
            mission_id=MISSION, mission_version=mission_version, instrument_id=instrument_id
        )
        found: Instrument = (await self.catalogues.GetInstrument(request)).instrument
        return found

    async def versions(self, instrument_id: str) -> list[Any]:
        request = catalogue_pb2.ListInstrumentVersionsRequest(mission_id=MISSION, instrument_id=instrument_id)
        return list((await self.catalogues.ListInstrumentVersions(request)).versions)


@asynccontextmanager
async def client_of(service: Any, agency_id: str = "jaxa", role: Role = Role.PLANNER) -> AsyncIterator[Caller]:
    async with payload_world.client_of(service, agency_id, role, Caller) as client:
        yield client


def camera_of(mission: ImportCatalogueRequest) -> Instrument:
    camera = deepcopy(mission.instruments[1])
    camera.modes[0].power_w.value = 12.5
    return camera


@pytest.mark.asyncio
async def test_versions_are_added_and_never_change(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch() as service, client_of(service) as client:
        await client.catalogues.ImportCatalogue(mission_import)
        camera = camera_of(mission_import)
        camera.modes[0].power_w.value, camera.modes[0].power_w.unit = 0.0125, "kW"
        checked = await client.publish(camera, validate_only=True)
        assert (checked.version, checked.modes[0].power_w.value, checked.modes[0].power_w.unit) == (2, 12.5, "W")
        assert [version.record.version for version in await client.versions("camera")] == [1]
        published = await client.publish(camera, reason="calibrated", seen_version=1)
        assert published == checked
        assert await client.publish(camera) == published
        first, second = await client.versions("camera")
        assert (first.instrument.modes[0].power_w.value, second.instrument.modes[0].power_w.value) == (10.0, 12.5)
        assert (second.record.agency_id, second.record.reason) == ("jaxa", "calibrated")
        assert first.record.content_hash != second.record.content_hash
        assert (await client.instrument("camera")).version == 2
        assert (await client.instrument("camera", 1)).version == 1
        kinds = [kind for kind, entity, _ in await events_of(service) if entity == f"{MISSION}/camera"]
        assert kinds == ["published"]
        expand = request_pb2.ExpandRequestsRequest(mission_id=MISSION)
        drafts = (await client.requests.ExpandRequests(expand)).activities
        assert {name for draft in drafts for name in draft.item_versions if name.startswith("camera")} == {"camera@2"}


@pytest.mark.asyncio
async def test_a_version_that_is_named_stays_in_use(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch() as service, client_of(service) as client:
        mission_import.activity_types[1].steps[0].instruments[0].version = 1
        await client.catalogues.ImportCatalogue(mission_import)
        await client.publish(camera_of(mission_import))
        drafts = (
            await client.requests.ExpandRequests(request_pb2.ExpandRequestsRequest(mission_id=MISSION))
        ).activities
        used = {draft.request_id: [n for n in draft.item_versions if n.startswith("camera")] for draft in drafts}
        assert used["pan-daily"] == ["camera@1"]
        assert used["sample-ridge"] == ["camera@2"]


@pytest.mark.asyncio
async def test_what_a_mission_version_leaves_as_it_was_keeps_the_team_s_version(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch() as service, client_of(service) as client:
        await client.catalogues.ImportCatalogue(mission_import)
        await client.publish(camera_of(mission_import))
        second = deepcopy(mission_import)
        second.mission_version, second.instruments[0].function = 2, "changed"
        await client.catalogues.ImportCatalogue(second)
        assert (await client.instrument("camera")).modes[0].power_w.value == 12.5
        assert (await client.instrument("spectrometer")).version == 2
        third = deepcopy(second)
        third.mission_version, third.instruments[1].modes[0].power_w.value = 3, 9.0
        await client.catalogues.ImportCatalogue(third)
        assert (await client.instrument("camera")).modes[0].power_w.value == 9.0
        assert [version.record.version for version in await client.versions("camera")] == [1, 2, 3]
        assert (await client.instrument("camera", 2)).modes[0].power_w.value == 10.0


@pytest.mark.asyncio
async def test_what_is_refused_changes_nothing(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch() as service, client_of(service) as client, client_of(service, "esa") as stranger:
        await client.catalogues.ImportCatalogue(mission_import)
        camera = camera_of(mission_import)
        assert (await refused(stranger.publish(camera), PermissionDeniedError)).reason == "FOREIGN_AGENCY"
        taken = deepcopy(camera)
        taken.agency_id = "esa"
        assert (await refused(stranger.publish(taken), PermissionDeniedError)).reason == "FOREIGN_AGENCY"
        assert (await refused(client.publish(camera, seen_version=7), ConflictError)).reason == "STALE_VERSION"
        broken = deepcopy(camera)
        broken.modes[0].mode_id, broken.modes[0].power_w.unit = "panorama", "Wh"
        error = await refused(client.publish(broken), InvalidInputError)
        assert error.reason == "INVALID_INSTRUMENT"
        codes = {(fault.path, fault.code) for fault in error.faults}
        assert ("instrument.modes[0].power_w.unit", "WRONG_UNIT") in codes
        assert ("instrument.modes", "BREAKS_ACTIVITY_TYPE") in codes
        longer = deepcopy(mission_import.activity_types[1])
        longer.agency_id = "jaxa"
        longer.steps[0].duration_s.value = 86_400 * 30
        asked = catalogue_pb2.PublishActivityTypeRequest(mission_id=MISSION, activity_type=longer)
        error = await refused(client.catalogues.PublishActivityType(asked), InvalidInputError)
        assert {(fault.path, fault.code) for fault in error.faults} == {("activity_type", "BREAKS_REQUEST")}
        assert [version.record.version for version in await client.versions("camera")] == [1]
        assert await refused(client.versions("film"), NotFoundError)
        unknown = catalogue_pb2.ListInstrumentVersionsRequest(mission_id="mars", instrument_id="camera")
        assert (
            await refused(client.catalogues.ListInstrumentVersions(unknown), NotFoundError)
        ).reason == "UNKNOWN_MISSION"


@pytest.mark.asyncio
async def test_a_team_brings_its_own_instrument_type_and_request(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch() as service, client_of(service, "esa", Role.REQUESTER) as team, client_of(service) as planner:
        await planner.catalogues.ImportCatalogue(mission_import)
        sniffer = camera_of(mission_import)
        sniffer.instrument_id, sniffer.agency_id, sniffer.name = "sniffer", "esa", "Нюхач 嗅探 استشعار"
        sniffer.permitted_agency_ids.append("isro")
        assert (await team.publish(sniffer)).version == 1
        kind = deepcopy(mission_import.activity_types[1])
        kind.activity_type_id, kind.agency_id = "sniff", "esa"
        kind.steps[0].instruments[0].instrument_id = "sniffer"
        asked = catalogue_pb2.PublishActivityTypeRequest(mission_id=MISSION, activity_type=kind)
        assert (await team.catalogues.PublishActivityType(asked)).activity_type.version == 1
        own = request_pb2.ActivityRequest(
            request_id="sniff-1",
            title="Sniff",
            activity_type_id="sniff",
            agency_id="esa",
            value=3,
            visibility=type_pb2.VISIBILITY_MISSION,
        )
        await team.requests.SubmitRequests(request_pb2.SubmitRequestsRequest(mission_id=MISSION, requests=[own]))
        foreign = deepcopy(own)
        foreign.request_id, foreign.agency_id = "sniff-2", "jaxa"
        submit = request_pb2.SubmitRequestsRequest(mission_id=MISSION, requests=[foreign])
        (waiting,) = (await planner.requests.SubmitRequests(submit)).requests
        assert [(hold.kind, hold.agency_id) for hold in waiting.holds] == [
            (request_pb2.HOLD_KIND_USE_PERMISSION, "esa")
        ]
        # A new version of the mission does not list them, and they stay.
        second = deepcopy(mission_import)
        second.mission_version = 2
        await planner.catalogues.ImportCatalogue(second)
        assert (await team.instrument("sniffer")).version == 1


@pytest.mark.asyncio
async def test_an_import_submits_revises_and_leaves(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch() as service, client_of(service) as client:
        await client.catalogues.ImportCatalogue(mission_import)
        daily = deepcopy(mission_import.requests[0])
        fresh = deepcopy(daily)
        fresh.request_id = "pan-weekly"
        asked = request_pb2.ImportRequestsRequest(mission_id=MISSION, requests=[daily, fresh], reason="table of May")
        counts = await client.requests.ImportRequests(asked)
        assert (counts.submitted_count, counts.revised_count, counts.unchanged_count) == (1, 0, 1)
        asked.requests[1].value = 99.0
        counts = await client.requests.ImportRequests(asked)
        assert (counts.submitted_count, counts.revised_count, counts.unchanged_count) == (0, 1, 1)
        wanted = request_pb2.GetRequestRequest(mission_id=MISSION, request_id="pan-weekly")
        found = (await client.requests.GetRequest(wanted)).request
        assert (found.value, [row.reason for row in found.history]) == (99.0, ["table of May"] * 3)
        asked.requests.append(fresh)
        asked.requests[0].value = float("inf")
        error = await refused(client.requests.ImportRequests(asked), InvalidInputError)
        assert {(fault.path, fault.code) for fault in error.faults} == {
            ("requests[0].value", "NOT_FINITE"),
            ("requests[2].request_id", "DUPLICATE_ID"),
        }
        assert (await client.requests.GetRequest(wanted)).request == found
        asked = request_pb2.ImportRequestsRequest(mission_id=MISSION, requests=[mission_import.requests[1]])
        assert (await refused(client.requests.ImportRequests(asked), PermissionDeniedError)).reason == "FOREIGN_AGENCY"


@pytest.mark.asyncio
async def test_a_revision_takes_a_request_out_of_its_plan(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch() as service, client_of(service) as client:
        await client.catalogues.ImportCatalogue(mission_import)
        daily = deepcopy(mission_import.requests[0])
        daily.value = 40.0
        revise = request_pb2.ReviseRequestRequest(mission_id=MISSION, request=daily, version=2, reason="better film")
        checked = deepcopy(revise)
        checked.validate_only = True
        assert (await client.requests.ReviseRequest(checked)).request.version == 3
        revised = (await client.requests.ReviseRequest(revise)).request
        assert (revised.version, revised.value, revised.history[-1].reason) == (3, 40.0, "better film")
        assert (await refused(client.requests.ReviseRequest(revise), ConflictError)).reason == "STALE_VERSION"
        revise.version, revise.request.request_id = 0, "nobody"
        assert (await refused(client.requests.ReviseRequest(revise), NotFoundError)).reason == "UNKNOWN_REQUEST"
        cancel = request_pb2.CancelRequestRequest(mission_id=MISSION, request_id="pan-daily", reason="no film")
        await client.requests.CancelRequest(cancel)
        assert (await refused(client.requests.CancelRequest(cancel), PreconditionError)).reason == "ILLEGAL_TRANSITION"
        changes = [kind for kind, entity, _ in await events_of(service) if entity == f"{MISSION}/pan-daily"]
        assert changes == ["submitted", "changed", "changed", "changed"]


@pytest.mark.asyncio
async def test_a_check_tells_faults_and_needs_and_stores_nothing(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch() as service, client_of(service) as client:
        await client.catalogues.ImportCatalogue(mission_import)
        good, bad = deepcopy(mission_import.requests[0]), deepcopy(mission_import.requests[0])
        good.request_id, bad.request_id, bad.value = "new", "bad", -1.0
        asked = request_pb2.CheckRequestsRequest(mission_id=MISSION, requests=[good, bad])
        answer = await client.requests.CheckRequests(asked)
        assert [(fault.path, fault.code) for fault in answer.faults] == [("requests[1].value", "NEGATIVE_NUMBER")]
        assert answer.fault_count == 1
        (told,) = answer.predictions
        step = mission_import.activity_types[1].steps[0]
        assert (told.request_id, told.repetition_count, told.duration_s) == ("new", 4, step.duration_s.value)
        # 10 W of the camera and 20 W of the rover, if it has any, over the step.
        power_w = 10.0 + step.power_w.value
        assert told.energy_wh == pytest.approx(power_w * step.duration_s.value / 3600)
        assert told.windows[0] == mission_import.horizon or len(told.windows) == len(good.windows)
        wanted = request_pb2.GetRequestRequest(mission_id=MISSION, request_id="new")
        assert (await refused(client.requests.GetRequest(wanted), NotFoundError)).reason == "UNKNOWN_REQUEST"


@pytest.mark.asyncio
async def test_many_faults_are_counted_and_some_listed(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch() as service, client_of(service) as client:
        await client.catalogues.ImportCatalogue(mission_import)
        bad = deepcopy(mission_import.requests[0])
        bad.activity_type_id, bad.title = "nothing of the kind", "氷" * 2500
        requests = []
        for number in range(1000):
            bad.request_id = f"r{number}"
            requests.append(deepcopy(bad))
        asked = request_pb2.ImportRequestsRequest(mission_id=MISSION, requests=requests)
        error = await refused(client.requests.ImportRequests(asked), InvalidInputError)
        assert "2000 faults" in error.message
        assert len(error.faults) == 100
        assert error.metadata["fault_count"] == "2000"


@pytest.mark.asyncio
async def test_worth_is_told_to_who_may_see_it(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch() as service, client_of(service) as client:
        await client.catalogues.ImportCatalogue(mission_import)
        asked = science_pb2.RateRequestsRequest(mission_id=MISSION)
        rated = await client.science.RateRequests(asked)
        assert {value.request_id for value in rated.values} == {"pan-daily", "sample-ridge"}
        assert [term.name for term in rated.values[0].terms] == ["request"]
        asked.places.add(place_id="sea", mean_sun_fraction=2.0)
        error = await refused(client.science.RateRequests(asked), InvalidInputError)
        assert {fault.code for fault in error.faults} == {"UNKNOWN_PLACE", "OUT_OF_RANGE"}
