"""Consultation threads on plans: opened, commented, settled."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from malapert.planner.v1 import thread_pb2
from malapert_http_models.contracts.planner import AddComment, OpenThread, Thread, ThreadPage

from malapert_gateway.bodies import message_of
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.parameters import (
    ETAG,
    ExpectedVersion,
    GatewayParts,
    Page,
    PlanId,
    ThreadId,
    only,
    versioned,
)

router = APIRouter(prefix="/plans/{plan_id}/threads", tags=["plans"], route_class=GuardedRoute)


@router.post("", status_code=201, responses={201: ETAG})
async def open_thread(plan_id: PlanId, body: OpenThread, response: Response, gateway: GatewayParts) -> Thread:
    """Open a thread on a plan, or on an activity or a request of it, for the mission or for named members."""
    message = message_of(body, thread_pb2.OpenThreadRequest, plan_id=plan_id)
    return await versioned(
        gateway, (await gateway.call(gateway.services.threads.OpenThread, message)).thread, Thread, response, 201
    )


@router.get("")
async def list_threads(
    plan_id: PlanId,
    gateway: GatewayParts,
    page: Page,
    item_id: Annotated[str, only("activity", "drill-a/0/drill")] = "",
    request_id: Annotated[str, only("request", "drill-a")] = "",
    only_open: Annotated[bool, Query(description="True leaves out settled threads.")] = False,
) -> ThreadPage:
    """List the threads on a plan that the caller may see, newest first, without their comments."""
    message = thread_pb2.ListThreadsRequest(
        plan_id=plan_id, item_id=item_id, request_id=request_id, only_open=only_open, page=page
    )
    return await gateway.answer(await gateway.call(gateway.services.threads.ListThreads, message), ThreadPage)


@router.get("/{thread_id}", responses={200: ETAG})
async def get_thread(plan_id: PlanId, thread_id: ThreadId, response: Response, gateway: GatewayParts) -> Thread:
    """Return a thread with its comments."""
    message = thread_pb2.GetThreadRequest(plan_id=plan_id, thread_id=thread_id)
    return await versioned(
        gateway, (await gateway.call(gateway.services.threads.GetThread, message)).thread, Thread, response
    )


@router.post("/{thread_id}/comments", status_code=201, responses={201: ETAG})
async def add_comment(
    plan_id: PlanId, thread_id: ThreadId, body: AddComment, response: Response, gateway: GatewayParts
) -> Thread:
    """Add a comment to a thread that is not settled."""
    message = message_of(body, thread_pb2.AddCommentRequest, plan_id=plan_id, thread_id=thread_id)
    return await versioned(
        gateway, (await gateway.call(gateway.services.threads.AddComment, message)).thread, Thread, response, 201
    )


@router.post("/{thread_id}:resolve", responses={200: ETAG})
async def resolve_thread(
    plan_id: PlanId, thread_id: ThreadId, response: Response, gateway: GatewayParts, version: ExpectedVersion
) -> Thread:
    """Settle a thread, for the agency that opened it or a planner of the mission."""
    message = thread_pb2.ResolveThreadRequest(plan_id=plan_id, thread_id=thread_id, version=version)
    return await versioned(
        gateway, (await gateway.call(gateway.services.threads.ResolveThread, message)).thread, Thread, response
    )


@router.post("/{thread_id}:reopen", responses={200: ETAG})
async def reopen_thread(
    plan_id: PlanId, thread_id: ThreadId, response: Response, gateway: GatewayParts, version: ExpectedVersion
) -> Thread:
    """Open a settled thread again, for the agency that opened it or a planner of the mission."""
    message = thread_pb2.ReopenThreadRequest(plan_id=plan_id, thread_id=thread_id, version=version)
    return await versioned(
        gateway, (await gateway.call(gateway.services.threads.ReopenThread, message)).thread, Thread, response
    )
