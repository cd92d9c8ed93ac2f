"""The calls that an assistant may make, and the lists that it is told in parts."""

from collections.abc import Mapping
from typing import Any

from malapert_client.client import AsyncClient
from malapert_client.generated.operations import OPERATIONS

CALLS = frozenset(
    {
        "who_am_i", "list_missions", "get_mission", "list_requests", "list_plans", "get_plan", "list_requests_in_plan",
        "explain_unplanned", "check_edits", "list_windows", "list_stations", "list_outages", "list_contacts",
    }
)  # fmt: skip
"""Operations that read or work out; none hands in, edits, books, reviews, approves or releases anything."""
MOST_ROWS = 200


class NotForAssistantsError(Exception):
    """A call that this server does not make."""


class ReadingClient:
    """A client of a platform that makes the calls of `CALLS` and no others.

    Parameters
    ----------
    client
        What makes them; what it sees and may do is its key's matter.
    """

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def ask(
        self,
        name: str,
        path: Mapping[str, str] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return an answer as the platform tells it.

        Raises
        ------
        NotForAssistantsError
            Where it is none of `CALLS`.
        ProblemError
            Where the platform refuses it.
        """
        if name not in CALLS:
            raise NotForAssistantsError(f"{name} is no call that an assistant may make")
        answer: dict[str, Any] = await self._client.plain(name, path=path, query=query, body=body)
        return answer

    async def rows(
        self, name: str, count: int, path: Mapping[str, str] | None = None, *, query: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the first rows of a list, at most `MOST_ROWS`, and whether there are more."""
        field = OPERATIONS[name].item.partition(":")[0]
        count = max(1, min(count, MOST_ROWS))
        answer = await self.ask(name, path, query={**(query or {}), "page_size": count})
        return {field: answer[field], "there_are_more": bool(answer.get("next_page_token"))}
