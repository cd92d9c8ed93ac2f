"""Shares of the calls that are at work at once: in turn between agencies, long calls apart from quick ones."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from malapert_core.fairness.slots import FairSlots

from malapert_gateway.config import GatewaySettings

HEAVY_ACTIONS = frozenset(
    {
        "apply_edits",
        "check_edits",
        "check_requests",
        "compare_plans",
        "create_mission",
        "explain_unplanned",
        "export_contacts",
        "export_orbiter",
        "export_plan",
        "export_requests",
        "export_window_events",
        "export_windows",
        "find_routes",
        "find_timed_route",
        "get_horizon_profiles",
        "get_light_series",
        "get_map_layer",
        "import_plan",
        "import_requests",
        "predict_tracking_data",
        "rate_requests",
        "read_schedule",
        "read_tracking_data",
        "register_orbiter",
        "register_terrain",
        "resolve_waypoints",
        "scan_landing_dates",
        "validate_plan",
    }
)
"""Calls that compute, read or write much while they last."""


@dataclass(frozen=True, slots=True)
class CallShares:
    """Slots of quick and of long calls; the calls of one agency have half of each at the most."""

    quick: FairSlots
    heavy: FairSlots

    @classmethod
    def of(cls, settings: GatewaySettings) -> "CallShares":
        """Return the shares that the settings say."""
        return cls(
            _slots(settings.calls_at_once, settings, "calls"),
            _slots(settings.heavy_calls_at_once, settings, "long calls"),
        )

    @asynccontextmanager
    async def held(self, action: str, agency_id: str) -> AsyncIterator[None]:
        """Hold a slot of a call's kind for the length of a block.

        Raises
        ------
        ExhaustedError
            ``TOO_MUCH_AT_ONCE``.
        """
        async with (self.heavy if action in HEAVY_ACTIONS else self.quick).held(agency_id):
            yield


def _slots(slots: int, settings: GatewaySettings, what: str) -> FairSlots:
    most = settings.waiting_calls_of_agency
    return FairSlots(slots, most_of_owner=slots // 2, most_waiting=most, what=what)
