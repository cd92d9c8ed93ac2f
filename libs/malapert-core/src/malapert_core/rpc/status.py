"""Domain errors as `google.rpc.Status` and back, so that an error crosses any number of services unchanged."""

from collections.abc import Iterator, Sequence

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from malapert_core.errors import ErrorCategory, Fault, InternalError, MalapertError, UnavailableError, restored_error

ERROR_DOMAIN = "malapert"
_RETRY_DELAY_S = 1
_FAULTS_LIMIT_BYTES = 512 * 1024
"""Largest size of the faults in a status, bytes: as base64 a third more, which stays below the limit of the
metadata."""
_BYTES_A_FAULT = 16

_CODES: dict[ErrorCategory, grpc.StatusCode] = {
    ErrorCategory.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorCategory.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    ErrorCategory.ALREADY_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    ErrorCategory.CONFLICT: grpc.StatusCode.ABORTED,
    ErrorCategory.PRECONDITION: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorCategory.PERMISSION: grpc.StatusCode.PERMISSION_DENIED,
    ErrorCategory.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    ErrorCategory.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    ErrorCategory.EXHAUSTED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorCategory.CANCELLED: grpc.StatusCode.CANCELLED,
    ErrorCategory.INTERNAL: grpc.StatusCode.INTERNAL,
}
_CATEGORIES = {code: category for category, code in _CODES.items()}


_CUT_OFF_CODES = (grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL)
_CUT_OFF = ("Stream removed", "RST_STREAM", "Connection reset", "Socket closed")
"""Details of statuses that the transport itself makes of a connection that broke."""


def status_code(error: MalapertError) -> grpc.StatusCode:
    """Return the gRPC status code of an error."""
    return _CODES[error.category]


def status_of(error: MalapertError) -> status_pb2.Status:
    """Return the rich status of an error: ErrorInfo, its faults as BadRequest, RetryInfo where waiting helps."""
    status = status_pb2.Status(code=status_code(error).value[0], message=error.message)
    _attach(
        status,
        error_details_pb2.ErrorInfo(reason=error.reason, domain=ERROR_DOMAIN, metadata=error.metadata),
    )
    if error.faults:
        violations = [
            error_details_pb2.BadRequest.FieldViolation(field=fault.path, description=fault.message, reason=fault.code)
            for fault in _fitting(error.faults)
        ]
        if len(violations) < len(error.faults):
            status.message = f"{error.message}; the first {len(violations)} faults are listed"
        _attach(status, error_details_pb2.BadRequest(field_violations=violations))
    if error.category is ErrorCategory.UNAVAILABLE:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromSeconds(int(error.metadata.get("retry_after_s", _RETRY_DELAY_S)))
        _attach(status, retry)
    return status


def _fitting(faults: Sequence[Fault]) -> Iterator[Fault]:
    """Yield as many faults as a call's trailing metadata can carry."""
    size = 0
    for fault in faults:
        size += len(fault.path.encode()) + len(fault.code) + len(fault.message.encode()) + _BYTES_A_FAULT
        if size > _FAULTS_LIMIT_BYTES:
            return
        yield fault


def _attach(status: status_pb2.Status, detail: object) -> None:
    packed = AnyMessage()
    packed.Pack(detail)  # type: ignore[arg-type]
    status.details.append(packed)


def error_from_rpc(error: grpc.aio.AioRpcError) -> MalapertError:
    """Return the domain error that a failed call carries, or the nearest one where it carries none."""
    try:
        status = rpc_status.from_call(error)  # type: ignore[arg-type]
    except (ValueError, DecodeError):
        status = None
    restored = None if status is None else _error_of_status(status)
    return restored or _bare_error(error)


def _error_of_status(status: status_pb2.Status) -> MalapertError | None:
    info = error_details_pb2.ErrorInfo()
    bad_request = error_details_pb2.BadRequest()
    for detail in status.details:
        if detail.Is(info.DESCRIPTOR):
            detail.Unpack(info)
        elif detail.Is(bad_request.DESCRIPTOR):
            detail.Unpack(bad_request)
    if info.domain != ERROR_DOMAIN:
        return None
    category = next((c for c, code in _CODES.items() if code.value[0] == status.code), ErrorCategory.INTERNAL)
    faults = [Fault(v.field, v.reason, v.description) for v in bad_request.field_violations]
    return restored_error(category, info.reason, status.message, dict(info.metadata), faults)


def _bare_error(error: grpc.aio.AioRpcError) -> MalapertError:
    code, details = error.code(), error.details() or ""
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return UnavailableError("DEADLINE_EXCEEDED", "the call took longer than it was given")
    if code is grpc.StatusCode.UNAVAILABLE:
        return UnavailableError("SERVICE_UNAVAILABLE", details or "the service cannot be reached")
    if code is grpc.StatusCode.CANCELLED or (code in _CUT_OFF_CODES and any(sign in details for sign in _CUT_OFF)):
        # Who cancels a call itself gets no status: this was the other side, which stops or died.
        return UnavailableError("CALL_CUT_OFF", "the service ended before it had answered")
    if code in _CATEGORIES and code is not grpc.StatusCode.INTERNAL:
        return restored_error(_CATEGORIES[code], code.name, details)
    return InternalError("INTERNAL", "a service failed", metadata={"code": code.name})
