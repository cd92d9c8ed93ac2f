"""What a principal sees of a thing, by ownership, audience and membership."""

from datetime import UTC, datetime, timedelta

import pytest
from malapert_core.policy.audience import Visibility
from malapert_core.policy.charter import Charter, Membership, Part
from malapert_core.policy.identity import Identity, Role, service_identity
from malapert_core.policy.sight import Sight, Thing, sight

NOW = datetime(2028, 6, 1, tzinfo=UTC)
JOINED = NOW - timedelta(days=10)


def charter(*, is_public: bool = False, sees_earlier: bool = False, until: datetime | None = None) -> Charter:
    members = (
        Membership("JAXA", frozenset({Part.OWNER}), JOINED - timedelta(days=90)),
        Membership("ESA", frozenset({Part.CONTRIBUTOR}), JOINED, until, sees_earlier),
    )
    return Charter("lupex", 1, members, is_public)


def caller(agency_id: str, *mission_ids: str) -> Identity:
    return Identity(agency_id, Role.VIEWER, "k1", "key:k1", frozenset(mission_ids))


@pytest.mark.parametrize(
    ("agency_id", "visibility", "expected"),
    [
        ("ISRO", Visibility.OWNER, Sight.WHOLE),
        ("ESA", Visibility.OWNER, Sight.BUSY),
        ("JAXA", Visibility.OWNER, Sight.BUSY),
        ("ESA", Visibility.MISSION, Sight.WHOLE),
        ("ESA", Visibility.PUBLIC, Sight.WHOLE),
        ("CNSA", Visibility.OWNER, Sight.NOTHING),
        ("CNSA", Visibility.MISSION, Sight.NOTHING),
        ("CNSA", Visibility.PUBLIC, Sight.NOTHING),
    ],
)
def test_members_see_by_audience_and_outsiders_see_nothing(
    agency_id: str, visibility: Visibility, expected: Sight
) -> None:
    assert sight(caller(agency_id), Thing("ISRO", visibility), charter(), NOW) is expected


def test_a_public_mission_shows_only_what_is_public() -> None:
    mission = charter(is_public=True)
    seen = [sight(caller("CNSA"), Thing("ISRO", visibility), mission, NOW) for visibility in Visibility]
    assert seen == [Sight.WHOLE, Sight.NOTHING, Sight.NOTHING]


def test_membership_counts_from_when_it_began_unless_the_charter_grants_what_came_before() -> None:
    earlier = Thing("JAXA", Visibility.MISSION, JOINED - timedelta(seconds=1))
    assert sight(caller("ESA"), earlier, charter(), NOW) is Sight.NOTHING
    assert sight(caller("ESA"), earlier, charter(sees_earlier=True), NOW) is Sight.WHOLE
    assert sight(caller("ESA"), Thing("JAXA", Visibility.MISSION, JOINED), charter(), NOW) is Sight.WHOLE


def test_membership_ends() -> None:
    thing = Thing("JAXA", Visibility.MISSION)
    assert sight(caller("ESA"), thing, charter(until=NOW), NOW) is Sight.NOTHING
    assert sight(caller("ESA"), thing, charter(until=NOW + timedelta(seconds=1)), NOW) is Sight.WHOLE


def test_a_key_for_other_missions_sees_nothing_of_this_one() -> None:
    thing = Thing("JAXA", Visibility.MISSION)
    assert sight(caller("ESA", "viper"), thing, charter(), NOW) is Sight.NOTHING
    assert sight(caller("ESA", "lupex"), thing, charter(), NOW) is Sight.WHOLE


def test_a_key_for_other_missions_does_not_see_what_its_own_agency_has_in_this_one() -> None:
    own = Thing("ESA", Visibility.OWNER, mission_id="lupex")
    for at in (charter(), None):
        assert sight(caller("ESA", "viper"), own, at, NOW) is Sight.NOTHING
        assert sight(caller("ESA", "viper", "lupex"), own, at, NOW) is Sight.WHOLE
    assert sight(caller("ESA", "viper"), Thing("ESA", Visibility.OWNER), charter(), NOW) is Sight.NOTHING
    assert sight(caller("ESA", "viper"), Thing("ESA", Visibility.OWNER), None, NOW) is Sight.WHOLE


def test_outside_every_mission_only_the_owner_and_what_is_public_is_seen() -> None:
    assert sight(caller("ESA"), Thing("ESA", Visibility.OWNER), None, NOW) is Sight.WHOLE
    assert sight(caller("ESA"), Thing("JAXA", Visibility.MISSION), None, NOW) is Sight.NOTHING
    assert sight(caller("ESA"), Thing("JAXA", Visibility.PUBLIC), None, NOW) is Sight.WHOLE
    assert sight(service_identity("planner"), Thing("JAXA", Visibility.OWNER), None, NOW) is Sight.WHOLE


def test_parts_include_those_below_them_and_owning_is_not_approving() -> None:
    assert charter().parts_of("JAXA", NOW) == {Part.OWNER, Part.PLANNER, Part.CONTRIBUTOR, Part.OBSERVER}
    assert charter().agencies(NOW, [Part.CONTRIBUTOR]) == ("ESA", "JAXA")
    assert charter().parts_of("ESA", JOINED - timedelta(seconds=1)) == frozenset()
