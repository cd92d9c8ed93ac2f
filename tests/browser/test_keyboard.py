"""A planner's day by keyboard alone: a plan is found, edited, put back, made anew and sent to review."""

from page_use import NEEDS_PAGE, arm_mission, arm_plan, open_page, require_accessible
from playwright.sync_api import Page

pytestmark = NEEDS_PAGE
MOST_TABS = 120
# What has the focus, also within an element's own tree: its label, or its text.
_FOCUSED = """() => {
  let each = document.activeElement;
  while (each?.shadowRoot?.activeElement) each = each.shadowRoot.activeElement;
  if (each?.matches('.surface')) return 'the timeline';
  return (each?.getAttribute('aria-label') || each?.labels?.[0]?.textContent || each?.textContent || '').trim();
}"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus."""
    met = []
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        met.append(page.evaluate(_FOCUSED)[:40])
        if met[-1] == name:
            return
    raise AssertionError(f"{name} is not reached by Tab: {met}")


def press(page: Page, name: str) -> None:
    """Go to a button or a link by Tab, and press it."""
    tab_to(page, name)
    page.keyboard.press("Enter")


def test_a_planners_day_needs_no_mouse(page, platform):
    mission_id = arm_mission(platform)
    plan = arm_plan(platform, mission_id)
    open_page(page, platform, "JAXA", "PLANNER")
    page.get_by_text("What needs JAXA now").wait_for()
    page.keyboard.press("/")
    page.keyboard.type(plan["plan_id"])
    page.get_by_role("option", name=plan["plan_id"]).wait_for()
    require_accessible(page)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Not planned").wait_for()
    tab_to(page, "the timeline")
    # The day of an item, and the item a grid's step earlier.
    for key in ("ArrowDown", "1", "Alt+ArrowLeft"):
        page.keyboard.press(key)
    panel = page.locator("section", has=page.get_by_role("heading", name="Your edits"))
    panel.get_by_text("Every rule holds").or_(panel.get_by_text("Breaks ")).first.wait_for()
    press(page, "Put all back")
    panel.get_by_text("none", exact=True).wait_for()
    press(page, "Plan anew")
    page.get_by_label("Planned anew from").wait_for()
    tab_to(page, "Planned anew from")
    page.keyboard.type("D0 00:00")
    press(page, "Plan anew")
    page.get_by_role("link", name="Open the plan").wait_for(timeout=180_000)
    press(page, "Open the plan")
    page.get_by_role("heading", name="Not planned").wait_for()
    press(page, "Send to review")
    page.get_by_text("JAXA waiting").wait_for()
