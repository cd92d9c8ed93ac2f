"""Finds operations: their identifiers are unique over the services and sort by time, but do not say whose they are."""

from collections import OrderedDict

from malapert.operation.v1 import operation_pb2
from malapert_core.errors import NotFoundError, UnavailableError
from malapert_core.rpc.paging import encode_cursor, page_size_of

from malapert_gateway.services.clients import ServiceClients, ServiceName

_REMEMBERED = 10_000


class OperationDirectory:
    """Directory of the services that do operations: remembered from the start, or else asked of each in turn.

    Parameters
    ----------
    services
        The services.
    deadline_s
        Deadline of one call, seconds.
    """

    def __init__(self, services: ServiceClients, deadline_s: float) -> None:
        self._services = services
        self._deadline_s = deadline_s
        self._known: OrderedDict[str, ServiceName] = OrderedDict()

    def remember(self, operation_id: str, service: ServiceName) -> None:
        """Note whose an operation is."""
        self._known[operation_id] = service
        self._known.move_to_end(operation_id)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    async def find(self, operation_id: str) -> tuple[ServiceName, operation_pb2.Operation]:
        """Return an operation and its service.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_OPERATION`` where no service knows it.
        UnavailableError
            Where no service that answers knows it, but one does not answer.
        """
        known = self._known.get(operation_id)
        request = operation_pb2.GetOperationRequest(operation_id=operation_id)
        unavailable: UnavailableError | None = None
        for service in ServiceName if known is None else (known,):
            try:
                answer = await self._services.operations[service].GetOperation(request, timeout=self._deadline_s)
            except NotFoundError:
                continue
            except UnavailableError as error:
                unavailable = error
                continue
            self.remember(operation_id, service)
            return service, answer.operation
        raise unavailable or NotFoundError("operation", operation_id)

    async def page(self, wanted: operation_pb2.ListOperationsRequest) -> operation_pb2.ListOperationsResponse:
        """Return a page of the operations of all services that are wanted, newest first.

        The services' cursor is the last identifier before the page, so that one cursor serves all of them.
        """
        request = operation_pb2.ListOperationsRequest()
        request.CopyFrom(wanted)
        request.page.page_size = size = page_size_of(wanted.page.page_size)
        found: list[operation_pb2.Operation] = []
        more = False
        for service in ServiceName:
            answer = await self._services.operations[service].ListOperations(request, timeout=self._deadline_s)
            found.extend(answer.operations)
            more = more or bool(answer.next_page_token)
        found.sort(key=lambda operation: operation.operation_id, reverse=True)
        rows = found[:size]
        more = more or len(found) > size
        token = encode_cursor(rows[-1].operation_id) if more and rows else ""
        return operation_pb2.ListOperationsResponse(operations=rows, next_page_token=token)
