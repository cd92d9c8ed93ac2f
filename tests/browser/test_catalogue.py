"""What can be asked for and with what: activity types with their steps, instruments with their modes."""

from page_use import NEEDS_PAGE, arm_mission, open_page, require_good_in_all_sizes

pytestmark = NEEDS_PAGE


def test_types_and_instruments_of_a_mission_are_listed_and_found(page, platform):
    mission_id = arm_mission(platform)
    with platform.api("ISRO", "REQUESTER") as api:
        types = api.get(f"/missions/{mission_id}/activity-types")["activity_types"]
        instruments = api.get(f"/missions/{mission_id}/instruments")["instruments"]
    open_page(page, platform, "ISRO", "REQUESTER", f"#/missions/{mission_id}/instruments")
    page.get_by_text(f"{len(types)} of {len(types)} activity types").wait_for()
    assert page.get_by_role("region", name="Instruments").locator("tbody tr").count() == len(instruments)
    first = types[0]
    page.get_by_text(first["title"]).first.click()
    steps = page.get_by_role("region", name=f"Steps of {first['activity_type_id']}")
    assert steps.locator("tbody tr").count() == len(first["steps"])
    require_good_in_all_sizes(page)
    page.get_by_label("Find", exact=True).last.fill("nothing is called so")
    page.get_by_text(f"0 of {len(types)} activity types").wait_for()


def test_a_mission_that_is_not_there_leaves_no_links_to_it(page, platform):
    open_page(page, platform, "ISRO", "REQUESTER", "#/missions/no-such-mission/instruments")
    page.get_by_text("There is no such mission, or it is not open to you.").wait_for()
    assert page.get_by_role("navigation", name="Views").get_by_role("link", name="Requests").count() == 0
    require_good_in_all_sizes(page)


def test_an_example_is_at_hand_to_begin_a_mission_with(page, platform):
    open_page(page, platform, "JAXA", "PLANNER", "#/new-mission")
    page.get_by_label("Begin with").select_option(label="A station's arm, planned in seconds")
    page.get_by_text("Would be taken as version").wait_for()
    require_good_in_all_sizes(page)
