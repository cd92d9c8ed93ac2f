"""A planner's day in the page: a solve followed live, edits told and mended, a notice, a replan, and the release."""

from urllib.parse import quote

import httpx
import pytest
from malapert_cli.page_link import page_link
from malapert_client.connection import find_connection
from malapert_testing.platform_api import Json
from page_use import NEEDS_PAGE, arm_mission, arm_plan, open_page, require_accessible, require_good_in_all_sizes

pytestmark = NEEDS_PAGE


@pytest.fixture
def mission_id(platform) -> str:
    return arm_mission(platform)


def test_a_solve_is_begun_followed_and_opened(page, platform, mission_id):
    open_page(page, platform, "JAXA", "PLANNER", f"#/missions/{mission_id}/solve")
    page.get_by_label("Work limit").fill("much")
    page.get_by_text("is no number").wait_for()
    assert page.get_by_role("button", name="Make a plan").is_disabled()
    page.get_by_label("Work limit").fill("")
    require_good_in_all_sizes(page)
    page.get_by_role("button", name="Make a plan").click()
    # The first solve waits for processes that load their modules.
    page.get_by_role("link", name="Open the plan").wait_for(timeout=180_000)
    require_good_in_all_sizes(page)
    page.get_by_role("link", name="Open the plan").click()
    page.get_by_role("heading", name="Not planned").wait_for()
    page.goto(f"{platform.url}/#/operations")
    page.get_by_role("link", name="Generate plan").first.wait_for()
    require_good_in_all_sizes(page)


def test_an_edit_that_breaks_a_rule_is_told_mended_undone_and_kept_in_the_tab(page, platform, mission_id):
    plan = arm_plan(platform, mission_id)
    reboost = next(each for each in plan["activities"] if each["request_id"] == "reboost")
    item_id = quote(reboost["chain_id"] or reboost["activity_id"], safe="")
    open_page(page, platform, "JAXA", "PLANNER", f"#/plans/{plan['plan_id']}?item={item_id}")
    page.get_by_role("heading", name="Reboost").wait_for()
    page.locator("malapert-timeline .surface").focus()
    page.keyboard.press("1")
    page.keyboard.press("Alt+Shift+ArrowLeft")
    panel = page.locator("section", has=page.get_by_role("heading", name="Your edits"))
    panel.get_by_text("Every rule holds").or_(panel.get_by_text("Breaks ")).first.wait_for()
    for _ in range(12):
        page.keyboard.press("Alt+Shift+ArrowLeft")
    panel.get_by_text("Breaks ").wait_for()
    panel.get_by_text("Rule", exact=True).first.wait_for()
    require_good_in_all_sizes(page)
    panel.get_by_role("button", name="Mend").click()
    panel.get_by_role("button", name="Use this").or_(panel.get_by_text("No changes were found")).first.wait_for()
    page.reload()
    panel.get_by_text("Breaks ").wait_for()
    panel.get_by_role("button", name="Put all back").click()
    panel.get_by_text("none").wait_for()


def _nudge(page) -> None:
    page.locator("malapert-timeline .surface").focus()
    page.keyboard.press("1")
    page.keyboard.press("Alt+Shift+ArrowLeft")


