"""Answers that are files, and the rows of lists that go into them."""

from fastapi import Response
from malapert.type.v1 import type_pb2
from malapert_core.errors import ExhaustedError

MOST_ROWS = 50_000
PAGE_SIZE = 1000
TEXT = {"schema": {"type": "string"}}


def file_responses(*media_types: str) -> dict[int | str, dict[str, object]]:
    """Return what a route says of its file in the API's document."""
    content = {name: {"schema": {"type": "object"}} if name.endswith("json") else TEXT for name in media_types}
    named = {"Content-Disposition": {"description": "A name for the file.", "schema": {"type": "string"}}}
    return {200: {"description": "The file.", "content": content, "headers": named}}


def file_answer(content: bytes, media_type: str, name: str) -> Response:
    """Return a file under a name."""
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def has_more(next_token: str, page: type_pb2.PageRequest, count: int) -> bool:
    """Turn to the next page; return False after the last, which a cursor that does not move is too.

    Raises
    ------
    ExhaustedError
        ``TOO_MANY_ROWS`` where a file would have more than `MOST_ROWS`.
    """
    if count > MOST_ROWS:
        raise ExhaustedError("TOO_MANY_ROWS", f"more than {MOST_ROWS} rows; narrow the span or the filter")
    if next_token in ("", page.page_token):
        return False
    page.page_token = next_token
    return True
