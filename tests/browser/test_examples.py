"""The timeline's own examples: as they looked, and with ten thousand items and titles in every script still read."""

import json
import subprocess
import sys

import pytest
from page_use import ROOT
from snapshots import MOST_STRONG, require_as_before, small, strong_share

EXAMPLES = ROOT / "web" / "examples" / "index.html"
pytestmark = pytest.mark.skipif(
    not (ROOT / "web" / "node_modules").exists(), reason="the page's packages are not installed: run `make web`"
)
DAY_MS = 86_400_000


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    command = [str(ROOT / "deploy" / "build-web"), sys.executable, "examples"]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="module")
def opened(browser):
    """The page of examples, opened once: its ten thousand items take a second to make."""
    page = browser.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.goto(EXAMPLES.as_uri())
    page.locator("malapert-timeline").last.wait_for()
    yield page
    page.close()


@pytest.fixture
def examples(opened):
    opened.set_viewport_size({"width": 1280, "height": 900})
    return opened


def _shown(page, number: int, theme: str, days: float | None = None):
    each = page.locator("malapert-timeline").nth(number)
    each.evaluate(
        """(each, [theme, days]) => { each.setAttribute('theme', theme); each.select(null);
        each.show(days === null ? each.data : {startMs: each.data.startMs, endMs: each.data.startMs + days * 86400000});
        each.drawNow(); }""",
        [theme, days],
    )
    return each


@pytest.mark.parametrize(
    ("name", "number", "theme", "days"),
    [
        ("states-light", 0, "light", None),
        ("states-dark", 0, "dark", None),
        ("states-day", 0, "light", 2),
        ("crowded-light", 1, "light", None),
        ("crowded-week-dark", 1, "dark", 7),
        ("banded-light", 2, "light", None),
    ],
)
def test_an_example_looks_as_it_did(examples, name, number, theme, days):
    require_as_before(_shown(examples, number, theme, days), name)
    assert examples.faults == []


def test_the_tolerance_tells_states_that_are_drawn_otherwise_and_a_lane_that_is_missing(examples):
    shown = _shown(examples, 0, "light")
    before = small(shown.screenshot())
    for change in (
        "each.data = {...each.data, groups: each.data.groups.map(g => ({...g, lanes: g.lanes.slice(1)}))}",
        """each.data = {...each.data, groups: each.data.groups.map(g => ({...g, lanes: g.lanes.map(
           l => ({...l, items: l.items.map(i => ({...i, state: 'done'}))}))}))}""",
    ):
        shown.evaluate(f"each => {{ const kept = each.data; {change}; each.drawNow(); each.kept ??= kept; }}")
        assert strong_share(before, small(shown.screenshot())) > MOST_STRONG
        shown.evaluate("each => { each.data = each.kept; each.drawNow(); }")
    assert strong_share(before, small(shown.screenshot())) <= MOST_STRONG


def test_ten_thousand_items_are_walked_searched_and_drawn_as_a_picture(examples):
    shown = _shown(examples, 1, "light")
    assert shown.evaluate("each => each.data.groups[0].lanes.reduce((n, lane) => n + lane.items.length, 0)") == 10_000
    surface = shown.locator(".surface")
    surface.focus()
    for key in ("7", "ArrowDown", "ArrowDown", "t"):
        examples.keyboard.press(key)
    text = shown.locator(".twin").inner_text()
    assert "Observation" in text
    # The table is of what is in view, and bounded.
    assert shown.locator(".twin tbody tr").count() <= 500
    examples.keyboard.press("Escape")
    shown.evaluate("each => each.toggleTable()")
    size = shown.evaluate("async each => (await each.picture('Ten thousand')).size")
    assert size > 100_000
    assert examples.faults == []


def test_titles_of_two_hundred_letters_in_every_script_are_cut_and_told_whole(examples):
    shown = _shown(examples, 0, "light")
    title = json.loads(shown.evaluate("each => JSON.stringify(each.data.groups[0].lanes.at(-1).items.at(-1).title)"))
    assert len(title) > 200, title
    examples.set_viewport_size({"width": 400, "height": 900})
    shown.evaluate("each => each.select('names')")
    assert title.strip() in shown.locator(".live").inner_text()
    assert shown.evaluate("each => each.scrollWidth <= each.clientWidth + 1")


def test_a_picture_that_the_browser_cannot_make_is_told(examples):
    shown = _shown(examples, 0, "light")
    told = shown.evaluate(
        """async each => { const kept = HTMLCanvasElement.prototype.toBlob;
        HTMLCanvasElement.prototype.toBlob = done => done(null);
        try { return await each.picture('x').then(() => '', error => error.message); }
        finally { HTMLCanvasElement.prototype.toBlob = kept; } }"""
    )
    assert "makes no picture" in told
