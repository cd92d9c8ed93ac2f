"""Headers that are honoured or refused: those that stand once, and media types with what they state of a text."""

from email.message import Message

from malapert_core.errors import Fault, InvalidInputError
from starlette.requests import Request

_SINGLE = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Last-Event-ID", "X-CSRF-Token")
_HEADER = "header.Content-Type"
_CHARSETS = ("utf-8", "utf8", "us-ascii", "ascii")


def require_single_headers(request: Request) -> None:
    """Refuse headers that are given several times where one value alone can be meant.

    Raises
    ------
    InvalidInputError
        ``INVALID_REQUEST`` with a fault for each of them.
    """
    counts = {name: len(request.headers.getlist(name)) for name in _SINGLE}
    faults = [
        Fault(f"header.{name}", "DUPLICATE_HEADER", f"one value is allowed, not {count}")
        for name, count in counts.items()
        if count > 1
    ]
    if faults:
        raise InvalidInputError("INVALID_REQUEST", "a header is given more than once", faults=faults)


def media_type_of(request: Request) -> str:
    """Return the media type of a body without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def require_media_type(request: Request, allowed: tuple[str, ...]) -> None:
    """Refuse a body of another media type, in another encoding than UTF-8, and a table without a header.

    Raises
    ------
    InvalidInputError
        ``UNSUPPORTED_MEDIA_TYPE``.
    """
    media_type = media_type_of(request)
    if media_type not in allowed:
        names = " or ".join(allowed)
        raise InvalidInputError("UNSUPPORTED_MEDIA_TYPE", f"the body must be {names}, not {media_type or 'untyped'}")
    parameters = _parameters(request.headers["content-type"])
    charset = parameters.get("charset", _CHARSETS[0])
    if charset.lower() not in _CHARSETS:
        raise _refused(f"a body is read in UTF-8, not in {charset[:40]!r}")
    # RFC 4180, 3: the header of a table is there or it is not.
    if parameters.get("header", "present").lower() != "present":
        raise _refused(f"a table begins with the names of its columns; header={parameters['header'][:40]} is not read")


def _parameters(stated: str) -> dict[str, str]:
    message = Message()
    message["content-type"] = stated
    return {name.lower(): str(value) for name, value in (message.get_params(failobj=[]) or [])[1:]}


def _refused(message: str) -> InvalidInputError:
    fault = Fault(_HEADER, "UNSUPPORTED_MEDIA_TYPE", message)
    return InvalidInputError("UNSUPPORTED_MEDIA_TYPE", message, faults=[fault])
