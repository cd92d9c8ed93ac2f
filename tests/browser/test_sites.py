"""Landing sites in the page: their ranking with its parts, the ground in layers, and what is seen from any point."""

import pytest
from page_use import NEEDS_PAGE, open_page, require_accessible, require_good_in_all_sizes

pytestmark = NEEDS_PAGE
RIDGE = {"longitude_deg": -137.2, "latitude_deg": -89.45, "elevation_m": 0.0}
SPAN = {"start_time": "2029-01-01T00:00:00Z", "end_time": "2029-01-15T00:00:00Z"}


@pytest.fixture(scope="module")
def search_id(platform) -> str:
    with platform.api() as api:
        detail = {"seed": 7, "pixel_size_m": 40.0}
        stack = api.post(
            "/terrain-stacks", {"region": {"center": RIDGE, "radius_m": 1500.0}, "synthetic_detail": detail}
        )
        asked = {
            "terrain_stack_id": stack["terrain_stack_id"],
            "span": SPAN,
            "landing_time": SPAN["start_time"],
            "limits": {
                "max_slope_deg": 20.0,
                "slope_baseline_m": 80.0,
                "landing_radius_m": 80.0,
                "max_hazard_fraction": 0.9,
                "hazard_slope_deg": 25.0,
                "min_lit_days": 0.0,
                "earth_visible_at_landing": False,
            },
            "weights": [{"criterion": "ILLUMINATION", "weight": 3.0}, {"criterion": "SLOPE", "weight": 1.0}],
            "array_height_m": 2.0,
            "antenna_height_m": 2.0,
            "max_sites": 3,
            "min_separation_m": 300.0,
            "robustness_samples": 100,
        }
        *_, ended = api.watch(api.post("/site-searches", asked)["operation_id"])
        assert ended.result_id, ended
        return str(ended.result_id)


def test_without_a_search_the_view_says_what_makes_one(page, platform):
    open_page(page, platform, "ESA", "REQUESTER", "#/sites")
    page.get_by_text("No search for landing sites is open to ESA yet").wait_for()
    require_accessible(page)
    page.goto(f"{platform.url}/#/sites/no-such-search")
    page.get_by_text("There is no such search, or it is not open to you.").wait_for()


def test_sites_are_compared_by_their_parts_and_a_point_is_looked_around_from(page, platform, search_id):
    open_page(page, platform, "JAXA", "PLANNER", f"#/sites/{search_id}")
    ranking = page.locator("section", has=page.get_by_role("heading", name="Ranking"))
    ranking.get_by_role("cell", name="Sun's disc in view, mean").wait_for()
    page.get_by_role("heading", name="Site 1", exact=True).wait_for()
    page.get_by_role("img", name="Skyline all round").wait_for()
    page.get_by_role("cell", name="Jan 2029").wait_for()
    page.get_by_role("button", name="Height", exact=True).click()
    page.get_by_role("img", name="Map of height").hover()
    page.locator(".said").get_by_text(" m", exact=False).wait_for()
    require_good_in_all_sizes(page)
    ranking.locator("ol button").nth(1).click()
    page.get_by_role("heading", name="Site 2", exact=True).wait_for()
    # By keyboard alone: a point is typed, and looked around from.
    latitude = page.get_by_label("Latitude")
    latitude.fill("-95")
    assert page.get_by_role("button", name="Look from here").is_disabled()
    latitude.fill("-89.46")
    latitude.press("Enter")
    page.get_by_role("heading", name="The point you chose").wait_for()
    page.get_by_text("89.4600° S").wait_for()
    box = page.get_by_role("img", name="Map of height").bounding_box()
    page.mouse.click(box["x"] + 0.4 * box["width"], box["y"] + 0.4 * box["height"])
    page.get_by_text("89.4600° S").wait_for(state="detached")
    page.get_by_role("img", name="Skyline all round").wait_for()
