"""A plan looked at: lanes by what its reader looks for, saved as a picture and as files, compared band by band."""

import csv
import io
from urllib.parse import quote

import pytest
from malapert_testing.platform_api import Json
from page_use import NEEDS_PAGE, arm_mission, arm_plan, open_page, require_accessible, require_good_in_all_sizes
from PIL import Image

pytestmark = NEEDS_PAGE


@pytest.fixture
def plan(platform) -> Json:
    return arm_plan(platform, arm_mission(platform))


def _lane_titles(page) -> list[str]:
    titles: list[str] = page.locator("malapert-timeline").evaluate(
        "each => each.data.groups.flatMap(group => group.lanes.map(lane => lane.title))"
    )
    return titles


def test_lanes_are_by_activity_or_by_agency(page, platform, plan):
    open_page(page, platform, "JAXA", "PLANNER", f"#/plans/{plan['plan_id']}")
    page.get_by_role("button", name="Agency", exact=True).click()
    agencies = {each["agency_id"] for each in plan["activities"] if each["agency_id"]}
    assert agencies <= set(_lane_titles(page))
    page.get_by_role("button", name="Activity", exact=True).click()
    types = {each["activity_type_id"].split("/")[-1].split(".")[-1] for each in plan["activities"]}
    assert {each for each in types if each} & set(_lane_titles(page))
    require_good_in_all_sizes(page)


def test_it_is_saved_as_a_picture_and_as_files_and_a_refusal_is_told(page, platform, plan):
    open_page(page, platform, "JAXA", "PLANNER", f"#/plans/{plan['plan_id']}")
    page.get_by_role("heading", name="Not planned").wait_for()
    menu = page.locator("summary", has_text="Export")
    menu.click()
    require_good_in_all_sizes(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Picture of the timeline").click()
    with Image.open(saved.value.path()) as picture:
        assert picture.format == "PNG"
        assert picture.width > 1000
        assert len(picture.convert("RGB").resize((200, 100)).getcolors(20_000)) > 50
    menu.click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Items, table (CSV)").click()
    assert saved.value.suggested_filename.endswith(".csv")
    rows = list(csv.DictReader(io.StringIO(saved.value.path().read_text(encoding="utf-8"))))
    assert len(rows) >= len(plan["activities"])
    problem = {"detail": "the planner is away", "reason": "UNAVAILABLE", "status": 503}
    page.route("**/export?format=ics", lambda route: route.fulfill(status=503, json=problem))
    menu.click()
    page.get_by_role("button", name="Calendar (iCalendar)").click()
    page.get_by_text("the planner is away").wait_for()
    page.keyboard.press("Escape")
    assert page.get_by_role("button", name="Calendar (iCalendar)").is_hidden()


def test_two_plans_are_compared_band_by_band(page, platform, plan):
    mission_id = plan["mission_id"]
    with platform.api("ISRO", "REQUESTER") as api:
        more = {"request_id": "look", "title": "Look again 観測", "activity_type_id": "inspection", "agency_id": "ISRO"}
        api.post(f"/missions/{mission_id}/requests", {"requests": [more | {"value": 5, "visibility": "MISSION"}]})
    second = arm_plan(platform, mission_id)
    open_page(page, platform, "JAXA", "PLANNER", f"#/plans/{second['plan_id']}/review")
    page.get_by_role("row", name="Look again 観測").first.wait_for()
    assert not any(each.startswith("before: ") for each in _lane_titles(page))
    page.get_by_role("button", name="Bands").click()
    titles = _lane_titles(page)
    bands = [each.removeprefix("before: ") for each in titles if each.startswith("before: ")]
    assert bands
    assert all(f"now: {each}" in titles for each in bands)
    require_accessible(page)


def test_a_scientist_sees_in_one_list_when_each_request_is_planned_or_why_not(page, platform, plan):
    open_page(page, platform, "ISRO", "REQUESTER", f"#/missions/{plan['mission_id']}/requests")
    page.get_by_role("columnheader", name="Newest, draft plan").wait_for()
    own = {each["request_id"] for each in plan["activities"] if each["agency_id"] == "ISRO" and each["request_id"]}
    page.get_by_text("✓").first.wait_for()
    links = page.locator("td a", has_text="✓")
    assert links.count() == len(own)
    require_good_in_all_sizes(page)
    links.first.click()
    page.get_by_role("heading", name="Not planned").wait_for()


def test_a_link_leads_to_a_time_a_selection_and_what_is_shown(page, platform, plan):
    item = next(each for each in plan["activities"] if each["agency_id"] == "JAXA")
    start = item["interval"]["start_time"]
    item_id = item["chain_id"] or item["activity_id"]
    span = f"from={start[:10]}T00:00:00Z&to={start[:10]}T23:00:00Z"
    link = f"#/plans/{plan['plan_id']}?item={quote(item_id, safe='')}&{span}&lanes=agency&of=JAXA"
    open_page(page, platform, "JAXA", "PLANNER", link)
    page.get_by_role("heading", name="Not planned").wait_for()
    timeline = page.locator("malapert-timeline")
    page.get_by_role("button", name="Agency", exact=True, pressed=True).wait_for()
    assert timeline.evaluate("each => each.selection") == item_id
    assert timeline.evaluate("each => each.view.agencies") == ["JAXA"]
    shown = timeline.evaluate("each => [each.view.startMs, each.view.endMs].map(ms => new Date(ms).toISOString())")
    assert shown == [f"{start[:10]}T00:00:00.000Z", f"{start[:10]}T23:00:00.000Z"]
    page.get_by_role("button", name="JAXA", pressed=True).click()
    page.get_by_label("Show items whose title holds").fill("no item is called so")
    page.get_by_role("button", name="Table", exact=True).click()
    page.get_by_text("Nothing is planned in this span.").wait_for()
    page.get_by_role("button", name="Copy link").click()
    assert "search=no%20item" in page.url
    assert "of=" not in page.url
    # Gone to once more, it is followed once more.
    page.goto(f"{platform.url}/{link}")
    page.get_by_role("button", name="JAXA", pressed=True).wait_for()
    assert timeline.evaluate("each => each.view.search") == ""
    require_accessible(page)
