"""An instrument scientist's day in the page: a request typed, checked, handed in, revised, planned and looked for."""

import httpx
import pytest
from page_use import NEEDS_PAGE, arm_mission, arm_plan, open_page, require_accessible, require_good_in_all_sizes

pytestmark = NEEDS_PAGE
SPARE = (
    "request_id,title,activity_type_id,agency_id,value,visibility\nspare,Look again,inspection,ISRO,{value},MISSION\n"
)


@pytest.fixture
def mission_id(platform) -> str:
    return arm_mission(platform)


def _fill(page, identifier: str, **typed: str) -> None:
    page.get_by_label("Activity", exact=True).select_option("transfer")
    page.get_by_label("Title").fill("Move the sampler 観測")
    page.get_by_label("Identifier").fill(identifier)
    for label, value in typed.items():
        page.get_by_label(label, exact=True).fill(value)


def test_a_request_is_typed_checked_handed_in_planned_and_found(page, platform, mission_id):
    open_page(page, platform, "ISRO", "REQUESTER", f"#/missions/{mission_id}/requests")
    page.get_by_role("link", name="New request").click()
    _fill(page, "sampler", Worth="-4")
    page.get_by_text("would be refused").wait_for()
    assert page.get_by_label("Worth").get_attribute("aria-invalid") == "true"
    page.get_by_label("Worth").fill("44")
    page.get_by_text("would be taken").wait_for()
    assert "min" in page.get_by_role("complementary", name="Check").inner_text()
    require_good_in_all_sizes(page)
    page.get_by_role("button", name="Hand in").click()
    page.get_by_text("No plan knows it yet").wait_for()
    assert page.url.endswith(f"/missions/{mission_id}/requests/sampler")
    arm_plan(platform, mission_id)
    page.reload()
    page.get_by_text("✓ Planned").wait_for()
    require_good_in_all_sizes(page)
    page.locator("article dd a").first.click()
    page.locator("aside").get_by_role("heading", name="Move the sampler 観測").wait_for()


def test_what_only_the_agency_sees_gets_its_name_and_is_hidden_from_others(page, platform, mission_id):
    open_page(page, platform, "ISRO", "REQUESTER", f"#/missions/{mission_id}/new-request")
    _fill(page, "secret")
    page.get_by_label("Seen by").select_option("OWNER")
    page.get_by_text("would be taken").wait_for()
    page.get_by_role("button", name="Hand in").click()
    page.get_by_text("Seen by ISRO only").wait_for()
    assert page.url.endswith("/requests/ISRO%3Asecret")
    open_page(page, platform, "NASA", "REQUESTER", f"#/missions/{mission_id}/requests/ISRO%3Asecret")
    page.get_by_text("There is no such request, or it is not open to you.").wait_for()


def test_nothing_typed_is_lost_by_a_lost_connection_an_expired_session_or_a_reload(page, platform, mission_id):
    open_page(page, platform, "ISRO", "REQUESTER", f"#/missions/{mission_id}/new-request")
    _fill(page, "kept", Worth="7")
    page.get_by_text("would be taken").wait_for()
    page.context.set_offline(True)
    page.get_by_role("button", name="Hand in").click()
    page.get_by_text("The connection to the platform is lost").wait_for()
    assert page.get_by_label("Identifier").input_value() == "kept"
    page.context.set_offline(False)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.get_by_role("button", name="Hand in").click()
    page.get_by_text("The session has ended.").first.wait_for()
    page.get_by_label("Worth").fill("8")
    page.context.add_cookies(cookies)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Go on").wait_for(state="detached")
    page.reload()
    page.get_by_text("What you had typed and not handed in is here again.").wait_for()
    assert page.get_by_label("Worth").input_value() == "8"
    page.get_by_role("button", name="Hand in").click()
    page.get_by_text("No plan knows it yet").wait_for()
    page.goto(f"{platform.url}/#/missions/{mission_id}/new-request")
    page.get_by_label("Identifier").wait_for()
    assert page.get_by_label("Identifier").input_value() == ""


def test_a_revision_that_somebody_overtook_is_put_over_theirs_only_knowingly(page, platform, mission_id):
    address = f"#/missions/{mission_id}/requests/move-payload/edit"
    open_page(page, platform, "ISRO", "REQUESTER", address)
    page.get_by_label("Worth").fill("61")
    bearer = {"Authorization": f"Bearer {platform.key('ISRO', 'PLANNER')}"}
    base = f"{platform.url}/api/v1/missions/{mission_id}/requests/move-payload"
    theirs = httpx.get(base, headers=bearer).json()
    fields = (
        "request_id",
        "activity_type_id",
        "agency_id",
        "value",
        "visibility",
        "place_ids",
        "relations",
        "arguments",
    )
    changed = {name: theirs[name] for name in fields} | {"title": "Theirs"}
    httpx.post(f"{base}:revise", json={"request": changed}, headers=bearer).raise_for_status()
    page.get_by_text("would be taken").wait_for()
    page.get_by_role("button", name="Hand in the change").click()
    page.get_by_text("was changed by somebody else since you began").wait_for()
    require_accessible(page)
    page.get_by_role("button", name="Put mine over it").click()
    page.get_by_role("button", name="Hand in the change").click()
    page.get_by_text("61 points").wait_for()


def test_a_table_is_checked_before_it_is_taken_and_told_with_its_faults(page, platform, mission_id):
    open_page(page, platform, "ISRO", "REQUESTER", f"#/missions/{mission_id}/import-requests")
    page.get_by_role("textbox", name="Table").fill(SPARE.format(value="dear"))
    page.locator(".notice li").first.wait_for()
    assert page.get_by_role("button", name="Hand in").is_disabled()
    require_good_in_all_sizes(page)
    page.get_by_role("textbox", name="Table").fill(SPARE.format(value="3"))
    page.get_by_text("Would be taken: 1 new").wait_for()
    page.get_by_role("button", name="Hand in").click()
    page.get_by_text("Taken: 1 new, 0 changed").wait_for()


def test_who_may_only_look_is_offered_no_form(page, platform, mission_id):
    open_page(page, platform, "ISRO", "VIEWER", f"#/missions/{mission_id}/requests")
    page.get_by_text("of 4").wait_for()
    assert page.get_by_role("link", name="New request").count() == 0
    page.goto(f"{platform.url}/#/missions/{mission_id}/new-request")
    page.get_by_label("Activity", exact=True).select_option("transfer")
    page.get_by_text("Not open to you").wait_for()
