"""Every refusal as problem details (RFC 9457): one table from an error's category to its HTTP status, one renderer."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from malapert_core.documents.nodes import MAX_FAULTS
from malapert_core.errors import ErrorCategory, Fault, MalapertError
from opentelemetry import trace
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from malapert_gateway.models.problem import Problem, ProblemFault

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

STATUS_BY_CATEGORY: Mapping[ErrorCategory, HTTPStatus] = {
    ErrorCategory.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCategory.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorCategory.ALREADY_EXISTS: HTTPStatus.CONFLICT,
    ErrorCategory.CONFLICT: HTTPStatus.CONFLICT,
    ErrorCategory.PRECONDITION: HTTPStatus.CONFLICT,
    ErrorCategory.PERMISSION: HTTPStatus.FORBIDDEN,
    ErrorCategory.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    ErrorCategory.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCategory.EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorCategory.CANCELLED: HTTPStatus.CONFLICT,
    ErrorCategory.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}

# Where HTTP has a status of its own for a reason, it is more exact than its category's.
STATUS_BY_REASON: Mapping[str, HTTPStatus] = {
    "MALFORMED_JSON": HTTPStatus.BAD_REQUEST,
    "AMBIGUOUS_LENGTH": HTTPStatus.BAD_REQUEST,
    "BODY_TOO_LARGE": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "UPLOAD_TOO_LARGE": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "UNSUPPORTED_MEDIA_TYPE": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "UNSUPPORTED_CONTENT_ENCODING": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "STALE_VERSION": HTTPStatus.PRECONDITION_FAILED,
    "DEADLINE_EXCEEDED": HTTPStatus.GATEWAY_TIMEOUT,
    "INVALID_SERVICE_RESPONSE": HTTPStatus.BAD_GATEWAY,
}

_RETRY_AFTER_S = "1"
_SHOWN_PATH = 200


def status_of(error: MalapertError) -> HTTPStatus:
    """Return the HTTP status of an error."""
    return STATUS_BY_REASON.get(error.reason, STATUS_BY_CATEGORY[error.category])


def trace_id() -> str:
    """Return the identifier of the present trace; all zeros outside of any."""
    return trace.format_trace_id(trace.get_current_span().get_span_context().trace_id)


def problem_of(request: Request, error: MalapertError) -> Problem:
    """Return the problem details of an error."""
    return _problem(request, status_of(error), error.reason, error.message, error.metadata, error.faults)


def install(app: FastAPI) -> None:
    """Let an application answer every error as problem details."""
    app.add_exception_handler(MalapertError, _malapert_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(ClientDisconnect, _cut_off)
    app.add_exception_handler(Exception, _unexpected_error)


def _problem(
    request: Request,
    status: HTTPStatus,
    reason: str,
    detail: str,
    metadata: Mapping[str, str] | None = None,
    faults: Sequence[Fault] = (),
) -> Problem:
    if len(faults) > MAX_FAULTS:
        detail = f"{detail}; the first {MAX_FAULTS} of {len(faults)} faults are told"
    return Problem(
        type=f"urn:malapert:problem:{reason}",
        title=status.phrase,
        status=status.value,
        detail=detail,
        instance=request.url.path,
        reason=reason,
        metadata=dict(metadata or {}),
        errors=[ProblemFault(path=fault.path, code=fault.code, message=fault.message) for fault in faults[:MAX_FAULTS]],
        traceId=trace_id(),
    )


def _response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    return Response(problem.model_dump_json(), problem.status, dict(headers or {}), MEDIA_TYPE)


def head_too_large(request: Request, limit_bytes: int) -> Response:
    """Return the answer to a call whose address and headers are beyond the limit."""
    detail = f"address and headers of a call may have {limit_bytes} bytes together"
    problem = _problem(request, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "HEAD_TOO_LARGE", detail)
    return _response(problem.model_copy(update={"instance": problem.instance[:_SHOWN_PATH]}), {"Connection": "close"})


async def _malapert_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, MalapertError):
        raise error
    headers: dict[str, str] = {}
    if error.category is ErrorCategory.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = 'Bearer realm="malapert"'
    if error.category in (ErrorCategory.EXHAUSTED, ErrorCategory.UNAVAILABLE) or error.reason.endswith("_IN_USE"):
        headers["Retry-After"] = error.metadata.get("retry_after_s", _RETRY_AFTER_S)
    if error.category is ErrorCategory.INTERNAL:
        log.error("call failed", reason=error.reason, detail=error.message)
    return _response(problem_of(request, error), headers)


async def _validation_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    faults = [fault_of(item) for item in error.errors()]
    if any(fault.code == "JSON_INVALID" for fault in faults):
        status, reason, detail = HTTPStatus.BAD_REQUEST, "MALFORMED_JSON", "the body is no JSON"
    else:
        status, reason, detail = HTTPStatus.UNPROCESSABLE_ENTITY, "INVALID_REQUEST", "the request breaks its schema"
    return _response(_problem(request, status, reason, detail, faults=faults))


def fault_of(item: Mapping[str, Any]) -> Fault:
    """Return the fault of one of pydantic's findings in a body or query."""
    path = ""
    for part in item["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return Fault(path.removeprefix("body.") or "body", str(item["type"]).upper(), str(item["msg"]))


async def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    detail = {
        HTTPStatus.NOT_FOUND: "there is nothing at this address",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not allowed at this address",
    }.get(status, str(error.detail))
    reason = status.phrase.upper().replace(" ", "_").replace("-", "_")
    return _response(_problem(request, status, reason, detail), error.headers)


async def _cut_off(request: Request, _error: Exception) -> Response:
    """Answer a caller that was gone before its body was whole; a proxy before it may be there to read this."""
    detail = "the connection ended before the body was whole; nothing was done"
    return _response(_problem(request, HTTPStatus.BAD_REQUEST, "BODY_CUT_OFF", detail))


async def _unexpected_error(request: Request, error: Exception) -> Response:
    log.error("call failed unexpectedly", path=request.url.path, exc_info=error)
    detail = "something went wrong inside the platform; its log has more under this traceId"
    return _response(_problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL", detail))
