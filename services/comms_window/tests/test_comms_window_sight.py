"""Who sees whose orbiters and window sets: whoever does not is answered as if there were none, in every call."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from malapert.comms_window.v1 import (
    agreement_pb2,
    contact_pb2,
    contact_pb2_grpc,
    exchange_pb2,
    exchange_pb2_grpc,
    key_pb2,
    opportunity_pb2,
    opportunity_pb2_grpc,
    orbiter_pb2,
    orbiter_pb2_grpc,
    outage_pb2,
    window_pb2,
    window_pb2_grpc,
)
from malapert.type.v1 import type_pb2
from malapert_comms_window.services.access import KINDS
from malapert_core.errors import AlreadyExistsError, InvalidInputError, MalapertError, NotFoundError
from malapert_core.policy.charter import Charter, Membership, Part
from malapert_testing.services import identity_of, open_test_channel
from test_orbiters_and_keys import _computed, _elements, _relay_request, _span

MODULES = (agreement_pb2, contact_pb2, exchange_pb2, key_pb2, opportunity_pb2, orbiter_pb2, outage_pb2, window_pb2)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PUBLIC, MISSION, OWNER = type_pb2.VISIBILITY_PUBLIC, type_pb2.VISIBILITY_MISSION, type_pb2.VISIBILITY_OWNER


def members(**parts: Part) -> tuple[Membership, ...]:
    return tuple(Membership(agency_id, frozenset({part}), LONG_AGO) for agency_id, part in parts.items())


@pytest.fixture
def of_mission(comms_window: Any) -> Any:
    """The service with a mission of ESA, JAXA and DLR; NASA has one of its own."""
    own = members(ESA=Part.OWNER, JAXA=Part.PLANNER, ISRO=Part.CONTRIBUTOR, DLR=Part.OBSERVER)
    comms_window.charters.charters = {
        "lupex": Charter("lupex", 1, own),
        "theirs": Charter("theirs", 1, members(NASA=Part.OWNER)),
    }
    comms_window.charters.only_these = True
    return comms_window


async def refusal(call: Awaitable[Any]) -> MalapertError:
    with pytest.raises(MalapertError) as raised:
        await call
    return raised.value


async def seen_by(target: str, agency_id: str, mission_ids: tuple[str, ...] = ()) -> set[str]:
    identity = replace(identity_of(agency_id), mission_ids=frozenset(mission_ids))
    async with open_test_channel(target, identity) as channel:
        stub, found, token = orbiter_pb2_grpc.OrbiterServiceStub(channel), set[str](), ""
        while True:
            page = type_pb2.PageRequest(page_size=1, page_token=token)
            answer = await stub.ListOrbiters(orbiter_pb2.ListOrbitersRequest(page=page))
            found |= {each.orbiter_id for each in answer.orbiters}
            token = answer.next_page_token
            if not token:
                break
        for each in found:
            await stub.GetOrbiter(orbiter_pb2.GetOrbiterRequest(orbiter_id=each))
        return found


def test_every_window_set_in_a_request_is_one_that_the_guard_knows() -> None:
    # Contacts name windows: booked are those of the mission alone, and ListAlternates asks for the set itself.
    nested = {"ReserveContacts", "RejectContacts", "SupersedeContacts", "ListAlternates"}
    for module in MODULES:
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                named = {f.name for f in method.input_type.fields if "window_set" in f.name}
                inside = {
                    f.name
                    for field in method.input_type.fields
                    if field.message_type
                    for f in field.message_type.fields
                    if "window_set_id" in f.name
                }
                assert named <= set(KINDS), method.full_name
                assert not inside or method.name in nested, method.full_name


@pytest.mark.asyncio
async def test_an_orbiter_is_its_agency_s_its_mission_s_or_everybody_s(of_mission: Any) -> None:
    async with of_mission.run() as service:
        async with open_test_channel(service.target, identity_of("ESA")) as owner:
            stub = orbiter_pb2_grpc.OrbiterServiceStub(owner)
            for name, audience in {
                "own": {},
                "lupex.relay": {"mission_id": "lupex"},
                "kept": {"mission_id": "lupex", "visibility": OWNER},
                "open": {"visibility": PUBLIC},
            }.items():
                made = (await stub.RegisterOrbiter(_elements(orbiter_id=name, **audience))).orbiter
                assert (await stub.RegisterOrbiter(_elements(orbiter_id=name))).orbiter == made
            for wrong in ({"visibility": MISSION}, {"visibility": 9}):
                with pytest.raises(InvalidInputError):
                    await stub.RegisterOrbiter(_elements(orbiter_id="x", **wrong))
        assert await seen_by(service.target, "ESA") == {"own", "lupex.relay", "kept", "open"}
        async with open_test_channel(service.target, identity_of("ESA")) as owner:
            wanted = orbiter_pb2.ListOrbitersRequest(visibilities=[PUBLIC, MISSION])
            shown = await orbiter_pb2_grpc.OrbiterServiceStub(owner).ListOrbiters(wanted)
            assert {each.orbiter_id for each in shown.orbiters} == {"lupex.relay", "open"}
        assert await seen_by(service.target, "ESA", ("elsewhere",)) == {"own", "open"}
        assert await seen_by(service.target, "JAXA") == {"lupex.relay", "open"}
        assert await seen_by(service.target, "DLR") == {"lupex.relay", "open"}
        assert await seen_by(service.target, "DLR", ("theirs",)) == {"open"}
        assert await seen_by(service.target, "NASA") == {"open"}
        async with open_test_channel(service.target, identity_of("NASA")) as outsider:
            stub = orbiter_pb2_grpc.OrbiterServiceStub(outsider)
            for name in ("own", "lupex.relay", "kept"):
                asked: list[Callable[[str], Awaitable[Any]]] = [
                    lambda each: stub.GetOrbiter(orbiter_pb2.GetOrbiterRequest(orbiter_id=each)),
                    lambda each: stub.ExportOrbiter(
                        orbiter_pb2.ExportOrbiterRequest(orbiter_id=each, span=_span(3), step_s=60.0)
                    ),
                ]
                for call in asked:
                    told, untold = await refusal(call(name)), await refusal(call("nothing"))
                    assert isinstance(told, NotFoundError)
                    assert told.message.replace(name, "") == untold.message.replace("nothing", "")
                taken = await refusal(stub.RegisterOrbiter(_elements(orbiter_id=name)))
                assert isinstance(taken, AlreadyExistsError)
                assert "ESA" not in taken.message
            squatted = await refusal(stub.RegisterOrbiter(_elements(orbiter_id="lupex.another")))
            assert squatted.reason == "ORBITER_ID_NOT_FREE"
            entered = await refusal(stub.RegisterOrbiter(_elements(orbiter_id="y", mission_id="lupex")))
            assert entered.reason == "UNKNOWN_MISSION"


@pytest.mark.asyncio
async def test_a_mission_s_orbiter_gets_new_motions_from_its_planners(of_mission: Any) -> None:
    async with of_mission.run() as service:
        moved = _elements(orbiter_id="lupex.relay", position_error_km=7.0)
        async with open_test_channel(service.target, identity_of("ESA")) as owner:
            registration = _elements(orbiter_id="lupex.relay", mission_id="lupex")
            await orbiter_pb2_grpc.OrbiterServiceStub(owner).RegisterOrbiter(registration)
        async with open_test_channel(service.target, identity_of("ISRO")) as contributor:
            stub = orbiter_pb2_grpc.OrbiterServiceStub(contributor)
            assert (await refusal(stub.RegisterOrbiter(moved))).reason == "FOREIGN_ORBITER"
            moved.validate_only = True
            assert (await stub.RegisterOrbiter(moved)).orbiter.version == 2
            moved.validate_only = False
        async with open_test_channel(service.target, identity_of("DLR")) as observer:
            moved.validate_only = True
            stub = orbiter_pb2_grpc.OrbiterServiceStub(observer)
            assert (await refusal(stub.RegisterOrbiter(moved))).reason == "FOREIGN_ORBITER"
            moved.validate_only = False
        async with open_test_channel(service.target, identity_of("JAXA")) as planner:
            made = (await orbiter_pb2_grpc.OrbiterServiceStub(planner).RegisterOrbiter(moved)).orbiter
            assert (made.version, made.agency_id, made.mission_id) == (2, "ESA", "lupex")
            assert made.visibility == MISSION


def set_calls(channel: grpc.aio.Channel, window_set_id: str) -> list[Awaitable[Any]]:
    windows = window_pb2_grpc.WindowServiceStub(channel)
    query = opportunity_pb2.OpportunityQuery(key="q", steps=[opportunity_pb2.OpportunityStep(duration_s=60.0)])
    contact = contact_pb2.ContactRequest(station_id="esa-mlg", interval=_span(1), window_set_id=window_set_id)
    return [
        windows.GetWindowSet(window_pb2.GetWindowSetRequest(window_set_id=window_set_id)),
        windows.ListWindows(window_pb2.ListWindowsRequest(window_set_id=window_set_id)),
        exchange_pb2_grpc.ExchangeServiceStub(channel).PredictTrackingData(
            exchange_pb2.PredictTrackingDataRequest(window_set_id=window_set_id, window_id="w")
        ),
        contact_pb2_grpc.ContactServiceStub(channel).ListAlternates(contact_pb2.ListAlternatesRequest(request=contact)),
        opportunity_pb2_grpc.OpportunityServiceStub(channel).FindOpportunities(
            opportunity_pb2.FindOpportunitiesRequest(mission_id="theirs", window_set_id=window_set_id, queries=[query])
        ),
    ]


@pytest.mark.asyncio
async def test_a_window_set_is_its_agency_s_or_its_mission_s(of_mission: Any) -> None:
    async with of_mission.run() as service:
        async with open_test_channel(service.target, identity_of("ESA")) as owner:
            await orbiter_pb2_grpc.OrbiterServiceStub(owner).RegisterOrbiter(_elements())
            own = await _computed(owner, _relay_request())
            shared_request = _relay_request()
            shared_request.mission_id = "lupex"
            shared = await _computed(owner, shared_request)
            for set_id in (own, shared):
                for call in set_calls(owner, set_id)[:2]:
                    await call
        async with open_test_channel(service.target, identity_of("DLR")) as member:
            for call in set_calls(member, shared)[:2]:
                await call
            assert (await refusal(set_calls(member, own)[0])).reason == "UNKNOWN_WINDOW_SET"
        scoped = replace(identity_of("ESA"), mission_ids=frozenset({"another"}))
        async with open_test_channel(service.target, scoped) as channel:
            await set_calls(channel, own)[0]
            assert (await refusal(set_calls(channel, shared)[0])).reason == "UNKNOWN_WINDOW_SET"
        async with open_test_channel(service.target, identity_of("NASA")) as outsider:
            for set_id in (own, shared):
                for call, other in zip(set_calls(outsider, set_id), set_calls(outsider, "nothing"), strict=True):
                    told, untold = await refusal(call), await refusal(other)
                    assert (told.reason, untold.reason) == ("UNKNOWN_WINDOW_SET", "UNKNOWN_WINDOW_SET")
                    assert told.message.replace(set_id, "") == untold.message.replace("nothing", "")
            # The same inputs are no way to what another agency computed: its orbiter is none for this one.
            unseen = await refusal(_computed(outsider, _relay_request()))
            assert "UNKNOWN_ORBITER" in {fault.code for fault in unseen.faults}
