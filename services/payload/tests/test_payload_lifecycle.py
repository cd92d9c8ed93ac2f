"""Legal lives of requests, and how a new mission version changes them."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from malapert_core.errors import ConflictError, PreconditionError
from malapert_core.policy.charter import Charter
from malapert_core.policy.identity import Identity, Role
from malapert_core.vocabulary.interval import Interval
from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.requests.lifecycle import TRANSITIONS, Change, accept, check_version, plan, transition
from malapert_payload.domain.requests.reconciliation import reconcile
from malapert_payload.domain.requests.request import ActivityRequest, RequestState, Visibility
from malapert_payload.services.access import Viewer
from payload_world import charter_of

TIME = datetime(2029, 1, 1, tzinfo=UTC)
CHANGE = Change("jaxa", TIME, "test")
NEW = ActivityRequest("pan", "polar-test", "Panorama", "panorama", "jaxa", 1.0)

# CCSDS 529.1 as the brief of the domain states it, with the two ways back in that a mission version may take.
LEGAL = {
    ("UNSPECIFIED", "REQUESTED"),
    ("REQUESTED", "ACCEPTED"),
    ("REQUESTED", "REJECTED"),
    ("REQUESTED", "CANCELLED"),
    ("ACCEPTED", "PLANNED"),
    ("ACCEPTED", "CANCELLED"),
    ("ACCEPTED", "REJECTED"),
    ("PLANNED", "PROCESSING"),
    ("PLANNED", "ACCEPTED"),
    ("PLANNED", "CANCELLED"),
    ("PROCESSING", "PROCESSED"),
    ("PROCESSING", "TERMINATED"),
    ("PROCESSING", "ACCEPTED"),
    ("REJECTED", "REQUESTED"),
    ("CANCELLED", "REQUESTED"),
}


@given(st.lists(st.sampled_from(RequestState), max_size=12))
def test_any_sequence_leaves_a_legal_life(states: list[RequestState]) -> None:
    request = NEW
    for state in states:
        before = request
        try:
            request = transition(request, state, CHANGE)
        except PreconditionError:
            assert (before.state.name, state.name) not in LEGAL
            assert request is before
        else:
            assert (before.state.name, state.name) in LEGAL
    lived = [RequestState.UNSPECIFIED, *(row.state for row in request.history)]
    assert all((a.name, b.name) in LEGAL for a, b in pairwise(lived))
    assert request.state == lived[-1]
    assert request.version == len(request.history)


def test_every_state_has_its_row_in_the_table() -> None:
    assert set(TRANSITIONS) == set(RequestState)


def test_a_stale_version_conflicts() -> None:
    request = accept(NEW, CHANGE)
    check_version(request, 0)
    check_version(request, 2)
    with pytest.raises(ConflictError, match="STALE_VERSION"):
        check_version(request, 1)


def test_an_import_enters_requests_as_accepted_through_requested(
    catalogue: Catalogue, document: list[ActivityRequest]
) -> None:
    taken = reconcile(catalogue, document, {}, CHANGE)
    for request in taken:
        assert [row.state.name for row in request.history] == ["REQUESTED", "ACCEPTED"]
        assert (request.version, request.standing.is_listed) == (2, True)


def test_a_new_version_adds_keeps_changes_and_cancels(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    stored = {request.request_id: request for request in reconcile(catalogue, document, {}, CHANGE)}
    for request_id in ("pan-daily", "sample-ridge"):
        stored[request_id] = plan(stored[request_id], "plan-1", 1, 1, CHANGE)
    added = replace(document[0], request_id="pan-extra")
    newer = [document[0], replace(document[1], value=60.0), added]
    second = replace(catalogue, mission_version=2)
    after = {r.request_id: r for r in reconcile(second, newer, stored, replace(CHANGE, reason="mission version 2"))}
    assert after["pan-daily"] == stored["pan-daily"]
    assert (after["sample-ridge"].state.name, after["sample-ridge"].value) == ("ACCEPTED", 60.0)
    assert after["sample-ridge"].history[-1].reason == "mission version 2: changed"
    assert (after["secret-crater"].state.name, after["secret-crater"].standing.is_listed) == ("CANCELLED", False)
    assert after["secret-crater"].history[-1].reason == "mission version 2: no longer listed"
    assert after["pan-extra"].state.name == "ACCEPTED"
    again = {r.request_id: r for r in reconcile(second, document, after, CHANGE)}
    assert [row.state.name for row in again["secret-crater"].history][-3:] == ["CANCELLED", "REQUESTED", "ACCEPTED"]


def test_what_a_team_withdrew_stays_withdrawn(catalogue: Catalogue, document: list[ActivityRequest]) -> None:
    stored = {request.request_id: request for request in reconcile(catalogue, document, {}, CHANGE)}
    stored["pan-daily"] = transition(stored["pan-daily"], RequestState.CANCELLED, CHANGE)
    after = {r.request_id: r for r in reconcile(replace(catalogue, mission_version=2), document, stored, CHANGE)}
    assert after == stored


def test_what_an_agency_handed_in_and_no_longer_fits_is_held_until_it_does(
    catalogue: Catalogue, document: list[ActivityRequest]
) -> None:
    own = plan(accept(replace(document[1], request_id="own", relations=()), CHANGE), "plan-1", 1, 1, CHANGE)
    kept = accept(replace(document[0], request_id="kept"), CHANGE)
    end_time = datetime(2029, 1, 14, tzinfo=UTC)
    shorter = replace(catalogue, mission_version=2, horizon=Interval(catalogue.horizon.start_time, end_time))
    after = {r.request_id: r for r in reconcile(shorter, [], {"own": own, "kept": kept}, CHANGE)}
    assert after["kept"] == kept
    assert (after["own"].state, after["own"].definition()) == (RequestState.PLANNED, own.definition())
    assert "own.windows[0]: the window" in after["own"].standing.not_valid
    assert after["own"].history[-1].reason.endswith(after["own"].standing.not_valid)
    again = {r.request_id: r for r in reconcile(catalogue, [], after, CHANGE)}
    assert again["own"].standing == own.standing


def seen(agency_id: str, role: Role, charter: Charter | None, now: datetime) -> set[str]:
    """Return the visibilities of JAXA's requests that are seen, by rule and by query alike."""
    viewer = Viewer(Identity(agency_id, role, "key"), charter, now)
    shown = (Visibility.PUBLIC, Visibility.MISSION, Visibility.OWNER)
    return {v.name for v in shown if viewer.sees(replace(NEW, visibility=v))}


@pytest.mark.parametrize(
    ("agency_id", "role", "expected"),
    [
        ("jaxa", Role.VIEWER, {"PUBLIC", "MISSION", "OWNER"}),
        ("isro", Role.PLANNER, {"PUBLIC", "MISSION"}),
        ("isro", Role.OPERATOR, {"PUBLIC", "MISSION"}),
        ("acme", Role.REQUESTER, set()),
        ("acme", Role.OPERATOR, set()),
        ("malapert", Role.SERVICE, {"PUBLIC", "MISSION", "OWNER"}),
    ],
)
def test_who_sees_what_jaxa_asked(agency_id: str, role: Role, expected: set[str]) -> None:
    now = datetime(2028, 1, 1, tzinfo=UTC)
    assert seen(agency_id, role, charter_of(), now) == expected
    public = charter_of(is_public=True)
    assert seen(agency_id, role, public, now) == expected | {"PUBLIC"}
    before = datetime(2019, 1, 1, tzinfo=UTC)
    if agency_id != "jaxa" and role is not Role.SERVICE:
        assert seen(agency_id, role, charter_of(), before) == set()
