"""Reviewers' day in the page: what changed, questions, conditions, signatures and delegations."""

import pytest
from page_use import NEEDS_PAGE, arm_mission, arm_plan, open_page, require_good_in_all_sizes

pytestmark = NEEDS_PAGE


@pytest.fixture
def plan(platform) -> dict:
    """A plan in review that was made from another one, with an item more."""
    mission_id = arm_mission(platform)
    first = arm_plan(platform, mission_id)
    with platform.api("ISRO", "REQUESTER") as api:
        more = {"request_id": "look", "title": "Look again 観測", "activity_type_id": "inspection", "agency_id": "ISRO"}
        api.post(f"/missions/{mission_id}/requests", {"requests": [more | {"value": 5, "visibility": "MISSION"}]})
    second = arm_plan(platform, mission_id)
    with platform.api() as api:
        return api.post(f"/plans/{second['plan_id']}:submit") | {"first_id": first["plan_id"]}


def test_a_reviewer_sees_what_changed_asks_signs_with_a_condition_and_settles_it(page, platform, plan):
    open_page(page, platform, "NASA", "APPROVER", f"#/missions/{plan['mission_id']}/review")
    page.get_by_text("1 of 1 wait for NASA").wait_for()
    require_good_in_all_sizes(page)
    page.get_by_role("link", name="Plan ").last.click()
    page.get_by_role("row", name="Look again 観測").first.wait_for()
    assert "Added" in page.locator("section", has_text="What changed").first.inner_text()
    require_good_in_all_sizes(page)
    page.get_by_label("Ask about").fill("Why at night?")
    page.get_by_label("What", exact=True).fill("@JAXA, is somebody awake then?")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.locator("summary", has_text="Why at night?").click()
    page.get_by_label("Answer").fill("Nobody is, which is the point.")
    page.get_by_role("button", name="Answer", exact=True).click()
    page.get_by_text("Nobody is, which is the point.").first.wait_for()
    page.get_by_role("button", name="It is settled").click()
    page.get_by_text("settled by NASA").wait_for()
    page.get_by_label("Condition").fill("A camera that is warm")
    page.get_by_role("button", name="With condition").click()
    page.get_by_text("Signed with a condition").first.wait_for()
    page.get_by_role("button", name="It is met").click()
    page.get_by_text("NASA, met").wait_for()
    page.get_by_text("Signed this hash", exact=True).wait_for()
    assert page.faults == []


def test_who_got_a_delegation_signs_for_the_other_and_the_plan_is_approved(page, platform, plan):
    open_page(page, platform, "NASA", "APPROVER", f"#/missions/{plan['mission_id']}/review")
    page.get_by_label("Let review for NASA").fill("JAXA")
    page.get_by_role("button", name="Delegate").click()
    page.get_by_role("button", name="Take it back").wait_for()
    open_page(page, platform, "JAXA", "APPROVER", f"#/plans/{plan['plan_id']}/review")
    page.get_by_role("button", name="Approve and sign").click()
    page.get_by_text("Signed this hash", exact=True).wait_for()
    page.get_by_label("Said for").select_option("NASA")
    page.get_by_label("Comment").fill("as agreed by telephone")
    page.get_by_role("button", name="Approve and sign").click()
    page.get_by_text("Enough agencies have signed.").wait_for()
    page.get_by_text("Said by JAXA for it. as agreed by telephone").wait_for()


def test_a_rejection_needs_its_reason_and_ends_the_plan(page, platform, plan):
    open_page(page, platform, "NASA", "APPROVER", f"#/plans/{plan['plan_id']}/review")
    reject = page.get_by_role("button", name="Reject")
    reject.wait_for()
    assert reject.is_disabled()
    page.get_by_label("Comment").fill("the arm is parked then")
    page.reload()
    assert page.get_by_label("Comment").input_value() == "the arm is parked then"
    reject.click()
    page.get_by_text("It is not in review any more.").wait_for()
    page.get_by_text("Rejected").first.wait_for()


def test_who_may_not_sign_is_told_who_can(page, platform, plan):
    open_page(page, platform, "ISRO", "VIEWER", f"#/plans/{plan['plan_id']}/review")
    page.get_by_text("An approver of ISRO signs").wait_for()
