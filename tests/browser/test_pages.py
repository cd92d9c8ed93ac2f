"""The report and the API's page in a real browser: they show what they should, and ask no other host for anything."""

from pathlib import Path

import pytest
from malapert_testing.platform import running_platform

ROOT = Path(__file__).parents[2]


def test_the_report_shows_its_pictures_and_stands_alone(page):
    report = ROOT / "out" / "report.html"
    if not report.exists():
        pytest.skip("no out/report.html: run `make demo` first")
    page.goto(report.as_uri())
    assert page.get_by_role("heading", name="At a glance").is_visible()
    widths = page.eval_on_selector_all("img", "images => images.map(image => image.naturalWidth)")
    assert len(widths) == 2
    assert all(width > 800 for width in widths)
    assert page.locator("malapert-timeline").bounding_box()["height"] > 500
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
