"""Charters: created with the mission, changed by the consent of owners; versions of other members are proposals."""

import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from database_statements import statements_of
from malapert.planner.v1 import charter_pb2, charter_pb2_grpc, mission_pb2
from malapert_core.errors import (
    ConflictError,
    ExhaustedError,
    InvalidInputError,
    MalapertError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
)
from malapert_core.policy.charter import Charter, Membership, Part
from malapert_core.policy.identity import Role
from malapert_planner.domain.life.charter import left_charter
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.storage.proposals import ProposalStore
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel
from mission_documents import changed, load_mission
from neighbours import Neighbours
from planner_client import PlannerClient, client_of, run_planner

WEEK = load_mission("lupex-week")
M = "lupex-week"
OWNER, CONTRIBUTOR, APPROVER, OBSERVER = (
    charter_pb2.PART_OWNER,
    charter_pb2.PART_CONTRIBUTOR,
    charter_pb2.PART_APPROVER,
    charter_pb2.PART_OBSERVER,
)


def wanted(**parts: Any) -> list[charter_pb2.WantedMembership]:
    return [charter_pb2.WantedMembership(agency_id=name, parts=held) for name, held in parts.items()]


class Agency:
    """An agency's planner at the charter's door."""

    def __init__(self, client: PlannerClient) -> None:
        self.client = client
        self.stub = charter_pb2_grpc.CharterServiceStub(client.channel)

    async def charter(self) -> charter_pb2.Charter:
        return (await self.stub.GetCharter(charter_pb2.GetCharterRequest(mission_id=M))).charter

    async def change(self, members: list[Any], **rest: Any) -> charter_pb2.CharterChange:
        request = charter_pb2.ChangeCharterRequest(mission_id=M, members=members, **rest)
        return (await self.stub.ChangeCharter(request)).change

    async def consent(self, change_id: str) -> charter_pb2.CharterChange:
        request = charter_pb2.ConsentToCharterRequest(mission_id=M, change_id=change_id)
        return (await self.stub.ConsentToCharter(request)).change

    async def decline(self, change_id: str) -> charter_pb2.CharterChange:
        request = charter_pb2.DeclineCharterRequest(mission_id=M, change_id=change_id, reason="no")
        return (await self.stub.DeclineCharter(request)).change

    async def leave(self) -> charter_pb2.Charter:
        return (await self.stub.LeaveMission(charter_pb2.LeaveMissionRequest(mission_id=M))).charter

    async def proposals(self, *states: mission_pb2.MissionProposalState.ValueType) -> list[mission_pb2.MissionProposal]:
        request = mission_pb2.ListMissionProposalsRequest(mission_id=M, states=states)
        return list((await self.client.missions.ListMissionProposals(request)).proposals)

    async def changes(self, **filters: Any) -> dict[str, charter_pb2.CharterChangeState.ValueType]:
        request = charter_pb2.ListCharterChangesRequest(mission_id=M, **filters)
        return {change.change_id: change.state for change in (await self.stub.ListCharterChanges(request)).changes}

    async def decide(self, verb: str, proposal_id: str, **rest: Any) -> Any:
        request = getattr(mission_pb2, f"{verb}MissionProposalRequest")(mission_id=M, proposal_id=proposal_id, **rest)
        return await getattr(self.client.missions, f"{verb}MissionProposal")(request)


@asynccontextmanager
async def agency(target: str, agency_id: str, role: Role = Role.PLANNER) -> AsyncIterator[Agency]:
    async with client_of(target, agency_id, role) as client:
        yield Agency(client)


async def refused(call: Awaitable[Any], kind: type[MalapertError]) -> MalapertError:
    with pytest.raises(kind) as raised:
        await call
    return raised.value


def members_of(charter: charter_pb2.Charter) -> dict[str, set[int]]:
    return {member.agency_id: set(member.parts) for member in charter.members if not member.HasField("until")}


