"""Silences that a schedule would make too long, for explanations and what would mend them."""

from __future__ import annotations

from datetime import timedelta

from malapert_planner.solvers.state.incumbent import Incumbent


def longest_silence_s(found: Incumbent) -> int:
    """Return the longest silence of a schedule, as it is counted, where one is too long; 0 where none is."""
    rhythm, schedule = found.instance.rhythm, found.schedule
    silences = rhythm.too_long(schedule.drives, (contact.span for contact in schedule.contacts))
    return max((rhythm.between_s(schedule.drives, silence.span) for silence in silences), default=0)


def unheard(found: Incumbent) -> tuple[tuple[str, ...], str]:
    """Return what is in the way where a schedule with a chain would be silent for too long, and how it is said."""
    rhythm, schedule = found.instance.rhythm, found.schedule
    silences = rhythm.too_long(schedule.drives, (contact.span for contact in schedule.contacts))
    if not silences:
        return (), ""
    longest = max(silences, key=lambda silence: rhythm.between_s(schedule.drives, silence.span))
    hours = rhythm.between_s(schedule.drives, longest.span) / 3600
    since = found.instance.problem.start_time + timedelta(seconds=longest.span[0])
    text = (
        f"beside it nothing would be heard of the asset for {hours:.1f} h from {since:%Y-%m-%d %H:%M} UTC on in "
        f"which a contact could be held; {rhythm.most_s / 3600:g} h are allowed"
    )
    return ("max_silence",), text
