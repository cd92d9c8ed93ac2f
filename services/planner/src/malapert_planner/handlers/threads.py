"""Serves consultation threads."""

from typing import Any

from malapert.planner.v1 import thread_pb2, thread_pb2_grpc
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.mapping import to_message
from malapert_core.rpc.paging import cursor_key, next_cursor, page_size_of

from malapert_planner.services.plans.threads import NewThread, PlanThreads, ReadThread, ThreadFilter


class ThreadHandlers(thread_pb2_grpc.ThreadServiceServicer):
    """Translates between messages and the service of threads."""

    def __init__(self, threads: PlanThreads) -> None:
        self._threads = threads

    async def OpenThread(  # noqa: N802
        self, request: thread_pb2.OpenThreadRequest, context: Any
    ) -> thread_pb2.OpenThreadResponse:
        """Open a thread with its first comment."""
        asked = NewThread(
            request.plan_id,
            request.item_id,
            request.request_id,
            request.title,
            tuple(request.audience_agency_ids),
            request.text,
        )
        return thread_pb2.OpenThreadResponse(thread=_shown(await self._threads.open(asked, require_identity())))

    async def ListThreads(  # noqa: N802
        self, request: thread_pb2.ListThreadsRequest, context: Any
    ) -> thread_pb2.ListThreadsResponse:
        """Return a page of threads, newest first."""
        size = page_size_of(request.page.page_size)
        before_id = cursor_key(request.page.page_token)
        wanted = ThreadFilter(request.item_id, request.request_id, request.only_open)
        found = await self._threads.page(request.plan_id, wanted, before_id, size + 1, require_identity())
        return thread_pb2.ListThreadsResponse(
            threads=[to_message(thread, thread_pb2.Thread) for thread in found[:size]],
            next_page_token=next_cursor(found, size, lambda row: row.thread_id),
        )

    async def GetThread(  # noqa: N802
        self, request: thread_pb2.GetThreadRequest, context: Any
    ) -> thread_pb2.GetThreadResponse:
        """Return a thread with its comments."""
        found = await self._threads.get(request.plan_id, request.thread_id, require_identity())
        return thread_pb2.GetThreadResponse(thread=_shown(found))

    async def AddComment(  # noqa: N802
        self, request: thread_pb2.AddCommentRequest, context: Any
    ) -> thread_pb2.AddCommentResponse:
        """Add a comment to a thread."""
        found = await self._threads.comment(request.plan_id, request.thread_id, request.text, require_identity())
        return thread_pb2.AddCommentResponse(thread=_shown(found))

    async def ResolveThread(  # noqa: N802
        self, request: thread_pb2.ResolveThreadRequest, context: Any
    ) -> thread_pb2.ResolveThreadResponse:
        """Settle a thread."""
        found = await self._threads.settle(
            request.plan_id, request.thread_id, request.version, require_identity(), resolved=True
        )
        return thread_pb2.ResolveThreadResponse(thread=_shown(found))

    async def ReopenThread(  # noqa: N802
        self, request: thread_pb2.ReopenThreadRequest, context: Any
    ) -> thread_pb2.ReopenThreadResponse:
        """Open a settled thread again."""
        found = await self._threads.settle(
            request.plan_id, request.thread_id, request.version, require_identity(), resolved=False
        )
        return thread_pb2.ReopenThreadResponse(thread=_shown(found))


def _shown(found: ReadThread) -> thread_pb2.Thread:
    """Return a thread with its comments, without which person or machine of another agency said what."""
    message = to_message(found.thread, thread_pb2.Thread)
    message.comments.extend(to_message(comment, thread_pb2.ThreadComment) for comment in found.comments)
    if not found.by_owner:
        agency_id = require_identity().agency_id
        for comment in message.comments:
            if comment.agency_id != agency_id:
                comment.ClearField("principal_id")
    return message
