"""Errors of the domain, free of any transport: a category, an upper-case reason, and all faults of an input at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar


class ErrorCategory(StrEnum):
    """Category of an error; each maps to one gRPC status code and one HTTP status."""

    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    CONFLICT = "CONFLICT"
    PRECONDITION = "PRECONDITION"
    PERMISSION = "PERMISSION"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    UNAVAILABLE = "UNAVAILABLE"
    EXHAUSTED = "EXHAUSTED"
    CANCELLED = "CANCELLED"
    INTERNAL = "INTERNAL"


MAX_FAULTS = 100
"""Number of faults of one input that are told; of more, how many there are is told as well."""
LONGEST_PATH = 500
LONGEST_MESSAGE = 4000


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of an input: where it is, its upper-case code, and what is wrong and allowed.

    Paths and messages are cut to a length: keys and values of an input may be as long as the input itself.
    """

    path: str
    code: str
    message: str

    def __post_init__(self) -> None:
        """Cut what is too long."""
        object.__setattr__(self, "path", self.path[:LONGEST_PATH])
        object.__setattr__(self, "message", self.message[:LONGEST_MESSAGE])


class MalapertError(Exception):
    """Base of every error that may cross a service's edge.

    Parameters
    ----------
    reason : str
        Upper-case code that never changes, such as ``UNKNOWN_MISSION``.
    message : str
        What happened, for a person.
    metadata : mapping of str to str, optional
        Values that a program needs to react.
    faults : iterable of Fault, optional
        All faults of the input; the first `MAX_FAULTS` are told, and of more their number as ``fault_count``.
    """

    category: ClassVar[ErrorCategory] = ErrorCategory.INTERNAL

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        metadata: Mapping[str, str] | None = None,
        faults: Iterable[Fault] = (),
    ) -> None:
        found = tuple(faults)
        self.metadata: dict[str, str] = dict(metadata or {})
        if len(found) > MAX_FAULTS:
            self.metadata["fault_count"] = str(len(found))
            message = f"{message}; the first {MAX_FAULTS} of {len(found)} faults are told"
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message
        self.faults: tuple[Fault, ...] = found[:MAX_FAULTS]

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are pickled by calling their class with args, which would lose metadata and faults.
        return restored_error, (self.category, self.reason, self.message, self.metadata, self.faults)


class InvalidInputError(MalapertError):
    """The input breaks a rule; its faults say where."""

    category = ErrorCategory.INVALID


class NotFoundError(MalapertError):
    """There is no such object, or the caller may not see it; the reason is ``UNKNOWN_<KIND>``.

    Parameters
    ----------
    kind : str
        What was sought, such as ``"mission"``.
    identifier : str
        The identifier that was given.
    """

    category = ErrorCategory.NOT_FOUND

    def __init__(self, kind: str, identifier: str) -> None:
        reason = "UNKNOWN_" + kind.upper().replace(" ", "_").replace("-", "_")
        super().__init__(reason, f"there is no {kind} {identifier!r}", metadata={"identifier": identifier})


class AlreadyExistsError(MalapertError):
    """An object with this identity is there already."""

    category = ErrorCategory.ALREADY_EXISTS


class ConflictError(MalapertError):
    """Somebody else changed or holds what is asked for."""

    category = ErrorCategory.CONFLICT


class PreconditionError(MalapertError):
    """The object's state does not allow it."""

    category = ErrorCategory.PRECONDITION


class PermissionDeniedError(MalapertError):
    """The caller may not do this."""

    category = ErrorCategory.PERMISSION


class UnauthenticatedError(MalapertError):
    """The caller did not prove who it is."""

    category = ErrorCategory.UNAUTHENTICATED


class UnavailableError(MalapertError):
    """A part is not reachable now; asking again may help."""

    category = ErrorCategory.UNAVAILABLE


class DatabaseAwayError(UnavailableError):
    """The service's own database cannot be reached now, or is full or too busy."""


class ExhaustedError(MalapertError):
    """A limit of size, number or rate is reached."""

    category = ErrorCategory.EXHAUSTED


class OperationCancelledError(MalapertError):
    """The work was stopped because somebody asked for it."""

    category = ErrorCategory.CANCELLED

    def __init__(self, reason: str = "CANCELLED", message: str = "the work was cancelled", **rest: Any) -> None:
        super().__init__(reason, message, **rest)


class InternalError(MalapertError):
    """Something went wrong that the caller cannot change."""


class WorkLostError(InternalError):
    """The process that did the work died; begun again it may succeed."""


_CLASSES: dict[ErrorCategory, type[MalapertError]] = {
    error.category: error
    for error in (
        InvalidInputError,
        NotFoundError,
        AlreadyExistsError,
        ConflictError,
        PreconditionError,
        PermissionDeniedError,
        UnauthenticatedError,
        UnavailableError,
        ExhaustedError,
        OperationCancelledError,
        InternalError,
    )
}


def restored_error(
    category: ErrorCategory,
    reason: str,
    message: str,
    metadata: Mapping[str, str] | None = None,
    faults: Iterable[Fault] = (),
) -> MalapertError:
    """Return the error of a category with exactly these parts, as it was before it crossed a process's edge."""
    error_class = _CLASSES[category]
    error = error_class.__new__(error_class)
    MalapertError.__init__(error, reason, message, metadata=metadata, faults=faults)
    return error
