"""Schedules made by hand: their items, and the whole."""

from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule


def at(activity_id: str, start_s: int, length_s: int = 3600, place_id: str = "base") -> PlacedActivity:
    return PlacedActivity(activity_id, place_id, (start_s, start_s + length_s))


def drive(start_s: int, from_place_id: str = "base", to_place_id: str = "ridge", length_s: int = 1800) -> PlacedDrive:
    return PlacedDrive(from_place_id, to_place_id, (start_s, start_s + length_s))


def contact(start_s: int, end_s: int, window_id: str = "w", station_id: str = "usuda") -> PlacedContact:
    return PlacedContact(station_id, "base", window_id, (start_s, end_s))


def plan(*items: PlacedActivity | PlacedDrive | PlacedContact) -> Schedule:
    return Schedule(
        tuple(item for item in items if isinstance(item, PlacedActivity)),
        tuple(item for item in items if isinstance(item, PlacedDrive)),
        tuple(item for item in items if isinstance(item, PlacedContact)),
    )
