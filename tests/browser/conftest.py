"""One Chromium for all tests of pages, and a page that notes what it asked for and what went wrong in it."""

import shutil
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

# Tests are imported without their folder on the path.
sys.path.append(str(Path(__file__).parent))

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


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (Debian package chromium)")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


@pytest.fixture
def page(browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    # The tour lies over the plan until somebody skips it, which is tested by itself.
    page.add_init_script("try { localStorage.setItem('malapert-tour', 'done') } catch {}")
    # A first call may have to wait for a process that loads its modules.
    page.set_default_timeout(60_000)
    page.asked = []
    page.faults = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    yield page
    page.close()
