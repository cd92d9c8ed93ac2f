"""What goes wrong with a call, as exceptions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class MalapertError(Exception):
    """Base of all errors of the client."""


class ConfigurationError(MalapertError):
    """No platform can be asked with the address, key or configuration that is given."""


class UnreachableError(MalapertError):
    """Nothing answers at the platform's address, or not in time.

    ``is_timeout`` tells that something took the call and did not answer in time.
    """

    def __init__(self, message: str, *, is_timeout: bool = False) -> None:
        self.is_timeout = is_timeout
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of the input: a path into it, an upper-case code that never changes, and the words for a person."""

    path: str
    code: str
    message: str


class ProblemError(MalapertError):
    """The platform refused a call: its problem document (RFC 9457).

    ``reason`` is an upper-case code that never changes, ``status`` the HTTP status (0 where there was none), ``faults``
    are all that is wrong with the input, ``metadata`` values that a program needs to react, ``trace_id`` is what the
    platform's log knows the call by.
    """

    def __init__(self, problem: Mapping[str, Any], status: int = 0) -> None:
        self.status = status
        self.reason = str(problem.get("reason", ""))
        self.title = str(problem.get("title", "error"))
        self.detail = str(problem.get("detail", ""))
        self.metadata: dict[str, Any] = dict(problem.get("metadata") or {})
        self.trace_id = str(problem.get("traceId", ""))
        self.faults = [_fault(each) for each in problem.get("errors") or []]
        lines = [f"{self.title}: {self.detail} [{self.reason}]"]
        lines += [f"  {fault.path}: {fault.message} [{fault.code}]" for fault in self.faults]
        super().__init__("\n".join(lines))


class InvalidInputError(ProblemError):
    """The input is not usable; `faults` says all that is wrong with it."""


class UnauthenticatedError(ProblemError):
    """The key is unknown, spoilt, ended or revoked."""


class ForbiddenError(ProblemError):
    """The key may not make this call."""


class NotFoundError(ProblemError):
    """There is no such thing, or none that the caller may know of."""


class ConflictError(ProblemError):
    """The call does not fit the state of things."""


class StaleVersionError(ProblemError):
    """What is to be changed is no longer what was seen: read it anew."""


class LimitError(ProblemError):
    """A limit of the key or its agency is reached."""


class PlatformError(ProblemError):
    """The platform, or a part of it, cannot answer now."""


class UnknownAnswerError(ProblemError):
    """What answers is no Malapert, or none of a version that is known here."""


class WorkError(ProblemError):
    """Long work failed or was cancelled, with its reason and faults."""


_BY_STATUS: dict[int, type[ProblemError]] = {
    400: InvalidInputError,
    401: UnauthenticatedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    412: StaleVersionError,
    413: InvalidInputError,
    415: InvalidInputError,
    422: InvalidInputError,
    429: LimitError,
    431: InvalidInputError,
}


def problem_error(problem: Mapping[str, Any], status: int) -> ProblemError:
    """Return the error of a problem document by its HTTP status."""
    kind = _BY_STATUS.get(status, PlatformError if status >= 500 else ProblemError)
    return kind(problem, status)


def _fault(each: Any) -> Fault:
    if not isinstance(each, Mapping):
        return Fault("", "", str(each))
    return Fault(str(each.get("path", "")), str(each.get("code", "")), str(each.get("message", "")))