def test_edits_outlive_a_lost_connection_an_expired_session_and_the_tab(page, browser, platform, mission_id):
    plan = arm_plan(platform, mission_id)
    drafts = f"/plans/{plan['plan_id']}/edit-drafts"
    reboost = next(each for each in plan["activities"] if each["request_id"] == "reboost")
    address = f"#/plans/{plan['plan_id']}?item={quote(reboost['chain_id'] or reboost['activity_id'], safe='')}"
    open_page(page, platform, "JAXA", "PLANNER", address)
    panel = page.locator("section", has=page.get_by_role("heading", name="Your edits"))
    page.get_by_role("heading", name="Reboost").wait_for()
    page.context.set_offline(True)
    _nudge(page)
    panel.get_by_text("Not kept by the platform yet").wait_for()
    page.context.set_offline(False)
    panel.get_by_text("Kept for you and your agency").wait_for()
    # What was not checked while the connection was lost is checked then.
    panel.get_by_text("Every rule holds").or_(panel.get_by_text("Breaks ")).first.wait_for()
    cookies = page.context.cookies()
    page.context.clear_cookies()
    panel.get_by_role("button", name="Lock", exact=True).click()
    page.get_by_text("The session has ended.").first.wait_for()
    panel.get_by_text("Not kept by the platform yet").wait_for()
    page.context.add_cookies(cookies)
    page.get_by_role("button", name="Go on").click()
    panel.get_by_text("Kept for you and your agency").wait_for()
    with platform.api() as api:
        (kept,) = api.get(drafts)["drafts"]
        assert [set_in(each) for each in api.get(f"{drafts}/{kept['draft_id']}")["edits"]] == ["shift", "lock"]
    # Somebody else of the agency changes them meanwhile.
    httpx.put(
        f"{platform.url}/api/v1{drafts}/{kept['draft_id']}",
        json={"title": "theirs", "edits": []},
        headers={"Authorization": f"Bearer {platform.key('JAXA', 'PLANNER')}"},
    ).raise_for_status()
    panel.get_by_role("button", name="Unlock", exact=True).click()
    panel.get_by_text("changed these edits").wait_for()
    require_accessible(page)
    panel.get_by_role("button", name="Put mine over it").click()
    panel.get_by_text("Kept for you and your agency").wait_for()
    with browser.new_context() as context:
        elsewhere = context.new_page()
        elsewhere.set_default_timeout(60_000)
        open_page(elsewhere, platform, "JAXA", "PLANNER", address)
        elsewhere.get_by_text("Kept for you and your agency").wait_for()
    panel.get_by_role("button", name="Put all back").click()
    panel.get_by_text("Kept for you").wait_for(state="detached")


def set_in(edit: Json) -> str:
    """Name what an edit is."""
    return next(name for name, value in edit.items() if value is not None)


def test_a_notice_leads_to_a_replan_and_a_plan_that_all_signed_is_released(page, platform, mission_id):
    plan = arm_plan(platform, mission_id)
    with platform.api("ISRO", "REQUESTER") as api:
        api.post(f"/missions/{mission_id}/requests/move-payload:cancel", {"reason": "the payload stays"})
    open_page(page, platform, "JAXA", "PLANNER", f"#/plans/{plan['plan_id']}")
    page.get_by_text("the payload stays").wait_for()
    require_accessible(page)
    page.get_by_role("link", name="Plan anew with it").click()
    page.get_by_label("Planned anew from").fill("D0 00:00")
    page.get_by_label("Name of the branch").fill("without the payload")
    page.get_by_role("button", name="Plan anew").click()
    page.get_by_role("link", name="Open the plan").click()
    page.get_by_role("button", name="Send to review").click()
    page.get_by_text("JAXA waiting").wait_for()
    new_id = page.url.rsplit("/", 1)[1]
    for agency in ("JAXA", "NASA"):
        with platform.api(agency, "APPROVER") as api:
            content_hash = api.get(f"/plans/{new_id}")["content_hash"]
            api.post(f"/plans/{new_id}:review", {"content_hash": content_hash, "approve": True})
    page.get_by_role("button", name="Release", exact=True).click()
    page.get_by_role("button", name="Yes, release").click()
    page.locator(".tag", has_text="Released").or_(page.get_by_text("Releasing")).first.wait_for()


def test_the_link_of_a_demo_opens_the_newest_plan_with_a_tour_that_is_skipped_for_good(browser, platform, mission_id):
    plan = arm_plan(platform, mission_id)
    link = page_link(
        find_connection(platform.url, None, "JAXA", "PLANNER", platform.data_dir / "keys.json"), plan_first=True
    )
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(link)
        page.get_by_text("1 of 5").wait_for()
        assert page.url.endswith(f"#/plans/{plan['plan_id']}")
        require_accessible(page)
        page.get_by_role("button", name="Next").click()
        page.get_by_text("2 of 5").wait_for()
        page.get_by_role("button", name="Skip the tour").click()
        page.reload()
        page.get_by_role("heading", name="Not planned").wait_for()
        assert page.get_by_text("of 5").count() == 0
