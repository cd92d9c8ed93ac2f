"""Answers that are files, and the rows of lists that go into them."""

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import Response
from malapert_core.errors import ExhaustedError, Fault, InvalidInputError
from pydantic import BaseModel

from malapert_gateway.conversion import to_model
from malapert_gateway.services.gateway import Gateway

MOST_ROWS = 50_000
MOST_SAMPLES = 2_000_000
"""Samples of the profiles of all rows: numbers of a file that takes seconds to write, and the gateway's memory."""
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


async def all_rows(
    gateway: Gateway,
    call: Any,
    request: Any,
    model: type[BaseModel],
    field: str,
    *,
    page_size: int = PAGE_SIZE,
    samples_of: Callable[[Any], int] | None = None,
) -> list[Any]:
    """Return the rows of a list, asked for page by page.

    Parameters
    ----------
    call
        The method of a service that lists.
    request
        What is asked for; its page is set here.
    model, field
        Model of a page, and its field with the rows.
    page_size
        Rows that are asked for at once.
    samples_of
        Number of samples in a row, where rows have profiles.

    Raises
    ------
    ExhaustedError
        ``TOO_MANY_ROWS`` where there are more than `MOST_ROWS`, ``TOO_MANY_SAMPLES`` where they have more than
        `MOST_SAMPLES`.
    """
    request.page.page_size = page_size
    rows: list[Any] = []
    samples = 0
    while True:
        page: Any = await asyncio.to_thread(to_model, await gateway.call(call, request), model)
        found = getattr(page, field)
        rows += found
        samples += sum(map(samples_of, found)) if samples_of else 0
        if len(rows) > MOST_ROWS:
            raise ExhaustedError("TOO_MANY_ROWS", f"more than {MOST_ROWS} rows; narrow the span or the filter")
        if samples > MOST_SAMPLES:
            raise ExhaustedError("TOO_MANY_SAMPLES", f"more than {MOST_SAMPLES} samples; narrow the filter")
        # A cursor that does not move is the last one's.
        if page.next_page_token in ("", request.page.page_token):
            return rows
        request.page.page_token = page.next_page_token


async def require_agency_of(gateway: Gateway, agency_id: str, mission_id: str, version: int = 0) -> None:
    """Refuse an agency that has no part in a mission: what is asked of it would be an empty file.

    Raises
    ------
    InvalidInputError
        ``INVALID_REQUEST`` with those that have.
    """
    known = sorted((await gateway.mission(mission_id, version)).agency_ids)
    if agency_id not in known:
        message = f"{agency_id[:80]!r} is no agency of the mission; known: {', '.join(known)}"
        fault = Fault("query.agency_id", "UNKNOWN_AGENCY", message)
        raise InvalidInputError("INVALID_REQUEST", "the agency has no part in the mission", faults=[fault])
