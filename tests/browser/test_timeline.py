"""The report's timeline in a real browser, as somebody uses it: mouse, keyboard, table, paper, small screens."""

import base64
import json
from pathlib import Path

import pytest
from malapert_cli.report.comparison import write_comparison
from malapert_cli.report.page import has_script

pytestmark = pytest.mark.skipif(not has_script(), reason="the timeline's script was not built: run `make web`")
DAY_MS = 86_400_000
HORIZON = {"start_time": "2029-01-15T00:00:00Z", "end_time": "2029-04-25T00:00:00Z"}
CONTACT = {"start_time": "2029-01-19T00:00:00Z", "end_time": "2029-01-19T03:00:00Z"}
LONG = "観測 " * 40 + "Überprüfung der Wärmeleitfähigkeit"


def _activity(name: str, start: str, end: str, place: str = "ridge", **more: object) -> dict:
    return {
        "activity_id": name,
        "kind": "REQUESTED",
        "title": name,
        "agency_id": "JAXA",
        "place_id": place,
        "interval": {"start_time": f"2029-{start}:00Z", "end_time": f"2029-{end}:00Z"},
        **more,
    }


def _plan(activities: list[dict]) -> dict:
    offsets = [float(1800 * step) for step in range(4800)]
    battery = {"resource_id": "battery_wh", "unit": "Wh", "offset_s": offsets, "floor": 1200.0, "capacity": 6000.0}
    return {
        "plan_id": "plan-a",
        "mission_id": "lupex",
        "state": "DRAFT",
        "content_hash": "sha256:9f2c",
        "horizon": HORIZON,
        "replan": None,
        "validation": {"valid": True},
        "waypoints": [{"waypoint_id": "ridge", "title": "Ridge: lit"}, {"waypoint_id": "dip", "title": "Dip"}],
        "activities": activities,
        "contacts": [{"station_id": "esa-mlg", "interval": CONTACT, "capacity_bit": 2e9, "sent_bit": 1e9}],
        "profiles": [battery | {"value": [1500.0 + (step % 4000) for step in range(4800)]}],
    }


@pytest.fixture
def report(tmp_path: Path) -> str:
    before = [
        _activity("Survey, with the long camera", "01-16T02:00", "01-16T08:00"),
        _activity(LONG, "01-16T03:00", "01-16T09:00"),
        _activity("hidden", "01-17T00:00", "01-18T00:00", "dip", is_busy=True, agency_id="", title="secret"),
        _activity("Dropped", "01-20T00:00", "01-20T05:00"),
    ]
    drive = {"kind": "DRIVE", "to_place_id": "dip", **_activity("drive", "01-21T00:00", "01-21T04:00")} | {
        "kind": "DRIVE"
    }
    plans = (_plan([*before, drive]), _plan([*before[:3], drive, _activity("New", "01-22T00:00", "01-22T05:00")]))
    page = tmp_path / "comparison.html"
    comparison = {"plan_id": "plan-a", "other_plan_id": "plan-b", "figures": [], "changes": []}
    stations = [{"station_id": "esa-mlg", "name": "Malargüe", "agency_id": "ESA"}]
    write_comparison(plans, comparison, page, stations)
    return page.as_uri()


def _pixels(page) -> bytes:
    return base64.b64decode(
        page.locator("malapert-timeline").evaluate(
            "each => each.shadowRoot.querySelectorAll('canvas')[1].toDataURL().split(',')[1]"
        )
    )


def _view(page) -> dict:
    return json.loads(page.locator("malapert-timeline").evaluate("each => JSON.stringify(each.view)"))


def test_it_is_zoomed_panned_and_read_by_keyboard_alone(page, report):
    page.goto(report)
    page.locator("malapert-timeline .surface").focus()
    page.keyboard.press("7")
    assert _view(page)["endMs"] - _view(page)["startMs"] == 7 * DAY_MS
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    assert page.locator("malapert-timeline .live").inner_text().startswith("Survey, with the long camera, JAXA, Ridge")
    page.keyboard.press("ArrowRight")
    assert _view(page)["startMs"] > 0
    page.keyboard.press("g")
    page.keyboard.type("2029-01-20 to 2029-01-23 12:00")
    page.keyboard.press("Enter")
    assert _view(page)["endMs"] - _view(page)["startMs"] == 3.5 * DAY_MS
    page.locator("malapert-timeline .surface").focus()
    page.keyboard.press("t")
    rows = page.locator("malapert-timeline .twin tbody tr")
    assert "New" in " ".join(rows.all_inner_texts())
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator("malapert-timeline").evaluate("each => each.selection") is not None
    assert page.faults == []


def test_the_table_tells_all_items_in_words_and_a_busy_one_no_more_than_that(page, report):
    page.goto(report)
    page.locator("malapert-timeline button:has-text('Table')").click()
    text = page.locator("malapert-timeline .twin").inner_text()
    assert "no longer in the plan" in text
    assert "proposed" in text
    assert LONG.strip() in text
    assert "Busy" in text
    assert "secret" not in text


def test_a_click_selects_the_bar_under_it_and_a_drag_pans(page, report):
    page.goto(report)
    timeline = page.locator("malapert-timeline")
    timeline.scroll_into_view_if_needed()
    timeline.evaluate("each => each.show({startMs: Date.UTC(2029, 0, 16), endMs: Date.UTC(2029, 0, 18)})")
    box = page.locator("malapert-timeline .surface").bounding_box()
    hit = timeline.evaluate(
        """each => { each.drawNow(); const scene = each.scene();
        const lane = scene.layout.scrolling.find(placed => placed.lane?.id === "place/ridge");
        return [scene.scale.leftPx + scene.scale.widthPx * 5 / 48, 40 + lane.topPx + 8]; }"""
    )
    page.mouse.click(box["x"] + hit[0], box["y"] + hit[1])
    assert "Survey" in page.locator("malapert-timeline .live").inner_text()
    before = _view(page)
    page.mouse.move(box["x"] + 500, box["y"] + hit[1] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 400, box["y"] + hit[1] + 60, steps=4)
    page.mouse.up()
    assert _view(page)["startMs"] > before["startMs"]
    assert _view(page)["endMs"] - _view(page)["startMs"] == pytest.approx(2 * DAY_MS)


def test_a_selection_leaves_the_layer_of_the_bars_alone(page, report):
    page.goto(report)
    before = _pixels(page)
    page.locator("malapert-timeline").evaluate(
        """each => { const brush = each.shadowRoot.querySelectorAll('canvas')[1].getContext('2d');
        brush.clearRect = () => { throw new Error('the bars were drawn anew'); };
        each.select('Dropped'); each.drawNow(); }"""
    )
    assert _pixels(page) == before
    assert page.faults == []


@pytest.mark.parametrize("width", [400, 600, 1280, 1920])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_width_and_no_theme_breaks_the_page(page, report, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.goto(report)
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    assert len(set(_pixels(page))) > 50
    assert page.faults == []


def test_paper_shows_the_whole_plan_in_the_light_theme(page, report):
    page.emulate_media(color_scheme="dark")
    page.goto(report)
    timeline = page.locator("malapert-timeline")
    timeline.evaluate("each => each.showDays(1)")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert _view(page)["endMs"] - _view(page)["startMs"] == 100 * DAY_MS
    assert timeline.evaluate("each => getComputedStyle(each).backgroundColor") == "rgb(255, 255, 255)"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert _view(page)["endMs"] - _view(page)["startMs"] == DAY_MS
    assert page.pdf()[:4] == b"%PDF"
