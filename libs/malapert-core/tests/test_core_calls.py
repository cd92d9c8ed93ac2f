import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import malapert
import pytest
from malapert.planner.v1 import plan_pb2, plan_pb2_grpc
from malapert_core.errors import NotFoundError, PermissionDeniedError, UnavailableError
from malapert_core.policy.calls import CALLS, require_call
from malapert_core.policy.charter import Charter, Membership, Part
from malapert_core.policy.charters import RemoteCharters
from malapert_core.policy.entry import mission_entry
from malapert_core.policy.identity import Role, acting_as, service_identity
from malapert_core.rpc.client import open_channel
from malapert_core.rpc.server import CallInterceptor, GrpcServer, Registration
from malapert_testing.audit_walk import changes, changing_calls
from malapert_testing.charters import CharterBook
from malapert_testing.identities import service_tokens
from malapert_testing.services import identity_of, open_test_channel

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PLANS = "malapert.planner.v1.PlanService"


def contract_methods() -> Iterator[Any]:
    for module in pkgutil.walk_packages(malapert.__path__, "malapert."):
        if module.name.endswith("_pb2"):
            for service in importlib.import_module(module.name).DESCRIPTOR.services_by_name.values():
                yield from service.methods


METHODS = {f"/{method.containing_service.full_name}/{method.name}": method for method in contract_methods()}
CHANGING = sorted(filter(changes, CALLS))


def test_every_method_of_the_contracts_has_a_row_and_every_row_a_method() -> None:
    assert set(CALLS) == set(METHODS)


def test_who_is_named_a_part_is_asked_for_where_a_request_names_a_mission() -> None:
    # Of the first document of a mission there is no charter yet; a list of contacts is its station's owner's, too.
    # Entries of the audit are read by who acted, too; quotas by the planner alone.
    without = {"ImportCatalogue", "ListContacts", "ListAuditEntries", "ExportAudit", "ListAntennaQuotas"}
    for path, method in METHODS.items():
        if "mission_id" in method.input_type.fields_by_name and method.name not in without:
            assert CALLS[path].part is not None, path


def test_every_area_of_the_table_is_walked_by_its_service_s_tests() -> None:
    walked = {"planner", "payload", "comms_window", "landing_site"}
    assert {path.split(".")[1] for path in CALLS} == walked | {"operation", "audit", "quota"}
    # A cancellation is tried with the operations of the core.
    assert changing_calls("operation") == {"OperationService/CancelOperation"}
    assert changing_calls("audit") == changing_calls("quota") == set()


@pytest.mark.parametrize("path", CHANGING)
def test_viewer_changes_nothing(path: str) -> None:
    with pytest.raises(PermissionDeniedError) as raised:
        require_call(path, identity_of("JAXA", Role.VIEWER))
    assert raised.value.reason == "FORBIDDEN"


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.PLATFORM])
def test_administrators_have_no_mission_data(role: Role) -> None:
    allowed = {path for path, call in CALLS.items() if role in call.roles}
    audit = {f"/malapert.audit.v1.AuditService/{name}" for name in ("ListAuditEntries", "ExportAudit")}
    limits = {"/malapert.quota.v1.LimitService/GetLimits"}
    assert allowed == {"/malapert.planner.v1.MissionService/GetMissionSchema"} | audit | limits


def test_services_call_what_is_listed_for_them_alone() -> None:
    principal = identity_of("JAXA", Role.VIEWER)
    expand = "/malapert.payload.v1.RequestService/ExpandRequests"
    require_call(expand, replace(principal, via_service="planner"))
    for identity in (
        principal,
        identity_of("JAXA", Role.OPERATOR),
        replace(principal, via_service="comms_window"),
        service_identity("planner"),
        service_identity("gateway"),
    ):
        with pytest.raises(PermissionDeniedError):
            require_call(expand, identity)
    require_call("/malapert.planner.v1.CharterService/GetCharter", service_identity("payload"))
    with pytest.raises(PermissionDeniedError) as raised:
        require_call(f"/{PLANS}/ReviewPlan", service_identity("payload"))
    assert raised.value.metadata["service"] == "payload"


def test_what_is_not_in_the_table_is_nobodys() -> None:
    for identity in (identity_of("JAXA", Role.OPERATOR), service_identity("planner")):
        with pytest.raises(PermissionDeniedError):
            require_call(f"/{PLANS}/NotThere", identity)


