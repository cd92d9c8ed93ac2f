"""The execution service: each method translates, calls one use case, and translates back."""

from typing import Any

from malapert.payload.v1 import execution_pb2, execution_pb2_grpc
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.enum_filters import wanted_values
from malapert_core.rpc.mapping import to_domain, to_message
from malapert_core.rpc.paging import decode_cursor, encode_cursor, page_size_of

from malapert_payload.domain.requests.execution import Execution, ExecutionOutcome
from malapert_payload.handlers.request_messages import request_message
from malapert_payload.services.executions import ExecutionService
from malapert_payload.storage.executions import ExecutionFilter, ReportKey


class ExecutionServicer(execution_pb2_grpc.ExecutionServiceServicer):
    """Serves malapert.payload.v1.ExecutionService."""

    def __init__(self, executions: ExecutionService) -> None:
        self._executions = executions

    async def ReportExecution(  # noqa: N802
        self, request: execution_pb2.ReportExecutionRequest, context: Any
    ) -> execution_pb2.ReportExecutionResponse:
        """Take what became of a repetition."""
        told = to_domain(request.execution, Execution).as_reported()
        taken, after = await self._executions.report(request.mission_id, told, require_identity())
        return execution_pb2.ReportExecutionResponse(
            execution=to_message(taken, execution_pb2.Execution), request=request_message(after)
        )

    async def ListExecutions(  # noqa: N802
        self, request: execution_pb2.ListExecutionsRequest, context: Any
    ) -> execution_pb2.ListExecutionsResponse:
        """List the reports of a request or of a mission."""
        after = _after(request.page.page_token)
        limit = page_size_of(request.page.page_size)
        outcomes = wanted_values(
            ExecutionOutcome, request.outcomes, execution_pb2.ExecutionOutcome.DESCRIPTOR, "outcomes"
        )
        wanted = ExecutionFilter(request.request_id, outcomes, after)
        reports, last = await self._executions.page(request.mission_id, wanted, limit, require_identity())
        return execution_pb2.ListExecutionsResponse(
            executions=(to_message(report, execution_pb2.Execution) for report in reports),
            next_page_token=encode_cursor(last[0], str(last[1])) if last else "",
        )

    async def ListAccounts(  # noqa: N802
        self, request: execution_pb2.ListAccountsRequest, context: Any
    ) -> execution_pb2.ListAccountsResponse:
        """Return where each agency stands."""
        found = await self._executions.accounts(request.mission_id, require_identity())
        return execution_pb2.ListAccountsResponse(
            accounts=(to_message(account, execution_pb2.AgencyAccount) for account in found)
        )


def _after(token: str) -> ReportKey:
    if not token:
        return "", 0
    request_id, sequence = decode_cursor(token, 2)
    return request_id, int(sequence) if sequence.isdecimal() else 0
