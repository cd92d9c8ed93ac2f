"""A call and its answer, apart from what carries them: paths, headers, bodies, problems and models."""

import json
import re
import uuid
import weakref
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote

import httpx

from malapert_client.connection import Connection
from malapert_client.errors import InvalidInputError, ProblemError, UnknownAnswerError, UnreachableError, problem_error
from malapert_client.generated.operations import OPERATIONS
from malapert_client.operation import Operation
from malapert_client.reading import read_model

if TYPE_CHECKING:
    from pydantic import BaseModel

JSON = "application/json"
CHUNK_BYTES = 1 << 20
_SHOWN_TEXT = 200
_HEADER_TEXT = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Call:
    """One call, which may be sent several times under the same idempotency key."""

    operation: Operation
    address: str
    path: Mapping[str, str]
    query: httpx.QueryParams
    headers: dict[str, str]
    content: bytes | Path | BinaryIO | None = None

    def chunks(self) -> Iterator[bytes]:
        """Yield a file's content from its beginning."""
        if isinstance(self.content, Path):
            with self.content.open("rb") as file:
                yield from iter(lambda: file.read(CHUNK_BYTES), b"")
        elif self.content is not None and not isinstance(self.content, bytes):
            self.content.seek(0)
            yield from iter(lambda: self.content.read(CHUNK_BYTES), b"")  # type: ignore[union-attr]

    async def awaited_chunks(self) -> AsyncIterator[bytes]:
        """Yield a file's content from its beginning, for a transport that awaits it."""
        for chunk in self.chunks():
            yield chunk

    @property
    def body(self) -> bytes | None:
        """The body where it is held whole, None where it is read from a file or there is none."""
        return self.content if isinstance(self.content, bytes) else None

    @property
    def is_file(self) -> bool:
        """Whether the body is read from a file."""
        return self.content is not None and not isinstance(self.content, bytes)


@dataclass
class Seen:
    """Versions of objects that came from the platform, for as long as each is in use."""

    _by_identity: dict[int, tuple[weakref.ref[Any], str]] = field(default_factory=dict)

    def note(self, thing: Any, etag: str | None) -> None:
        """Keep the version of an object."""
        if etag:
            key = id(thing)
            self._by_identity[key] = (weakref.ref(thing, lambda _: self._by_identity.pop(key, None)), etag)

    def etag_of(self, thing: Any) -> str | None:
        """Return the version of an object, None where it came with none."""
        found = self._by_identity.get(id(thing))
        return found[1] if found and found[0]() is thing else None


def prepare(
    name: str,
    seen: Seen,
    *,
    path: Mapping[str, Any] | None = None,
    query: Mapping[str, Any] | None = None,
    body: "BaseModel | Mapping[str, Any] | None" = None,
    content: bytes | str | Path | BinaryIO | None = None,
    media_type: str = "",
    if_match: "str | int | BaseModel | None" = None,
    idempotency_key: str | None = None,
) -> Call:
    """Return the call of an operation.

    Raises
    ------
    ValueError
        Where an object is given as `if_match` that came with no version.
    InvalidInputError
        Where an identifier is one with which the path would be that of another call, a header's text holds what no
        header can, or a text holds half a character (a lone surrogate), which UTF-8 cannot.
    """
    operation = OPERATIONS[name]
    values = {key: str(value) for key, value in (path or {}).items()}
    _require_identifiers(values)
    headers: dict[str, str] = {}
    if operation.method != "GET":
        headers["Idempotency-Key"] = idempotency_key or uuid.uuid4().hex
    if if_match is not None:
        headers["If-Match"] = _etag(seen, if_match)
    try:
        carried = json_bytes(body) if body is not None else content.encode() if isinstance(content, str) else content
    except UnicodeEncodeError as error:
        raise _half_character("body", error) from error
    if carried is not None:
        headers["Content-Type"] = media_type or operation.media_type
    _require_header_texts(headers)
    address = operation.path.format_map({key: quote(value, safe="") for key, value in values.items()})
    try:
        parameters = httpx.QueryParams(list(_pairs(query or {})))
        str(parameters)
    except UnicodeEncodeError as error:
        raise _half_character("query", error) from error
    return Call(operation, address, values, parameters, headers, carried)


def _require_identifiers(values: Mapping[str, str]) -> None:
    # RFC 3986 5.2.4: a part of one or two dots is taken out of the path, with the one before it.
    faults = [
        {"path": f"path.{key}", "code": "INVALID_ID", "message": f"{value[:_SHOWN_TEXT]!r} is no identifier"}
        for key, value in values.items()
        if value in ("", ".", "..") or _LONE_SURROGATE.search(value)
    ]
    if faults:
        raise _not_sent("an identifier is empty, dots alone, or half a character", faults)


