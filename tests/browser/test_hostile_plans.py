"""Plans that no mission of ours makes: ten thousand items, endless titles, only busy blocks, no canvas, old version."""

import copy

import pytest
from malapert_testing.platform_api import Json
from page_use import NEEDS_PAGE, arm_mission, arm_plan, open_page, require_accessible, require_good_in_all_sizes
from test_shell import PLAN

pytestmark = NEEDS_PAGE
SCRIPTS = [
    "Überprüfung der Wärmeleitfähigkeit ",
    "月面の水氷を観測する ",
    "رصد الجليد على سطح القمر ",
    "תצפית על קרח המים ",
    "наблюдение водяного льда ",
    "चंद्रमा पर जल हिम ",
    "การสังเกตน้ำแข็ง ",
    "달의 물 얼음 관측 ",
    "🌔🛰️🧊 ",
    "Unbrokenwordthatneverends",
]
SECRETS = {"title": "secret title", "agency_id": "ESA", "request_id": "secret-request", "explanation": "secret reason"}


def _title(number: int) -> str:
    script = SCRIPTS[number % len(SCRIPTS)]
    return (script * 20)[:200]


def _activity(number: int, **more: object) -> Json:
    start = number * 840
    day, minute = divmod(start // 60, 1440)
    month, day = (
        (1, 15 + day) if day < 17 else (2, day - 16) if day < 45 else (3, day - 44) if day < 76 else (4, day - 75)
    )
    begins = f"2029-{month:02}-{day:02}T{minute // 60:02}:{minute % 60:02}"
    return {
        "activity_id": f"item-{number}",
        "kind": "REQUESTED",
        "title": _title(number),
        "agency_id": ("JAXA", "ESA", "ISRO", "NASA")[number % 4],
        "place_id": f"place-{number % 30}",
        "interval": {"start_time": f"{begins}:00Z", "end_time": f"{begins}:50Z"},
        **more,
    }


def _plan(activities: list[Json]) -> Json:
    plan: Json = copy.deepcopy(PLAN)
    places = [{"waypoint_id": f"place-{each}", "title": _title(each)} for each in range(30)]
    unplanned = [
        {
            "request_id": f"r-{each}",
            "title": _title(each),
            "value": 1.0,
            "reason": "BATTERY",
            "explanation": _title(each),
        }
        for each in range(200)
    ]
    return plan | {"waypoints": places, "activities": activities, "unplanned": unplanned}


def _serve(page, plan: Json) -> None:
    page.route("**/api/v1/plans/plan-a", lambda route: route.fulfill(json=plan))


def _defects(page) -> list[str]:
    """Return what went wrong in the page itself; calls about a plan that the platform does not have are refused."""
    return [each for each in page.faults if "Failed to load resource" not in each]


def test_ten_thousand_items_with_titles_of_two_hundred_letters_in_every_script_are_read(page, platform):
    _serve(page, _plan([_activity(each) for each in range(10_000)]))
    open_page(page, platform, "JAXA", "PLANNER", "#/plans/plan-a")
    page.get_by_role("heading", name="Not planned").wait_for()
    surface = page.locator("malapert-timeline .surface")
    surface.focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("heading", name=_title(0).strip()).wait_for()
    for key in ("1", "End", "Home", "0"):
        page.keyboard.press(key)
    require_good_in_all_sizes(page)
    page.keyboard.press("/")
    page.keyboard.type("наблюдение")
    page.get_by_role("option").first.wait_for()
    assert _defects(page) == []


def test_who_may_see_only_busy_blocks_sees_these_and_reads_no_more_anywhere(page, platform):
    busy = [_activity(each, is_busy=True, activity_id="", title="", agency_id="") for each in range(300)]
    _serve(page, _plan(busy) | {"unplanned": [], "objective": None, "is_redacted": True})
    open_page(page, platform, "NASA", "PLANNER", "#/plans/plan-a")
    page.get_by_text("In part").wait_for()
    page.locator("malapert-timeline .surface").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("heading", name="Busy").wait_for()
    for lanes in ("Agency", "Activity", "Place"):
        page.get_by_role("button", name=lanes, exact=True).click()
        require_accessible(page)
    page.locator("malapert-timeline .surface").focus()
    page.keyboard.press("t")
    rows = page.locator("malapert-timeline .twin tbody tr").all_inner_texts()
    assert rows
    assert all("Busy" in each for each in rows)
    assert _defects(page) == []


@pytest.mark.parametrize("lacks", ["webgl", "2d"])
def test_without_webgl_or_any_canvas_the_plan_is_still_read(page, platform, lacks):
    page.add_init_script(
        f"""const kept = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...more) {{
          return kind.startsWith({lacks!r}) ? null : kept.call(this, kind, ...more); }};"""
    )
    _serve(page, _plan([_activity(each) for each in range(50)]))
    open_page(page, platform, "JAXA", "PLANNER", "#/plans/plan-a")
    page.get_by_role("heading", name="Not planned").wait_for()
    page.locator("malapert-timeline .surface").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("heading", name=_title(0).strip()).wait_for()
    page.locator("malapert-timeline .surface").focus()
    page.keyboard.press("t")
    page.locator("malapert-timeline .twin tbody tr").first.wait_for()
    assert _defects(page) == []


def test_a_plan_that_changed_meanwhile_is_not_sent_on_an_old_version_and_is_loaded_anew(page, platform):
    plan = arm_plan(platform, arm_mission(platform))
    open_page(page, platform, "JAXA", "PLANNER", f"#/plans/{plan['plan_id']}")
    page.get_by_role("heading", name="Not planned").wait_for()
    # The stream of events is lost, so that what somebody else does is not seen.
    page.route("**/api/v1/**", lambda route: route.abort() if route.request.method == "GET" else route.continue_())
    with platform.api() as api:
        api.post(f"/plans/{plan['plan_id']}:submit")
    send = page.get_by_role("button", name="Send to review")
    if send.count():
        send.click()
        page.get_by_role("alert").first.wait_for()
    page.unroute("**/api/v1/**")
    page.reload()
    page.get_by_text("JAXA waiting").wait_for()