class Plans(plan_pb2_grpc.PlanServiceServicer):
    async def ListPlans(self, request: plan_pb2.ListPlansRequest, context: Any) -> plan_pb2.ListPlansResponse:  # noqa: N802
        return plan_pb2.ListPlansResponse()

    async def TerminatePlan(  # noqa: N802
        self, request: plan_pb2.TerminatePlanRequest, context: Any
    ) -> plan_pb2.TerminatePlanResponse:
        return plan_pb2.TerminatePlanResponse()


def member(agency_id: str, *parts: Part) -> Membership:
    return Membership(agency_id, frozenset(parts), LONG_AGO)


@pytest.mark.asyncio
async def test_service_asks_role_and_part_of_every_call_itself() -> None:
    book = CharterBook({"m": Charter("m", 1, (member("ESA", Part.OBSERVER), member("JAXA", Part.OWNER)))}, True)
    registration = Registration(PLANS, plan_pb2_grpc.add_PlanServiceServicer_to_server, Plans())
    interceptor = CallInterceptor(service_tokens("planner"), "test", mission_entry(book))
    server = GrpcServer([registration], interceptors=[interceptor])
    await server.start()
    target = f"127.0.0.1:{server.port}"
    try:
        async with open_test_channel(target, identity_of("ESA", Role.VIEWER), service_name="planner") as channel:
            stub = plan_pb2_grpc.PlanServiceStub(channel)
            await stub.ListPlans(plan_pb2.ListPlansRequest(mission_id="m"))
            with pytest.raises(PermissionDeniedError):
                await stub.TerminatePlan(plan_pb2.TerminatePlanRequest(plan_id="p"))
            with pytest.raises(PermissionDeniedError):
                await stub.GeneratePlan(plan_pb2.GeneratePlanRequest(mission_id="m"))
        async with open_test_channel(target, identity_of("ESA"), service_name="planner") as channel:
            stub = plan_pb2_grpc.PlanServiceStub(channel)
            with pytest.raises(PermissionDeniedError) as refused:
                await stub.GeneratePlan(plan_pb2.GeneratePlanRequest(mission_id="m"))
            assert refused.value.metadata["needed_part"] == "PLANNER"
        faults = []
        for agency_id, mission_id in (("ISRO", "m"), ("ISRO", "other"), ("JAXA", "other")):
            async with open_test_channel(target, identity_of(agency_id), service_name="planner") as channel:
                with pytest.raises(NotFoundError) as unknown:
                    await plan_pb2_grpc.PlanServiceStub(channel).ListPlans(
                        plan_pb2.ListPlansRequest(mission_id=mission_id)
                    )
                faults.append((unknown.value.reason, unknown.value.message.replace(repr(mission_id), "")))
        assert len(set(faults)) == 1
        scoped = replace(identity_of("JAXA"), mission_ids=frozenset({"other"}))
        async with open_test_channel(target, scoped, service_name="planner") as channel:
            with pytest.raises(NotFoundError):
                await plan_pb2_grpc.PlanServiceStub(channel).ListPlans(plan_pb2.ListPlansRequest(mission_id="m"))
    finally:
        await server.stop(0)


@pytest.mark.asyncio
async def test_remote_charters_are_asked_for_in_the_services_own_name_and_kept() -> None:
    charter = Charter("m", 3, (member("ESA", Part.OBSERVER, Part.APPROVER), member("JAXA", Part.OWNER)), True)
    book = CharterBook({"m": charter}, True)
    identity = service_identity("payload")
    async with (
        book.served() as target,
        open_channel(
            target, tokens=service_tokens("payload"), audience="planner", service_identity=identity
        ) as channel,
    ):
        charters = RemoteCharters(channel, identity)
        with acting_as(identity_of("OUTSIDE", Role.VIEWER)):
            assert await charters.get("m") == charter
            assert await charters.get("n") is None
        book.charters.clear()
        assert await charters.get("m") == charter
        assert await charters.get("n") is None


@pytest.mark.asyncio
async def test_planner_away_is_never_taken_for_leave() -> None:
    identity = service_identity("payload")
    async with open_channel(
        "127.0.0.1:1",
        tokens=service_tokens("payload"),
        audience="planner",
        service_identity=identity,
        default_timeout_s=0.5,
    ) as channel:
        with pytest.raises(UnavailableError):
            await RemoteCharters(channel, identity).get("m")
