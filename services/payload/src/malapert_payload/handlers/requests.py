"""The request service: each method translates, calls one use case, and translates back."""

from typing import Any

from malapert.payload.v1 import request_pb2, request_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_core.background import in_turns
from malapert_core.errors import MAX_FAULTS
from malapert_core.policy.identity import require_identity
from malapert_core.reading_processes import QUICK_BYTES, ReadingProcesses
from malapert_core.rpc.enum_filters import wanted_values
from malapert_core.rpc.mapping import to_domain, to_message
from malapert_core.rpc.paging import cursor_key, encode_cursor, page_size_of

from malapert_payload.clients.expansion_messages import expansion_message
from malapert_payload.domain.requests.request import ActivityRequest, RequestFilter, RequestState, Visibility
from malapert_payload.domain.science.science import PlaceLight
from malapert_payload.handlers.request_messages import request_message, request_of
from malapert_payload.services.expansions import ExpansionService
from malapert_payload.services.requests import RequestService
from malapert_payload.services.submissions import Asked, SubmissionService


class RequestServicer(request_pb2_grpc.RequestServiceServicer):
    """Serves malapert.payload.v1.RequestService."""

    def __init__(
        self,
        requests: RequestService,
        submissions: SubmissionService,
        expansions: ExpansionService,
        reading: ReadingProcesses,
    ) -> None:
        self._requests = requests
        self._submissions = submissions
        self._expansions = expansions
        self._reading = reading

    async def SubmitRequests(  # noqa: N802
        self, request: request_pb2.SubmitRequestsRequest, context: Any
    ) -> request_pb2.SubmitRequestsResponse:
        """Take requests, all or none."""
        asked = await self._asked(request)
        submit = self._submissions.check if request.validate_only else self._submissions.submit
        accepted = await submit(request.mission_id, asked, require_identity())
        return request_pb2.SubmitRequestsResponse(requests=await in_turns(request_message, accepted))

    async def ImportRequests(  # noqa: N802
        self, request: request_pb2.ImportRequestsRequest, context: Any
    ) -> request_pb2.ImportRequestsResponse:
        """Take many requests at once, all or none."""
        asked = await self._asked(request)
        taken = await self._submissions.import_all(
            request.mission_id, asked, request.reason, require_identity(), validate_only=request.validate_only
        )
        return request_pb2.ImportRequestsResponse(
            submitted_count=taken.submitted, revised_count=taken.revised, unchanged_count=taken.unchanged
        )

    async def CheckRequests(  # noqa: N802
        self, request: request_pb2.CheckRequestsRequest, context: Any
    ) -> request_pb2.CheckRequestsResponse:
        """Check requests and tell what each would take."""
        asked = await self._asked(request)
        check = await self._submissions.predict(request.mission_id, asked, require_identity())
        return request_pb2.CheckRequestsResponse(
            faults=(
                type_pb2.Fault(path=fault.path, code=fault.code, message=fault.message)
                for fault in check.faults[:MAX_FAULTS]
            ),
            predictions=await in_turns(lambda each: to_message(each, request_pb2.RequestPrediction), check.predictions),
            fault_count=len(check.faults),
        )

    async def ReviseRequest(  # noqa: N802
        self, request: request_pb2.ReviseRequestRequest, context: Any
    ) -> request_pb2.ReviseRequestResponse:
        """Change what a request asks for."""
        revised = await self._submissions.revise(
            request.mission_id,
            Asked((request_of(request.request, request.mission_id),), request.ByteSize()),
            request.version,
            request.reason,
            require_identity(),
            validate_only=request.validate_only,
        )
        return request_pb2.ReviseRequestResponse(request=request_message(revised))

    async def GetRequest(  # noqa: N802
        self, request: request_pb2.GetRequestRequest, context: Any
    ) -> request_pb2.GetRequestResponse:
        """Return one request."""
        found = await self._requests.get(request.mission_id, request.request_id, require_identity())
        return request_pb2.GetRequestResponse(request=request_message(found))

    async def ListRequests(  # noqa: N802
        self, request: request_pb2.ListRequestsRequest, context: Any
    ) -> request_pb2.ListRequestsResponse:
        """List the requests that the caller sees."""
        token = request.page.page_token
        wanted = RequestFilter(
            states=wanted_values(RequestState, request.states, request_pb2.RequestState.DESCRIPTOR, "states"),
            agency_id=request.agency_id,
            after_request_id=cursor_key(token),
            visibilities=wanted_values(
                Visibility, request.visibilities, type_pb2.Visibility.DESCRIPTOR, "visibilities"
            ),
        )
        limit = page_size_of(request.page.page_size)
        found, has_more = await self._requests.page(request.mission_id, wanted, limit, require_identity())
        return request_pb2.ListRequestsResponse(
            requests=await in_turns(request_message, found),
            next_page_token=encode_cursor(found[-1].request_id) if has_more else "",
        )

    async def CancelRequest(  # noqa: N802
        self, request: request_pb2.CancelRequestRequest, context: Any
    ) -> request_pb2.CancelRequestResponse:
        """Withdraw a request."""
        cancelled = await self._requests.cancel(
            request.mission_id, request.request_id, request.version, request.reason, require_identity()
        )
        return request_pb2.CancelRequestResponse(request=request_message(cancelled))

    async def ExpandRequests(  # noqa: N802
        self, request: request_pb2.ExpandRequestsRequest, context: Any
    ) -> request_pb2.ExpandRequestsResponse:
        """Turn a mission's live requests into single activities."""
        places = [to_domain(place, PlaceLight) for place in request.places]
        expansion, held_back = await self._expansions.expand(
            request.mission_id, request.mission_version, places, require_identity()
        )
        message = await expansion_message(expansion)
        message.held_back.extend(to_message(item, request_pb2.HeldBack) for item in held_back)
        return message

    async def _asked(self, request: Any) -> Asked:
        size_bytes = request.ByteSize()
        if size_bytes <= QUICK_BYTES:
            return Asked(_requests_of(request), size_bytes)
        agency_id, kind = require_identity().agency_id, type(request).__name__
        return Asked(await self._reading.run(agency_id, _read, kind, request.SerializeToString()), size_bytes)


def _read(kind: str, content: bytes) -> tuple[ActivityRequest, ...]:
    return _requests_of(getattr(request_pb2, kind).FromString(content))


def _requests_of(request: Any) -> tuple[ActivityRequest, ...]:
    return tuple(request_of(message, request.mission_id) for message in request.requests)
