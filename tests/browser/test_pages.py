"""The report and the API's page in a real browser: they show what they should, and ask no other host for anything."""

import shutil
from pathlib import Path

import pytest
from malapert_testing.platform import running_platform
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (Debian package chromium)")


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


@pytest.fixture
def page(browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.asked = []
    page.faults = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    yield page
    page.close()


def test_the_report_shows_its_pictures_and_stands_alone(page):
    report = ROOT / "out" / "report.html"
    if not report.exists():
        pytest.skip("no out/report.html: run `make demo` first")
    page.goto(report.as_uri())
    assert page.get_by_role("heading", name="At a glance").is_visible()
    widths = page.eval_on_selector_all("img", "images => images.map(image => image.naturalWidth)")
    assert len(widths) == 5
    assert all(width > 800 for width in widths)
    assert page.get_by_text("valid", exact=True).first.is_visible()
    assert page.locator("h2:has-text('Not planned') + div tr").count() > 1
    page.locator("summary:has-text('instruments')").click()
    shown = page.locator("details[open] .trust-A")
    assert shown.first.is_visible()
    assert set(shown.all_inner_texts()) == {"assumption"}
    assert [url for url in page.asked if not url.startswith(("file:", "data:"))] == []
    assert page.faults == []
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0


def test_the_page_of_the_api_lists_its_calls(page, tmp_path):
    with running_platform(tmp_path / "data") as platform:
        page.goto(f"{platform.url}/docs")
        page.get_by_text("/api/v1/plans", exact=True).first.wait_for(timeout=20_000)
        outside = [url for url in page.asked if not url.startswith((platform.url, "data:", "blob:"))]
        assert outside == []
