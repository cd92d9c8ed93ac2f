"""What the tests of the page share: opening it as somebody, and what every view must keep."""

import copy
import itertools
from pathlib import Path

import pytest
from malapert_cli.mission_file import load_mission
from malapert_cli.page_link import page_link
from malapert_client.connection import find_connection
from malapert_gateway.page import BUILT
from malapert_testing.platform import Platform
from malapert_testing.platform_api import Json
from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
NEEDS_PAGE = pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page was not built: run `make web`")
_RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}"
_numbers = itertools.count(1)


def open_page(page: Page, platform: Platform, agency: str, role: str, address: str = "#/") -> None:
    """Open a session by a link of a key, and go to a view."""
    page.goto(page_link(find_connection(platform.url, None, agency, role, platform.data_dir / "keys.json")))
    page.get_by_role("heading", level=1).first.wait_for()
    if address != "#/":
        page.goto(f"{platform.url}/{address}")


def require_accessible(page: Page) -> None:
    """Fail where axe finds something serious, or where the view is wider than its window."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `make web`")
    # Evaluated by the debugger, to which the policy of the page does not speak.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(f"axe.run(document, {_RULES})")
    serious = [each for each in found["violations"] if each["impact"] in ("serious", "critical")]
    told = [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in serious]
    assert told == [], told
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert too_wide <= 0, f"{too_wide} px wider than the window"


def require_good_in_all_sizes(page: Page) -> None:
    """Hold a view against the same rules small and large, light and dark."""
    for width, scheme in ((400, "dark"), (1920, "light"), (1280, "dark"), (1280, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        require_accessible(page)


def arm_mission(platform: Platform) -> str:
    """Hand in the mission of the station's arm, which is planned in a second, under a name of its own."""
    document: Json = copy.deepcopy(load_mission(ROOT / "missions" / "station-arm.yaml"))
    document["mission"]["id"] = f"arm-{next(_numbers)}"
    with platform.api() as api:
        return str(api.post("/missions", document)["mission_id"])


def arm_plan(platform: Platform, mission_id: str) -> Json:
    """Plan such a mission."""
    with platform.api() as api:
        operation_id = api.post("/plans", {"mission_id": mission_id})["operation_id"]
        *_, ended = api.watch(operation_id)
        assert ended.result_id, ended
        return api.get(f"/plans/{ended.result_id}")
