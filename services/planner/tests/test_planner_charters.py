"""Charters: created with the mission, changed by the consent of owners, read by members."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from charter_agencies import (
    APPROVER,
    CONTRIBUTOR,
    OBSERVER,
    OWNER,
    WEEK,
    M,
    agency,
    members_of,
    refused,
    wanted,
)
from malapert.planner.v1 import charter_pb2, mission_pb2
from malapert_core.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
)
from malapert_core.policy.charter import Charter, Membership, Part
from malapert_planner.domain.life.charter import left_charter
from malapert_planner.mission_document.document import MissionDocument
from malapert_testing.services import ServiceLauncher
from mission_documents import changed
from neighbours import Neighbours
from planner_client import run_planner


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
