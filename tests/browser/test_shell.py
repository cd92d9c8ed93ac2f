"""The page at / in a real browser against a real platform: opened by a link, read by keyboard, ended with its key."""

import json

import httpx
import pytest
from malapert_cli.page_link import page_link
from malapert_client.connection import find_connection
from malapert_testing.platform import Platform, running_platform
from page_use import NEEDS_PAGE, open_page, require_accessible

pytestmark = NEEDS_PAGE
PLAN = {
    "plan_id": "plan-a",
    "mission_id": "lupex",
    "mission_version": 1,
    "state": "DRAFT",
    "content_hash": "merkle-sha256:9f2c51be9f2c51be",
    "horizon": {"start_time": "2029-01-15T00:00:00Z", "end_time": "2029-04-25T00:00:00Z"},
    "waypoints": [{"waypoint_id": "ridge", "title": "Ridge: lit"}],
    "activities": [
        {
            "activity_id": "survey/0",
            "kind": "REQUESTED",
            "title": "<b>Survey</b> 観測",
            "agency_id": "ESA",
            "place_id": "ridge",
            "interval": {"start_time": "2029-01-16T00:00:00Z", "end_time": "2029-01-16T06:00:00Z"},
        },
        {
            "activity_id": "",
            "kind": "REQUESTED",
            "is_busy": True,
            "place_id": "ridge",
            "interval": {"start_time": "2029-01-17T00:00:00Z", "end_time": "2029-01-17T06:00:00Z"},
        },
    ],
    "contacts": [],
    "profiles": [],
    "unplanned": [
        {"request_id": "drill-a", "title": "Drill", "value": 4.0, "reason": "BATTERY", "explanation": "14 Wh short"}
    ],
    "window_set_id": "",
    "objective": {"objective": 10.0, "bound": 11.0, "gap": 0.1, "is_withheld": True, "agency_shares": []},
    "validation": {"valid": True, "checks": {"BATTERY_FLOOR": 3}, "violations": []},
    "reviews": [],
    "notices": [],
    "routes": [],
    "site": None,
    "sign_off": None,
    "replan": None,
    "pending": None,
    "provenance": None,
    "owner_agency_id": "JAXA",
    "version": 1,
    "is_redacted": True,
}


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    with running_platform(tmp_path_factory.mktemp("page") / "data") as running:
        yield running


def _open(page, platform: Platform, role: str = "PLANNER") -> None:
    open_page(page, platform, "JAXA", role)


def test_without_a_session_the_page_says_how_to_come_in(page, platform):
    page.goto(platform.url)
    page.get_by_text("malapert open").first.wait_for()
    require_accessible(page)
    assert [url for url in page.asked if not url.startswith((platform.url, "data:"))] == []


def test_a_link_opens_the_page_once_and_leaves_no_trace_in_the_address(page, platform, browser):
    keys = platform.data_dir / "keys.json"
    link = page_link(find_connection(platform.url, None, "JAXA", "PLANNER", keys))
    page.goto(link)
    page.get_by_text("What needs JAXA now").wait_for()
    assert page.url == f"{platform.url}/#/"
    assert page.evaluate("document.cookie") == ""
    assert "make demo KEEP=1" in page.inner_text("main")
    require_accessible(page)
    page.reload()
    page.get_by_text("What needs JAXA now").wait_for()
    with browser.new_context() as other:
        stranger = other.new_page()
        stranger.goto(link)
        stranger.get_by_text("opens nothing any more").wait_for()
    page.get_by_role("button", name="Leave").click()
    page.get_by_text("You have left").wait_for()
    page.reload()
    page.get_by_text("malapert open").first.wait_for()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1920, "dark"), (600, "dark"), (400, "light")])
def test_a_plan_is_read_by_keyboard_and_tells_what_is_busy_no_further(page, platform, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.route("**/api/v1/plans/plan-a", lambda route: route.fulfill(json=PLAN))
    _open(page, platform)
    page.goto(f"{platform.url}/#/plans/plan-a")
    page.locator("malapert-timeline .surface").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("heading", name="<b>Survey</b> 観測").wait_for()
    assert page.url.endswith("#/plans/plan-a?item=survey%2F0")
    page.keyboard.press("ArrowDown")
    page.get_by_role("heading", name="Busy").wait_for()
    assert page.get_by_text("withheld").is_visible()
    require_accessible(page)


def test_a_plan_that_is_not_open_to_the_reader_is_told_as_none(page, platform):
    _open(page, platform)
    page.goto(f"{platform.url}/#/plans/no-such-plan")
    page.get_by_text("There is no such plan, or it is not open to you.").wait_for()


def test_a_platform_that_answers_503_is_told_and_asked_again(page, platform):
    _open(page, platform)
    problem = {"detail": "the planner is away", "reason": "UNAVAILABLE", "status": 503}
    page.route("**/api/v1/missions*", lambda route: route.fulfill(status=503, json=problem))
    page.reload()
    page.get_by_text("the planner is away").wait_for()
    page.unroute("**/api/v1/missions*")
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("What needs JAXA now").wait_for()


def test_a_revoked_key_ends_the_session_and_what_is_shown_stays(page, platform):
    keys = json.loads((platform.data_dir / "keys.json").read_text())["keys"]
    of = {(each["agency_id"], each["role"]): each["key"] for each in keys}
    _open(page, platform, "REQUESTER")
    page.route("**/api/v1/plans/plan-a", lambda route: route.fulfill(json=PLAN))
    page.goto(f"{platform.url}/#/plans/plan-a")
    page.get_by_text("Not planned").wait_for()
    key_id = of["JAXA", "REQUESTER"].split("_")[1]
    bearer = {"Authorization": f"Bearer {of['JAXA', 'ADMINISTRATOR']}"}
    httpx.delete(f"{platform.url}/api/v1/keys/{key_id}", headers=bearer).raise_for_status()
    page.unroute("**/api/v1/plans/plan-a")
    page.goto(f"{platform.url}/#/missions/lupex/requests")
    page.get_by_text("The session has ended.").wait_for()
