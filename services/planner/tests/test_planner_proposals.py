"""Versions of a mission by other members are proposals, which its owners take or decline."""

import json
from typing import Any

import pytest
from charter_agencies import (
    CONTRIBUTOR,
    WEEK,
    Agency,
    M,
    agency,
    refused,
    wanted,
)
from database_statements import statements_of
from malapert.planner.v1 import charter_pb2, charter_pb2_grpc, mission_pb2
from malapert_core.errors import (
    ConflictError,
    ExhaustedError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
)
from malapert_core.policy.identity import Role
from malapert_planner.storage.proposals import ProposalStore
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel
from mission_documents import changed
from neighbours import Neighbours
from planner_client import run_planner


@pytest.mark.asyncio
async def test_document_of_another_member_is_a_proposal_and_of_an_outsider_nothing(
    service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    other = changed(WEEK, solver__seed=2)
    async with (
        run_planner(service_runtime, target) as service,
        agency(service.target, "JAXA") as jaxa,
        agency(service.target, "ISRO") as isro,
        agency(service.target, "NASA") as nasa,
    ):
        created = await jaxa.client.create()
        request = mission_pb2.CreateMissionRequest(document_json=other)
        answer = await isro.client.missions.CreateMission(request)
        assert not answer.HasField("mission")
        again = await isro.client.missions.CreateMission(request)
        assert again.proposal.proposal_id == answer.proposal.proposal_id
        checked = mission_pb2.CreateMissionRequest(document_json=other, validate_only=True)
        assert (await nasa.client.missions.CreateMission(checked)).proposal.proposal_id == ""
        newest = await jaxa.client.missions.GetMission(mission_pb2.GetMissionRequest(mission_id=M))
        assert newest.mission == created
        assert [each.proposal_id for each in await jaxa.proposals()] == [answer.proposal.proposal_id]
        assert await nasa.proposals() == []
        proposal_id = answer.proposal.proposal_id
        assert await refused(nasa.decide("Get", proposal_id), NotFoundError)
        assert await refused(nasa.decide("Accept", proposal_id), PermissionDeniedError)
        assert await refused(nasa.decide("Decline", proposal_id, reason="x"), NotFoundError)
        accepted = (await jaxa.decide("Accept", proposal_id)).mission
        assert (accepted.version, accepted.content_hash) == (2, answer.proposal.content_hash)
        assert await refused(jaxa.decide("Decline", proposal_id, reason="late"), PreconditionError)
        assert await isro.proposals(mission_pb2.MISSION_PROPOSAL_STATE_OPEN) == []
        (told,) = await isro.proposals(mission_pb2.MISSION_PROPOSAL_STATE_ACCEPTED)
        assert [told] == await isro.proposals()
        assert (told.state, told.version) == (mission_pb2.MISSION_PROPOSAL_STATE_ACCEPTED, 2)


@pytest.mark.asyncio
async def test_version_is_not_taken_where_its_acceptance_cannot_be_stored(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, target = neighbours

    async def lost(*_: Any) -> None:
        raise ConflictError("CONCURRENT_CHANGE", "declined meanwhile")

    async with (
        run_planner(sqlite_service_runtime, target) as service,
        agency(service.target, "JAXA") as jaxa,
        agency(service.target, "ISRO") as isro,
    ):
        await jaxa.client.create()
        request = mission_pb2.CreateMissionRequest(document_json=changed(WEEK, solver__seed=2))
        proposal_id = (await isro.client.missions.CreateMission(request)).proposal.proposal_id
        with monkeypatch.context() as broken:
            broken.setattr(ProposalStore, "decide", lost)
            assert await refused(jaxa.decide("Accept", proposal_id), ConflictError)
        newest = await jaxa.client.missions.GetMission(mission_pb2.GetMissionRequest(mission_id=M))
        assert newest.mission.version == 1
        assert (await jaxa.decide("Accept", proposal_id)).mission.content_hash == (await isro.proposals())[
            0
        ].content_hash


@pytest.mark.asyncio
async def test_version_names_new_agencies_only_once_the_charter_does(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    document = json.loads(json.dumps(WEEK))
    document["agencies"].append({"id": "CSA", "name": "Canadian Space Agency", "role": "camera"})
    request = mission_pb2.CreateMissionRequest(document_json=json.dumps(document).encode())
    async with (
        run_planner(sqlite_service_runtime, target) as service,
        agency(service.target, "JAXA") as jaxa,
        agency(service.target, "ISRO") as isro,
    ):
        await jaxa.client.create()
        for writer in (jaxa, isro):
            error = await refused(writer.client.missions.CreateMission(request), InvalidInputError)
            assert [(fault.path, fault.code) for fault in error.faults] == [("agencies[4].id", "NO_MEMBER")]
        named = await jaxa.charter()
        members = [charter_pb2.WantedMembership(agency_id=each.agency_id, parts=each.parts) for each in named.members]
        await jaxa.change([*members, *wanted(CSA=[CONTRIBUTOR])])
        assert (await jaxa.client.missions.CreateMission(request)).mission.version == 2


@pytest.mark.asyncio
async def test_proposal_cannot_drop_what_its_writer_does_not_see(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    document = json.loads(json.dumps(WEEK))
    document["requests"][0] |= {"agency": "NASA", "visibility": "owner", "relations": []}
    hidden_id = document["requests"][0]["id"]
    async with (
        run_planner(sqlite_service_runtime, target) as service,
        agency(service.target, "JAXA") as jaxa,
        agency(service.target, "ISRO") as isro,
    ):
        await jaxa.client.create(json.dumps(document).encode())
        seen = await isro.client.missions.GetMission(mission_pb2.GetMissionRequest(mission_id=M))
        shown = json.loads(seen.mission.document_json)
        assert hidden_id not in {request["id"] for request in shown["requests"]}
        shown["mission"]["title"] = "Another title"
        request = mission_pb2.CreateMissionRequest(document_json=json.dumps(shown).encode())
        proposal = (await isro.client.missions.CreateMission(request)).proposal
        accepted = (await jaxa.decide("Accept", proposal.proposal_id)).mission
        assert hidden_id in {each["id"] for each in json.loads(accepted.document_json)["requests"]}
        own = (await isro.decide("Get", proposal.proposal_id)).proposal
        assert hidden_id not in {each["id"] for each in json.loads(own.document_json)["requests"]}


@pytest.mark.asyncio
async def test_documents_of_an_agency_are_bounded_in_bytes_proposed_ones_too(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    versions = [changed(WEEK, solver__seed=seed) for seed in range(2, 7)]

    async def handed_in(asking: Agency) -> int:
        for count, document in enumerate(versions):
            try:
                await asking.client.missions.CreateMission(mission_pb2.CreateMissionRequest(document_json=document))
            except ExhaustedError:
                return count
        return len(versions)

    # The stored form says every default: it is longer than what was handed in.
    room = 8 * len(versions[0])
    async with (
        run_planner(sqlite_service_runtime, target, stored_bytes_of_agency=room) as service,
        agency(service.target, "JAXA") as jaxa,
        agency(service.target, "ISRO") as isro,
    ):
        await jaxa.client.create()
        assert 0 < await handed_in(isro) < len(versions)
        assert 0 < await handed_in(jaxa) < len(versions)
        beyond = mission_pb2.CreateMissionRequest(document_json=changed(WEEK, solver__seed=99))
        for asking in (jaxa, isro):
            with pytest.raises(ExhaustedError) as full:
                await asking.client.missions.CreateMission(beyond)
            assert full.value.reason == "STORED_BYTES_LIMIT"
            assert int(full.value.metadata["stored_bytes"]) <= room
        proposals = await isro.proposals()
        newest = await jaxa.client.missions.GetMission(mission_pb2.GetMissionRequest(mission_id=M))
        assert newest.mission.version < len(versions)
        assert len(proposals) < len(versions)


@pytest.mark.asyncio
async def test_charters_of_many_missions_are_read_without_their_documents_each_time(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    """Each answer read every mission's document anew, one after the other, for the names of its assets."""
    _, target = neighbours
    names = [f"week-{number}" for number in range(4)]
    async with (
        run_planner(sqlite_service_runtime, target) as service,
        agency(service.target, "JAXA") as jaxa,
        open_test_channel(service.target, identity_of("", Role.SERVICE)) as channel,
    ):
        for name in names:
            await jaxa.client.create(changed(WEEK, mission__id=name))
        stub = charter_pb2_grpc.CharterServiceStub(channel)

        async def asked(*mission_ids: str) -> tuple[dict[str, list[str]], list[str]]:
            request = charter_pb2.BatchGetChartersRequest(mission_ids=mission_ids)
            with statements_of(service.runtime.database) as statements:
                charters = (await stub.BatchGetCharters(request)).charters
            return {each.mission_id: list(each.asset_ids) for each in charters}, statements

        found, _ = await asked(*names, "nothing", names[0])
        again, of_four = await asked(*names)
        _, of_one = await asked(names[0])
        await jaxa.client.create(changed(WEEK, mission__id=names[0], solver__seed=2))
        newer, _ = await asked(*names)
    assert found == again == newer == {name: ["rover"] for name in names}
    assert len(of_four) == len(of_one)
    assert not any("document_json" in statement for statement in of_four)