@pytest.mark.asyncio
async def test_charter_of_a_new_mission_and_its_change_by_the_only_owner(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    async with (
        run_planner(sqlite_service_runtime, target) as service,
        agency(service.target, "JAXA") as jaxa,
        agency(service.target, "ISRO") as isro,
        agency(service.target, "DLR") as dlr,
    ):
        await jaxa.client.create()
        first = await jaxa.charter()
        document = MissionDocument.model_validate_json(json.dumps(WEEK))
        assert first.version == 1
        for named in document.agencies:
            parts = members_of(first)[named.id]
            assert (CONTRIBUTOR in parts, APPROVER in parts) == (True, named.reviewer)
        assert OWNER in members_of(first)["JAXA"]
        # The stations of these tests are nobody's.
        assert "" not in members_of(first)
        assert await refused(isro.change(wanted(ISRO=[OWNER])), PermissionDeniedError)
        assert await refused(dlr.change(wanted(DLR=[OWNER])), NotFoundError)
        change = await jaxa.change(wanted(JAXA=[OWNER], ISRO=[OWNER, APPROVER], DLR=[OBSERVER]), version=1)
        assert change.state == charter_pb2.CHARTER_CHANGE_STATE_IN_FORCE
        now = await dlr.charter()
        assert members_of(now) == {"JAXA": {OWNER}, "ISRO": {OWNER, APPROVER}, "DLR": {OBSERVER}}
        assert now.version == 2
        since = {member.agency_id: member.since for member in now.members if not member.HasField("until")}
        assert since["JAXA"] == first.members[0].since
        assert since["DLR"].ToDatetime() > since["JAXA"].ToDatetime()
        async with agency(service.target, "NASA") as nasa:
            assert await refused(nasa.charter(), NotFoundError)


@pytest.mark.asyncio
async def test_faults_of_a_charter_are_told_at_once_and_stale_ones_refused(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    async with run_planner(sqlite_service_runtime, target) as service, agency(service.target, "JAXA") as jaxa:
        await jaxa.client.create()
        past = charter_pb2.WantedMembership(agency_id="ESA", parts=[OBSERVER])
        past.until.FromJsonString("2020-01-01T00:00:00Z")
        members = [*wanted(JAXA=[CONTRIBUTOR], ISRO=[]), *wanted(JAXA=[OBSERVER]), *wanted(**{"": [OBSERVER]}), past]
        error = await refused(jaxa.change(members), InvalidInputError)
        assert error.reason == "INVALID_CHARTER"
        assert {(fault.path, fault.code) for fault in error.faults} == {
            ("members[1].parts", "MISSING"),
            ("members[2].agency_id", "DUPLICATE"),
            ("members[3].agency_id", "MISSING"),
            ("members[4].until", "OUT_OF_RANGE"),
            ("members", "NO_OWNER"),
        }
        assert (await refused(jaxa.change(wanted(JAXA=[OWNER]), version=7), ConflictError)).reason == "STALE_VERSION"
        assert (await refused(jaxa.leave(), PreconditionError)).reason == "LAST_OWNER"


def test_an_owner_leaves_only_while_another_one_stays_without_an_end() -> None:
    """Whoever owned without an end could leave a mission to an owner of a day, and then to nobody."""
    now = datetime(2029, 1, 10, tzinfo=UTC)
    lasting, observer = (
        Membership(name, frozenset({part}), now) for name, part in (("A", Part.OWNER), ("O", Part.OBSERVER))
    )
    of_a_day = Membership("B", frozenset({Part.OWNER}), now, now + timedelta(days=1))
    charter = Charter(M, 1, (lasting, of_a_day, observer))
    with pytest.raises(PreconditionError, match="LAST_OWNER"):
        left_charter(charter, ("A", "key:a"), now)
    for name in ("B", "O"):
        left = left_charter(charter, (name, "key"), now).charter
        assert set(left.agencies(now)) == {"A", "B", "O"} - {name}
    second = replace(charter, members=(lasting, replace(of_a_day, until=None)))
    assert left_charter(second, ("A", "key:a"), now).charter.agencies(now) == ("B",)


@pytest.mark.asyncio
async def test_every_owner_consents_and_a_member_leaves_by_itself(
    service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    async with (
        run_planner(service_runtime, target) as service,
        agency(service.target, "JAXA") as jaxa,
        agency(service.target, "ISRO") as isro,
        agency(service.target, "NASA") as nasa,
    ):
        await jaxa.client.create()
        await jaxa.change(wanted(JAXA=[OWNER], ISRO=[OWNER], NASA=[CONTRIBUTOR]))
        seized = await isro.change(wanted(ISRO=[OWNER]))
        assert seized.state == charter_pb2.CHARTER_CHANGE_STATE_PENDING
        assert list(seized.needed_agency_ids) == ["ISRO", "JAXA"]
        assert OWNER in members_of(await jaxa.charter())["JAXA"]
        assert await refused(nasa.consent(seized.change_id), PermissionDeniedError)
        assert (await jaxa.decline(seized.change_id)).state == charter_pb2.CHARTER_CHANGE_STATE_DECLINED
        assert await refused(isro.consent(seized.change_id), PreconditionError)
        stale = await isro.change(wanted(ISRO=[OWNER]))
        agreed = await isro.change(wanted(JAXA=[OWNER], ISRO=[OWNER], NASA=[CONTRIBUTOR], DLR=[OBSERVER]))
        assert (await jaxa.consent(agreed.change_id)).state == charter_pb2.CHARTER_CHANGE_STATE_IN_FORCE
        listed = await nasa.changes()
        assert listed[stale.change_id] == charter_pb2.CHARTER_CHANGE_STATE_OVERTAKEN
        for state in (charter_pb2.CHARTER_CHANGE_STATE_DECLINED, charter_pb2.CHARTER_CHANGE_STATE_PENDING):
            assert await nasa.changes(states=[state]) == {key: at for key, at in listed.items() if at == state}
        assert await nasa.changes(consents=[charter_pb2.CONSENT_ALL_OWNERS]) == listed
        assert await nasa.changes(consents=[charter_pb2.CONSENT_ANY_OWNER]) == {}
        assert await refused(nasa.changes(states=[0], consents=[99]), InvalidInputError)
        await nasa.leave()
        assert await refused(nasa.charter(), NotFoundError)
        assert "NASA" not in members_of(await jaxa.charter())


@pytest.mark.asyncio
async def test_a_later_member_is_not_told_what_was_decided_before(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    async with (
        run_planner(sqlite_service_runtime, target) as service,
        agency(service.target, "JAXA") as jaxa,
        agency(service.target, "ISRO") as isro,
        agency(service.target, "DLR") as dlr,
        agency(service.target, "CSA") as csa,
    ):
        await jaxa.client.create()
        document = mission_pb2.CreateMissionRequest(document_json=changed(WEEK, solver__seed=2))
        old = (await isro.client.missions.CreateMission(document)).proposal.proposal_id
        await jaxa.decide("Decline", old, reason="not for others' ears")
        await jaxa.change(wanted(JAXA=[OWNER], ISRO=[OWNER]))
        declined = await isro.change(wanted(ISRO=[OWNER]))
        await jaxa.decline(declined.change_id)
        members = wanted(JAXA=[OWNER], ISRO=[OWNER], DLR=[OWNER], CSA=[OWNER])
        members[3].sees_earlier = True
        joined = await jaxa.change(members)
        await isro.consent(joined.change_id)
        pending = await jaxa.change(members)
        assert set(await dlr.changes()) == {pending.change_id}
        assert set(await csa.changes()) == set(await isro.changes()) > {declined.change_id, joined.change_id}
        assert await dlr.proposals() == []
        assert await refused(dlr.decide("Get", old), NotFoundError)
        assert [each.proposal_id for each in await csa.proposals()] == [old]


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