def _require_header_texts(headers: Mapping[str, str]) -> None:
    # RFC 9110 5.5: visible letters of ASCII, blanks only between them; what else might end the header, and begin one.
    faults = [
        {"path": f"header.{name}", "code": "INVALID_HEADER", "message": f"{value[:_SHOWN_TEXT]!r} is no header's text"}
        for name, value in headers.items()
        if not _HEADER_TEXT.fullmatch(value)
    ]
    if faults:
        raise _not_sent("a header takes visible letters of ASCII alone, with blanks between them", faults)


def _half_character(part: str, error: UnicodeEncodeError) -> InvalidInputError:
    shown = error.object[max(0, error.start - 20) : error.end]
    fault = {"path": part, "code": "INVALID_TEXT", "message": f"half a character at the end of {shown!r}"}
    return _not_sent("a text holds half a character (a lone surrogate), which UTF-8 cannot carry", [fault])


def _not_sent(detail: str, faults: list[dict[str, str]]) -> InvalidInputError:
    return InvalidInputError({"title": "not sent", "detail": detail, "reason": "INVALID_REQUEST", "errors": faults})


def json_bytes(body: "BaseModel | Mapping[str, Any]") -> bytes:
    """Return a body as JSON; of a model what was set."""
    if isinstance(body, Mapping):
        return json.dumps(body, default=_plain, ensure_ascii=False, allow_nan=False).encode()
    return body.model_dump_json(exclude_unset=True).encode()


def read_plain(call: Call, response: httpx.Response, _seen: Seen) -> Any:
    """Return what an answer holds as the platform tells it: plain JSON, the bytes of a file or nothing.

    Raises
    ------
    ProblemError
        Where the platform refused the call.
    """
    kind = call.operation.answers.get(str(response.status_code)) if response.is_success else None
    if kind is None:
        raise refusal(response)
    if kind in ("bytes", "nothing"):
        return response.content if kind == "bytes" else None
    return _json_object(response)


def read_answer(call: Call, response: httpx.Response, seen: Seen) -> Any:
    """Return what an answer holds: a model, an object, the bytes of a file or nothing.

    Raises
    ------
    ProblemError
        Where the platform refused the call.
    UnknownAnswerError
        Where what answers is no Malapert of a version that is known here.
    """
    kind = call.operation.answers.get(str(response.status_code)) if response.is_success else None
    if kind is None:
        raise refusal(response)
    if kind in ("bytes", "nothing"):
        return response.content if kind == "bytes" else None
    if kind == "object":
        return _json_object(response)
    try:
        thing = read_model(kind, response.content)
    except UnknownAnswerError as error:
        raise error if isinstance(_json(response), dict) else _not_malapert(response) from error
    seen.note(thing, response.headers.get("etag"))
    return thing


def refusal(response: httpx.Response) -> ProblemError:
    """Return the error of an answer that is none of those that the operation has; its body was read."""
    body = _json(response)
    if isinstance(body, dict) and "reason" in body:
        return problem_error(body, response.status_code)
    return _not_malapert(response)


def unreachable(error: httpx.HTTPError, connection: Connection) -> UnreachableError:
    """Return the error of a call that brought no answer."""
    where = connection.url
    if isinstance(error, httpx.TimeoutException):
        told = f"what is at {where} did not answer in time ({type(error).__name__})"
        return UnreachableError(told, is_timeout=True)
    return UnreachableError(f"no platform answers at {where}: {str(error) or type(error).__name__}")


def _not_malapert(response: httpx.Response) -> UnknownAnswerError:
    where = f"{response.url.scheme}://{response.url.netloc.decode('ascii', 'replace')}"
    shown = response.text[:_SHOWN_TEXT]
    detail = f"what answers at {where} with status {response.status_code} is no Malapert: {shown!r}"
    problem = {"title": "unknown answer", "detail": detail, "reason": "UNKNOWN_ANSWER"}
    return UnknownAnswerError(problem, response.status_code)


def _json_object(response: httpx.Response) -> dict[str, Any]:
    body = _json(response)
    if not isinstance(body, dict):
        raise _not_malapert(response)
    return body


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def _etag(seen: Seen, given: "str | int | BaseModel") -> str:
    if isinstance(given, int):
        return f'"{given}"'
    if isinstance(given, str):
        return given if given == "*" or given.startswith('"') else f'"{given}"'
    found = seen.etag_of(given)
    if found is None and isinstance(version := getattr(given, "version", None), int):
        found = f'"{version}"'
    if found is None:
        raise ValueError(f"this {type(given).__name__} came with no ETag: give the version that was seen")
    return found


def _pairs(query: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in query.items():
        if value is None:
            continue
        is_list = isinstance(value, (list, tuple, set, frozenset))
        for each in value if is_list else (value,):
            yield name, each if isinstance(each, str) else _text(each)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _time_text(value) if isinstance(value, datetime) else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _time_text(value)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", exclude_unset=True)
    raise TypeError(f"{type(value).__name__} is no JSON")


def _time_text(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(f"{value} has no offset from UTC: give an aware time, such as datetime(..., tzinfo=UTC)")
    from malapert_http_models.wire import rfc3339

    return rfc3339(value)
