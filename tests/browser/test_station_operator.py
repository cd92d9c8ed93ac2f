"""A station operator's and an administrator's day in the page."""

import pytest
from page_use import NEEDS_PAGE, arm_mission, arm_plan, open_page, require_good_in_all_sizes

pytestmark = NEEDS_PAGE


@pytest.fixture
def bookings(platform) -> list[dict]:
    """Two contacts on an antenna of ESA that JAXA asked for."""
    mission_id = arm_mission(platform)
    plan = arm_plan(platform, mission_id)
    with platform.api() as api:
        path = f"/window-sets/{plan['window_set_id']}/windows"
        windows = api.get(path, station_ids="esa-nno-1", kinds="ORBITER_CONTACT", page_size=1000)["windows"]
        mine = [each for each in windows if each["station_id"] == "esa-nno-1"][:12:6]
        requests = [
            {"station_id": "esa-nno-1", "asset_id": "station", "interval": each["interval"]}
            | {"window_set_id": plan["window_set_id"], "window_id": each["window_id"]}
            for each in mine
        ]
        return api.post("/contacts:reserve", {"mission_id": mission_id, "requests": requests})["contacts"]


def test_the_owner_accepts_one_booking_refuses_another_and_enters_an_outage(page, platform, bookings):
    open_page(page, platform, "ESA", "PLANNER", f"#/contacts?mission={bookings[0]['mission_id']}")
    page.get_by_text("held for").first.wait_for()
    require_good_in_all_sizes(page)
    page.locator("button.line").first.click()
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("heading", name="New Norcia").wait_for()
    page.get_by_text("committed", exact=True).wait_for()
    page.locator("button.line").first.click()
    assert page.get_by_role("button", name="Refuse").is_disabled()
    page.get_by_label("Reason").fill("the antenna is painted")
    page.get_by_role("button", name="Refuse").click()
    page.get_by_text("No booking waits for ESA.").wait_for()
    page.get_by_label("Antenna", exact=True).select_option("esa-nno-1")
    page.get_by_label("Out from").fill("2029-03-08 00:00")
    page.get_by_label("Out to").fill("2029-03-09 00:00")
    page.get_by_label("Words for people").fill("painters")
    page.get_by_role("button", name="Enter the outage").click()
    page.get_by_text("Entered:").wait_for()
    page.get_by_text("maintenance: painters").wait_for()
    with platform.api() as api:
        states = {each["contact_id"]: api.get(f"/contacts/{each['contact_id']}") for each in bookings}
    assert sorted(each["state"] for each in states.values()) == ["COMMITTED", "REJECTED"]
    assert "the antenna is painted" in {each["reason"] for each in states.values()}


def test_an_administrator_makes_a_key_that_is_shown_once_and_revokes_it(page, platform):
    open_page(page, platform, "NASA", "ADMINISTRATOR")
    page.get_by_role("heading", name="Keys of NASA").wait_for()
    require_good_in_all_sizes(page)
    page.get_by_label("Label").fill("spectrometer team")
    page.get_by_role("button", name="Make a key").click()
    page.get_by_text("shown this once").wait_for()
    page.get_by_role("button", name="I have kept it").click()
    row = page.get_by_role("row", name="spectrometer team")
    row.get_by_role("button", name="Revoke").click()
    row.get_by_role("button", name="Yes, revoke it").click()
    row.get_by_text("revoked").wait_for()
    page.get_by_role("link", name="Audit").click()
    page.get_by_text("key.revoked").first.wait_for()
    require_good_in_all_sizes(page)
