"""Rules of contacts: inside windows where the asset is, long enough, one at a time, stations turned around in time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import PlacedContact
from malapert_planner.domain.simulation.coverage import merged, overlap_s, uncovered
from malapert_planner.domain.simulation.timeline import Case, contact_label
from malapert_planner.domain.validation.rules import Findings, Rule


def check_contacts(case: Case, findings: Findings) -> None:
    """Check every chosen contact, and those on one station or at one time against each other."""
    for contact in case.contacts:
        _check_windows(case, contact, findings)
        _check_start(case, contact, findings)
        _check_length(case, contact, findings)
        _check_rate(case, contact, findings)
        _check_closures(case, contact, findings)
    _check_radio(case, findings)
    _check_hand_over(case, findings)
    _check_turnaround(case, findings)
    _check_quotas(case, findings)


def _check_windows(case: Case, contact: PlacedContact, findings: Findings) -> None:
    findings.count(Rule.CONTACT_WINDOW)
    for part, stay in case.stays_during(contact.span):
        for place_id in stay.place_ids:
            windows = case.windows_during(contact.station_id, place_id, part)
            for gap in uncovered(part, merged(window.span for window in windows)):
                message = f"{contact.station_id} cannot be reached from {place_id}"
                objects = (contact_label(contact), place_id)
                findings.report(Rule.CONTACT_WINDOW, objects, gap, gap[1] - gap[0], message)


def _check_start(case: Case, contact: PlacedContact, findings: Findings) -> None:
    window = case.window_by_id.get(contact.window_id)
    first = next(case.stays_during(contact.span), None)
    if window is None or first is None:
        return
    start_s = contact.span[0]
    origin_id = first[1].place_ids[0]
    named = (window.station_id, window.place_id) == (contact.station_id, contact.place_id)
    right = named and contact.place_id == origin_id and window.span[0] <= start_s < window.span[1]
    message = (
        f"the contact with {contact.station_id} begins at {origin_id} at {start_s} s; it names {contact.place_id} and "
        f"the window of {window.station_id} from {window.place_id} in [{window.span[0]}, {window.span[1]}) s"
    )
    findings.check(Rule.CONTACT_START, not right, (contact_label(contact), window.window_id), contact.span, message)


def _check_length(case: Case, contact: PlacedContact, findings: Findings) -> None:
    least_s = max((window.min_length_s for window in case.windows_of(contact)), default=0)
    short_s = least_s - (contact.span[1] - contact.span[0])
    findings.check(
        Rule.CONTACT_LENGTH, short_s, (contact_label(contact),), contact.span, f"a contact lasts at least {least_s} s"
    )


def _occupied(case: Case, contact: PlacedContact) -> Span:
    """Return when a contact takes its antenna: with the set-up before it and the teardown after it."""
    windows = case.windows_of(contact)
    setup_s = max((window.setup_s for window in windows), default=0)
    teardown_s = max((window.teardown_s for window in windows), default=0)
    return contact.span[0] - setup_s, contact.span[1] + teardown_s


def _check_quotas(case: Case, findings: Findings) -> None:
    for quota in case.problem.antenna_quotas:
        taken = [(contact, overlap_s(_occupied(case, contact), quota.span)) for contact in _of(case, quota.station_ids)]
        counted = [(contact, taken_s) for contact, taken_s in taken if taken_s]
        beyond_s = sum(taken_s for _, taken_s in counted) - quota.left_s
        objects = (quota.quota_id, *(contact_label(contact) for contact, _ in counted))
        message = f"contacts take {beyond_s + quota.left_s} s of {quota.left_s} s that are left: {quota.title}"
        findings.check(Rule.ANTENNA_QUOTA, beyond_s, objects, quota.span, message)


def _of(case: Case, station_ids: tuple[str, ...]) -> list[PlacedContact]:
    """Return the contacts with some stations."""
    return [contact for contact in case.contacts if contact.station_id in station_ids]


def _check_rate(case: Case, contact: PlacedContact, findings: Findings) -> None:
    findings.count(Rule.CONTACT_RATE)
    for span, rate_bps, least_bps in rate_steps(case, contact):
        if rate_bps < least_bps:
            message = f"the link gives {rate_bps:g} bit/s, less than the {least_bps:g} bit/s at which it closes"
            findings.report(Rule.CONTACT_RATE, (contact_label(contact),), span, span[1] - span[0], message)


def rate_steps(case: Case, contact: PlacedContact) -> Iterator[tuple[Span, float, float]]:
    """Yield the rate over a contact in constant steps with the least that is asked, by place where the asset is."""
    for part, stay in case.stays_during(contact.span):
        for place_id in stay.place_ids:
            for window in case.windows_during(contact.station_id, place_id, part):
                steps = zip(window.rate.offset_s, (*window.rate.offset_s[1:], window.span[1]), strict=True)
                for (start_s, end_s), rate_bps in zip(steps, window.rate.rate_bps, strict=True):
                    span = (max(start_s, part[0], window.span[0]), min(end_s, part[1], window.span[1]))
                    if span[0] < span[1]:
                        yield span, rate_bps, window.least_rate_bps


def _check_closures(case: Case, contact: PlacedContact, findings: Findings) -> None:
    findings.count(Rule.STATION_CLOSED)
    taken = _occupied(case, contact)
    for closed in case.problem.closed_spans:
        if closed.station_id != contact.station_id or not (both_s := overlap_s(taken, closed.span)):
            continue
        objects = (contact_label(contact), *((closed.subject_id,) if closed.subject_id else ()))
        message = f"{contact.station_id} is closed from {closed.span[0]} to {closed.span[1]} s: {closed.title}"
        findings.report(Rule.STATION_CLOSED, objects, contact.span, both_s, message)


def _check_radio(case: Case, findings: Findings) -> None:
    longest: PlacedContact | None = None
    for contact in case.contacts:
        findings.count(Rule.CONTACT_OVERLAP)
        if longest is not None and (both_s := overlap_s(longest.span, contact.span)):
            span = (contact.span[0], contact.span[0] + both_s)
            objects = (contact_label(longest), contact_label(contact))
            findings.report(Rule.CONTACT_OVERLAP, objects, span, both_s, "the asset has one radio")
        if longest is None or contact.span[1] > longest.span[1]:
            longest = contact


def hand_overs(case: Case) -> Iterator[tuple[PlacedContact, PlacedContact]]:
    """Yield each two contacts with different stations that follow one another, where a time between is asked for."""
    for before, after in pairwise(case.contacts) if case.problem.hand_over_s else ():
        if before.station_id != after.station_id:
            yield before, after


def _check_hand_over(case: Case, findings: Findings) -> None:
    needed_s = case.problem.hand_over_s
    for before, after in hand_overs(case):
        # Two at once are the radio's affair.
        short_s = needed_s - max(0, after.span[0] - before.span[1])
        message = f"{needed_s} s to hand over must lie between contacts with {before.station_id} and {after.station_id}"
        objects = (contact_label(before), contact_label(after))
        span = (min(before.span[1], after.span[0]), max(before.span[1], after.span[0]))
        findings.check(Rule.CONTACT_HAND_OVER, short_s, objects, span, message)


def _check_turnaround(case: Case, findings: Findings) -> None:
    by_station: dict[str, list[PlacedContact]] = defaultdict(list)
    for contact in case.contacts:
        by_station[contact.station_id].append(contact)
    for contacts in by_station.values():
        for before, after in pairwise(contacts):
            teardown_s = max((window.teardown_s for window in case.windows_of(before)), default=0)
            setup_s = max((window.setup_s for window in case.windows_of(after)), default=0)
            short_s = before.span[1] + teardown_s + setup_s - after.span[0]
            message = f"{teardown_s} s of teardown and {setup_s} s of setup must lie between"
            objects = (contact_label(before), contact_label(after))
            span = (min(before.span[1], after.span[0]), max(before.span[1], after.span[0]))
            findings.check(Rule.STATION_TURNAROUND, short_s, objects, span, message)
