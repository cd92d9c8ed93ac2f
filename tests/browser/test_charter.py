"""An owner's day in the page: a mission handed in, who takes part, what owners consent to, and proposed versions."""

import copy

import pytest
import yaml
from malapert_cli.mission_file import load_mission
from malapert_testing.platform_api import Json
from page_use import NEEDS_PAGE, ROOT, arm_mission, open_page, require_accessible, require_good_in_all_sizes

pytestmark = NEEDS_PAGE


@pytest.fixture
def mission_id(platform) -> str:
    return arm_mission(platform)


def _document(mission_id: str, title: str = "Robotic arm work 観測") -> Json:
    document: Json = copy.deepcopy(load_mission(ROOT / "missions" / "station-arm.yaml"))
    document["mission"] |= {"id": mission_id, "title": title}
    return document


def test_a_mission_is_handed_in_its_faults_told_with_their_lines_and_nothing_typed_lost(page, platform):
    document = _document("arm-typed")
    document["requests"][0]["value"] = "much"
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    open_page(page, platform, "JAXA", "PLANNER", "#/new-mission")
    page.get_by_role("textbox", name="Document").fill("mission:\n  id: x\n id: y\n")
    page.get_by_text("One fault").wait_for()
    page.get_by_role("button", name="line 3").wait_for()
    assert page.get_by_role("button", name="Hand in").is_disabled()
    page.get_by_role("textbox", name="Document").fill(text)
    page.get_by_text("requests[0].value").first.wait_for()
    line = next(number for number, each in enumerate(text.splitlines(), 1) if each.strip() == "value: much")
    page.get_by_role("button", name=f"line {line}", exact=True).first.click()
    assert page.evaluate("getSelection().toString()").strip() == "value: much"
    require_good_in_all_sizes(page)
    page.reload()
    page.get_by_text("requests[0].value").first.wait_for()
    page.get_by_role("textbox", name="Document").fill(text.replace("value: much", "value: 4"))
    page.get_by_text("Would be taken as version 1 of arm-typed").wait_for()
    page.context.set_offline(True)
    page.get_by_role("button", name="Hand in").click()
    page.get_by_text("The connection to the platform is lost").wait_for()
    page.context.set_offline(False)
    page.get_by_role("button", name="Hand in").click()
    page.get_by_role("heading", name="is taken: version 1").wait_for()
    require_accessible(page)
    page.get_by_role("link", name="Who takes part").click()
    page.get_by_role("heading", name="Who takes part").wait_for()


def test_an_owner_is_taken_in_and_the_next_charter_needs_its_consent(page, browser, platform, mission_id):
    open_page(page, platform, "JAXA", "PLANNER", f"#/missions/{mission_id}/members")
    page.get_by_role("button", name="Change the charter").click()
    isro = page.get_by_role("group", name="ISRO", exact=True)
    isro.get_by_role("checkbox", name="Owner").check()
    page.get_by_role("button", name="Add an agency").click()
    page.get_by_text("no agency is chosen").wait_for()
    require_good_in_all_sizes(page)
    page.get_by_label("Agency", exact=True).last.fill("CNSA")
    page.reload()
    page.get_by_role("button", name="Change the charter").click()
    page.get_by_text("CNSA joins: contributor").wait_for()
    page.get_by_role("button", name="Propose it").click()
    page.get_by_text("charter version 2").wait_for()
    page.get_by_role("button", name="Change the charter").click()
    page.get_by_label("A plan is approved by").select_option("any")
    page.get_by_role("button", name="Take CNSA out").click()
    page.get_by_role("button", name="Propose it").click()
    page.get_by_text("waits for ISRO").wait_for()
    require_good_in_all_sizes(page)
    with browser.new_context() as context:
        other = context.new_page()
        other.set_default_timeout(60_000)
        open_page(other, platform, "ISRO", "PLANNER", f"#/missions/{mission_id}/members")
        other.get_by_text("CNSA leaves").wait_for()
        other.get_by_role("button", name="Consent for ISRO").click()
        other.get_by_text("charter version 3").wait_for()
        other.get_by_text("any of the approvers").wait_for()
        with platform.api("JAXA", "PLANNER") as api:
            charter = api.get(f"/missions/{mission_id}/charter")
        assert [each["agency_id"] for each in charter["members"] if not each["until"]] == [
            "ESA",
            "ISRO",
            "JAXA",
            "KSAT",
            "NASA",
        ]
    # What is typed here was of an older version: it is told, and stays.
    page.get_by_role("button", name="Change the charter").click()
    page.get_by_role("checkbox", name="What a member marks as public").check()
    page.get_by_role("button", name="Propose it").click()
    page.get_by_text("Somebody was faster").wait_for()
    assert page.get_by_text("what is marked public is open to every agency").is_visible()


def test_a_version_that_a_member_proposes_is_compared_and_declined_or_accepted(page, browser, platform, mission_id):
    for title in ("Arm work with a longer name", "Arm work with another name"):
        with platform.api("NASA", "PLANNER") as api:
            api.post("/missions", _document(mission_id, title))
    open_page(page, platform, "JAXA", "PLANNER", f"#/missions/{mission_id}/members")
    page.get_by_text("Arm work with a longer name").click()
    page.get_by_role("cell", name="mission.title").wait_for()
    require_good_in_all_sizes(page)
    first = page.locator("details", has_text="Arm work with a longer name")
    first.get_by_role("button", name="Decline…").click()
    first.get_by_label("Why").fill("too long")
    first.get_by_role("button", name="Decline", exact=True).click()
    page.get_by_text("too long").wait_for()
    page.get_by_text("Arm work with another name").click()
    page.get_by_role("button", name="Make it the next version").click()
    page.get_by_text("now version 2").wait_for()
    with browser.new_context() as context:
        proposer = context.new_page()
        proposer.set_default_timeout(60_000)
        open_page(proposer, platform, "NASA", "PLANNER", f"#/missions/{mission_id}/edit")
        proposer.get_by_text("Would be").wait_for()
        box = proposer.get_by_role("textbox", name="Document")
        box.fill(box.input_value().replace("Arm work with another name", "Arm work by NASA"))
        proposer.get_by_text("Would be a proposal").wait_for()
        proposer.get_by_role("button", name="Propose it").click()
        proposer.get_by_role("heading", name="Proposed").wait_for()


def test_a_member_leaves_a_mission_after_it_is_asked_twice(page, platform, mission_id):
    open_page(page, platform, "NASA", "PLANNER", f"#/missions/{mission_id}/members")
    page.get_by_role("button", name="Leave the mission").click()
    page.get_by_role("button", name=f"Yes, NASA leaves {mission_id}").click()
    page.get_by_text("What needs NASA now").wait_for()
    page.goto(f"{platform.url}/#/missions/{mission_id}/members")
    page.get_by_text("There is no such mission, or it is not open to you.").wait_for()
