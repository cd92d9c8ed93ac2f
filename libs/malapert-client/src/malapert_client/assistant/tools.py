"""What an assistant may ask of a platform, each a tool of the Model Context Protocol."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from malapert_http_models.contracts.planner import PlanEdit
from pydantic import Field

from malapert_client.assistant.reading import MOST_ROWS, ReadingClient

_BULK = (
    "profiles",
    "routes",
    "waypoints",
    "site",
    "alternative_sites",
    "activities",
    "contacts",
    "unplanned",
    "changes",
)
Plan = Annotated[str, Field(description="Identifier of a plan.")]
Mission = Annotated[str, Field(description="Identifier of a mission.")]
Count = Annotated[int, Field(ge=1, le=MOST_ROWS, description="Rows at most.")]
Instant = Annotated[str, Field(description="RFC 3339 time, such as 2029-01-10T00:00:00Z.")]


class Tools:
    """The tools, each an asynchronous method whose docstring tells an assistant what it answers.

    Parameters
    ----------
    platform
        What asks the platform.
    """

    def __init__(self, platform: ReadingClient) -> None:
        self._platform = platform

    async def whoami(self) -> dict[str, Any]:
        """Agency and role of the key, and its limits: all other answers hold what these may see, and no more."""
        return await self._platform.ask("who_am_i")

    async def missions(self, count: Count = 50) -> dict[str, Any]:
        """Missions with title, owner and newest version."""
        return await self._platform.rows("list_missions", count)

    async def mission(
        self,
        mission_id: Mission,
        part: Annotated[str, Field(description="Only this part of the document, such as assets; empty: all.")] = "",
    ) -> dict[str, Any]:
        """Newest version of a mission with its document: assets, sites, resources, rules and horizon."""
        found = await self._platform.ask("get_mission", {"mission_id": mission_id})
        if not part:
            return found
        document = found["document"]
        if part not in document:
            raise ValueError(f"the document has no part {part[:80]}; it has {', '.join(document)}")
        return {**{name: value for name, value in found.items() if name != "document"}, part: document[part]}

    async def requests(self, mission_id: Mission, count: Count = 50) -> dict[str, Any]:
        """Activity requests of a mission: what teams ask for, with value, windows and state."""
        return await self._platform.rows("list_requests", count, {"mission_id": mission_id})

    async def plans(self, mission_id: Mission = "", count: Count = 20) -> dict[str, Any]:
        """Plans, newest first, without their items; of one mission where it is named."""
        found = await self._platform.rows("list_plans", count, query={"mission_id": mission_id or None})
        return {**found, "plans": [_overview(plan) for plan in found["plans"]]}

    async def plan(self, plan_id: Plan) -> dict[str, Any]:
        """A plan without its items: state, horizon, objective with the proven gap, validation, reviews, notices."""
        return _overview(await self._platform.ask("get_plan", {"plan_id": plan_id}))

    async def plan_items(
        self,
        plan_id: Plan,
        start_time: Annotated[str, Field(description="Only what ends after it (RFC 3339, UTC); empty: all.")] = "",
        offset: Annotated[int, Field(ge=0, description="Items passed over, to read on.")] = 0,
        count: Count = 100,
    ) -> dict[str, Any]:
        """Activities, drives and contacts of a plan by start time, in parts."""
        plan = await self._platform.ask("get_plan", {"plan_id": plan_id})
        items = [{"item": kind, **each} for kind in ("activities", "contacts") for each in plan[kind]]
        if start_time:
            begin = _instant(start_time)
            items = [each for each in items if datetime.fromisoformat(each["interval"]["end_time"]) > begin]
        items.sort(key=lambda each: each["interval"]["start_time"])
        part = items[offset : offset + count]
        return {"items": part, "total": len(items), "there_are_more": offset + len(part) < len(items)}

    async def requests_in_plan(self, plan_id: Plan, count: Count = 100) -> dict[str, Any]:
        """What became of each request in a plan: planned when and where, or left out and why."""
        return await self._platform.rows("list_requests_in_plan", count, {"plan_id": plan_id})

    async def why_not(
        self,
        plan_id: Plan,
        request_id: Annotated[str, Field(description="Identifier of a request that is left out.")],
        repetition_index: Annotated[int, Field(ge=0, description="Its repetition, from 0.")] = 0,
    ) -> dict[str, Any]:
        """Why a request is not in a plan: what is in the way, and the smallest changes that would admit it."""
        return await self._platform.ask(
            "explain_unplanned",
            {"plan_id": plan_id, "request_id": request_id},
            query={"repetition_index": repetition_index},
        )

    async def check_edit(
        self,
        plan_id: Plan,
        edits: Annotated[
            list[PlanEdit], Field(description="Edits in order; each has exactly one of its fields, such as `shift`.")
        ],
        mend: Annotated[bool, Field(description="Also find the least further changes that keep every rule.")] = False,
    ) -> dict[str, Any]:
        """What edits would make of a plan: rules broken, changes, objective. Nothing is stored."""
        told = [edit.model_dump(mode="json", exclude_unset=True) for edit in edits]
        body: Mapping[str, Any] = {"edits": told, "mend": mend}
        return await self._platform.ask("check_edits", {"plan_id": plan_id}, body=body)

    async def windows(
        self,
        window_set_id: Annotated[str, Field(description="Identifier of a window set; a plan names its own.")],
        kinds: Annotated[list[str] | None, Field(description="Only these, such as ILLUMINATION or CONTACT.")] = None,
        place_ids: Annotated[list[str] | None, Field(description="Only at these places.")] = None,
        station_ids: Annotated[list[str] | None, Field(description="Only of these stations.")] = None,
        count: Count = 100,
    ) -> dict[str, Any]:
        """Windows of light, Earth visibility, contact and links by start time, without their profiles."""
        query = {"kinds": kinds, "place_ids": place_ids, "station_ids": station_ids, "without_profiles": True}
        return await self._platform.rows("list_windows", count, {"window_set_id": window_set_id}, query=query)

    async def stations(self, count: Count = 100) -> dict[str, Any]:
        """Ground stations with owner, place, dish and bands, each figure with its source and confidence."""
        return await self._platform.rows("list_stations", count)

    async def outages(self, count: Count = 50) -> dict[str, Any]:
        """Outages of stations."""
        return await self._platform.rows("list_outages", count)

    async def contacts(self, start_time: Instant, end_time: Instant, count: Count = 100) -> dict[str, Any]:
        """The contact book in a span: what antennas are booked for, as far as the key may see."""
        query = {"start_time": start_time, "end_time": end_time}
        return await self._platform.rows("list_contacts", count, query=query)

    def all(self) -> list[Any]:
        """Return the tools' methods."""
        return [
            self.whoami, self.missions, self.mission, self.requests, self.plans, self.plan, self.plan_items,
            self.requests_in_plan, self.why_not, self.check_edit, self.windows, self.stations, self.outages,
            self.contacts,
        ]  # fmt: skip


def _instant(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"start_time {text} has no offset from UTC: give one such as 2029-01-10T00:00:00Z")
    return time


def _overview(plan: Mapping[str, Any]) -> dict[str, Any]:
    counts = {f"{name}_count": len(plan.get(name) or ()) for name in ("activities", "contacts", "unplanned")}
    return {name: value for name, value in plan.items() if name not in _BULK} | counts
