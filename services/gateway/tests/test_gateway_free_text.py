"""Whatever a title holds, every export stays a file of its format: read by readers that are not ours."""

import csv
import io
import json
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import plandev_checker
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from malapert.comms_window.v1 import contact_pb2, window_pb2
from malapert.landing_site.v1 import site_pb2
from malapert.planner.v1 import plan_pb2
from malapert_core.documents.plain_text import one_line, one_word, printable
from malapert_gateway.conversion import to_model
from malapert_gateway.exports.access_report import access_report
from malapert_gateway.exports.calendar import plan_calendar
from malapert_gateway.exports.contacts_calendar import contacts_calendar
from malapert_gateway.exports.contacts_table import contacts_csv, contacts_schedule_text
from malapert_gateway.exports.csv_table import csv_table, text_of_cell
from malapert_gateway.exports.mps_plan import mps_plan
from malapert_gateway.exports.mps_plan_reading import read_mps_plan
from malapert_gateway.exports.openmct_plan import openmct_plan
from malapert_gateway.exports.places_kml import search_kml
from malapert_gateway.exports.plan_table import plan_csv, plan_timeline
from malapert_gateway.exports.plandev_plan import plandev_plan
from malapert_gateway.exports.simple_schedule import read_simple_schedule, write_simple_schedule
from malapert_http_models.contracts.comms_window import Contact, Window
from malapert_http_models.contracts.landing_site import SiteSearch
from malapert_http_models.contracts.planner import Plan

NOW = datetime(2029, 1, 1, tzinfo=UTC)
KML = "{http://www.opengis.net/kml/2.2}"
# RFC 5545 3.1: CONTROL, which no content line may hold.
CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
BLANK = " \u00a0\u200b\u200f\u202e\u2066\u3000\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
NASTY = (
    "two\nlines", "cr\ronly", "crlf\r\nline", "tab\there", "nul\x00", "escape \x1b[31mred\x1b[0m", "next\x85line",
    "line\u2028separator", "para\u2029graph", "\u200fמימין\u200e", "\u202eoverride", "🛰️ emoji 👩‍🚀", "t" * 200,
    "=1+1", "+49 30", "-2 dB", "@SUM(A1)", "\t=1", " =1", "'=1", "''=1", "＝1", 'quo"te', "com,ma", "semi;colon",
    "back\\slash", "back\\nslash", "]]>", "<script>alert(1)</script>", "[bold]b[/bold]", "[/]", "100 % %s %(x)s",
    "月面の氷を掘る", "Größe prüfen", "حفر الجليد", "\ufffe", "\ufdd0", "&amp;", "{{ x }}", "$x$", "BEGIN:VEVENT",
    "a\r\nEND:VEVENT\r\nBEGIN:VEVENT", "\ufeff=1", "\u200f=1", "\u202e-1", "\u2066@x",
)  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


def plan_of(*titles: str, place: str = "ridge-1") -> Plan:
    """Return a plan of an activity for each title, and a contact."""
    made = plan_pb2.Plan(plan_id="p-1", mission_id="lupex", state=plan_pb2.PLAN_STATE_RELEASED, version=3)
    made.created_time.FromDatetime(NOW)
    for number, title in enumerate(titles):
        item = made.activities.add(
            activity_id=f"a-{number}", kind=plan_pb2.PLANNED_ACTIVITY_KIND_REQUESTED, title=title, place_id=place,
            activity_type_id="drill", agency_id="JAXA", asset_id="rover", request_id=f"r-{number}",
        )  # fmt: skip
        item.interval.start_time.FromDatetime(NOW + timedelta(hours=number))
        item.interval.end_time.FromDatetime(NOW + timedelta(hours=number, minutes=30))
    contact = made.contacts.add(station_id="esa-mlg", place_id=place, window_id="w-1")
    contact.interval.start_time.FromDatetime(NOW)
    contact.interval.end_time.FromDatetime(NOW + timedelta(hours=1))
    return to_model(made, Plan)


def contact_of(number: int, **more: Any) -> Contact:
    """Return a booking."""
    values = {"station_id": "esa-mlg", "asset_id": "rover", "mission_id": "lupex", "agency_id": "JAXA", "version": 1}
    made = contact_pb2.Contact(
        contact_id=f"c-{number}", **{"state": contact_pb2.CONTACT_STATE_COMMITTED, **values, **more}
    )
    start = NOW + timedelta(hours=3 * number)
    for part, margin in ((made.interval, timedelta(0)), (made.occupied, timedelta(minutes=45))):
        part.start_time.FromDatetime(start - margin)
        part.end_time.FromDatetime(start + timedelta(hours=1) + margin)
    return to_model(made, Contact)


def check_calendar(content: bytes, summaries: list[str]) -> None:
    """Check lines and escapes against RFC 5545, and that the texts come back."""
    lines = content.split(b"\r\n")
    assert lines[-1] == b""
    assert max(map(len, lines)) <= 75
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert not CONTROL.search(content)
    for line in lines:
        line.decode()  # folded between characters, not inside one
    calendar = Calendar.from_ical(content)
    events = calendar.walk("VEVENT")
    assert [str(event["SUMMARY"]) for event in events] == summaries
    assert len({str(event["UID"]) for event in events}) == len(events)


def rows_of(content: bytes) -> list[dict[str, str]]:
    """Return a table's rows; no text may begin as a formula does."""
    rows = list(csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True))
    for row in rows:
        assert None not in row
        for cell in row.values():
            assert not cell.lstrip(BLANK).startswith(FORMULA) or re.fullmatch(r"-\d.*", cell)
    return rows


def check_plan(titles: list[str]) -> None:
    plan = plan_of(*titles)
    check_calendar(
        plan_calendar(plan, NOW),
        [*(one_line(title) or f"a-{number}" for number, title in enumerate(titles)), "Contact esa-mlg"],
    )
    rows = [row for row in rows_of(plan_csv(plan)) if row["kind"] == "REQUESTED"]
    assert [text_of_cell(row["title"]) for row in rows] == [printable(title) for title in titles]
    text = plan_timeline(plan).decode()
    lines = text.split("\n")
    assert text.splitlines() == lines[:-1]
    assert len(lines) == 3 + 2 * (len(titles) + 1) + 1
    assert not [letter for line in lines for letter in line if unicodedata.category(letter) in ("Cc", "Zl", "Zp")]
    file = json.loads(json.dumps(mps_plan(plan), ensure_ascii=False).encode())
    comments = {item["key"]: item["comments"] for item in file["plan"]["items"]["plannedActivities"]}
    assert [comments[f"a-{number}"] or "" for number in range(len(titles))] == [one_line(title) for title in titles]
    lanes = json.loads(json.dumps(openmct_plan(plan), ensure_ascii=False).encode())
    assert [entry["name"] for entry in lanes["Activities of JAXA"]] == [
        one_line(title) or f"a-{number}" for number, title in enumerate(titles)
    ]
    transfer = json.loads(json.dumps(plandev_plan(plan), ensure_ascii=False).encode())
    plandev_checker.check(transfer)
    assert {item["name"] for item in transfer["activities"] if item["type"] == "drill"} == {
        one_line(title) or f"a-{number}" for number, title in enumerate(titles)
    }


def test_titles_that_people_stumble_over() -> None:
    check_plan([*NASTY, " ", "\u3000", "\u00ad"])


@settings(max_examples=25)
@given(st.lists(TEXT, min_size=1, max_size=4))
def test_any_titles(titles: list[str]) -> None:
    check_plan(titles)


def check_kml(texts: list[str]) -> None:
    sites = [
        site_pb2.Site(site_id=f"s-{number}", rank=number, explanation=text, point={"latitude_deg": -89.0})
        for number, text in enumerate(texts)
    ]
    search = to_model(site_pb2.SiteSearch(site_search_id="s", sites=sites), SiteSearch)
    root = ElementTree.fromstring(search_kml(search))
    found = {mark.findtext(f"{KML}name"): mark.findtext(f"{KML}description") for mark in root.iter(f"{KML}Placemark")}
    assert [found[f"{number} s-{number}"] for number in range(len(texts))] == [printable(text) for text in texts]


def test_explanations_of_sites_in_kml() -> None:
    check_kml(list(NASTY))


@settings(max_examples=25)
@given(st.lists(TEXT, min_size=1, max_size=4))
def test_any_explanations_of_sites_in_kml(texts: list[str]) -> None:
    check_kml(texts)


@settings(max_examples=25)
@given(name=TEXT.filter(one_line))
def test_access_reports_with_any_name(name: str) -> None:
    window = window_pb2.Window(window_id=name, place_id=name, station_id=name, kind=window_pb2.WINDOW_KIND_CONTACT)
    window.interval.start_time.FromDatetime(NOW)
    window.interval.end_time.FromDatetime(NOW + timedelta(hours=1))
    text = access_report(name, [to_model(window, Window)], NOW).decode()
    assert text.splitlines() == text.split("\n")[:-1]
    assert text.count("\n") == 14
    assert f"{one_line(name)}-To-{one_line(name)} (CONTACT)" in text


@settings(max_examples=25)
@given(reason=TEXT, name=TEXT.filter(one_line))
def test_contacts_with_any_text(reason: str, name: str) -> None:
    gone = contact_pb2.CONTACT_STATE_CANCELLED
    contacts = [contact_of(0, reason=reason, state=gone), contact_of(1, mission_id=name, plan_id=name)]
    check_calendar(contacts_calendar(contacts, NOW), ["esa-mlg lupex", one_line(f"esa-mlg {name}")])
    assert text_of_cell(rows_of(contacts_csv(contacts))[0]["reason"]) == printable(reason)
    lines = contacts_schedule_text(contacts).decode().splitlines()
    assert len(lines) == 2
    assert lines[1][lines[0].index("STATE") :] == "COMMITTED"
    assert lines[1].split()[7] == one_word(name)
    span = (NOW - timedelta(days=1), NOW + timedelta(days=2))
    content = write_simple_schedule(contacts, {}, originator="JAXA", now=NOW, span=span)
    ElementTree.fromstring(content)
    (activity,) = read_simple_schedule(content).activities
    assert activity.activity_id == "c-1"
    assert activity.user == one_line(name)


@pytest.mark.parametrize(
    "mission_id", ["lupex", "twelve-chars", "a-mission-of-more-than-twelve-characters", "two words"]
)
def test_long_names_widen_their_column(mission_id: str) -> None:
    contacts = [contact_of(0), contact_of(1, mission_id=mission_id, station_id="a-station-of-more-than-twenty-letters")]
    head, *lines = contacts_schedule_text(contacts).decode().splitlines()
    names = head.split()
    starts = [head.index(name) for name in names]
    for line, contact in zip(lines, contacts, strict=True):
        cells = [line[start:end].strip() for start, end in zip(starts, [*starts[1:], None], strict=True)]
        assert cells == line.split()
        assert cells[6:] == [contact.station_id, contact.mission_id.replace(" ", "_"), "rover", "COMMITTED"]


def test_long_names_widen_the_timeline() -> None:
    place = "a-place-of-more-than-twenty-four-characters"
    lines = plan_timeline(plan_of("Drill", place=place)).decode().splitlines()[2:]
    column = lines[0].index("ITEM")
    assert {line[column:].split(" | ")[0] for line in lines[1:]} == {"a-0", "esa-mlg"}


def test_times_keep_their_decimals_and_years_their_digits() -> None:
    contact = contact_of(0)
    early = datetime(1, 1, 1, 5, 0, 0, 250_000, tzinfo=UTC)
    interval = contact.interval.model_copy(update={"start_time": early, "end_time": early + timedelta(days=3)})
    contact = contact.model_copy(update={"interval": interval, "occupied": interval})
    line = contacts_schedule_text([contact]).decode().splitlines()[1]
    assert line.split()[:6] == ["0001", "001", "05:00:00.25", "05:00:00.25", "05:00:00.25+3", "05:00:00.25+3"]
    (event,) = Calendar.from_ical(contacts_calendar([contact], NOW)).walk("VEVENT")
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (
        datetime(1, 1, 1, 5, tzinfo=UTC),
        datetime(1, 1, 4, 5, 0, 1, tzinfo=UTC),
    )
    last = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    interval = interval.model_copy(update={"start_time": last - timedelta(seconds=3), "end_time": last})
    (event,) = Calendar.from_ical(contacts_calendar([contact.model_copy(update={"interval": interval})], NOW)).walk(
        "VEVENT"
    )
    assert event.decoded("DTEND") == last.replace(microsecond=0)


@settings(max_examples=60)
@given(TEXT)
def test_a_cell_is_read_as_the_text_it_was_written_for(text: str) -> None:
    ((cell, number),) = list(
        csv.reader(io.StringIO(csv_table(("a", "b"), [(text, -5.5)]).decode(), newline=""), strict=True)
    )[1:]
    assert text_of_cell(cell) == printable(text)
    assert number == "-5.5"


@pytest.mark.parametrize("text", ["'quoted'", "it's", "1-2", "a=b", "", "'"])
def test_other_texts_are_not_touched(text: str) -> None:
    ((cell, _),) = list(csv.reader(io.StringIO(csv_table(("a", "b"), [(text, None)]).decode())))[1:]
    assert cell == text == text_of_cell(cell)


def test_half_a_surrogate_pair_is_shown_as_lost() -> None:
    assert printable("a\ud800b\udfff").encode() == "a\ufffdb\ufffd".encode()


def test_a_type_called_drive_is_no_drive() -> None:
    plan = plan_of("Drive in circles")
    odd = [
        plan.activities[0].model_copy(update={"activity_id": f"odd-{name}", "activity_type_id": name})
        for name in ("drive", "contact")
    ]
    file = json.loads(json.dumps(mps_plan(plan.model_copy(update={"activities": odd, "contacts": []}))))
    assert [item.activity_id for item in read_mps_plan(file)] == ["odd-contact", "odd-drive"]


def test_a_plan_without_items() -> None:
    plan = plan_of().model_copy(update={"contacts": []})
    assert Calendar.from_ical(plan_calendar(plan, NOW)).walk("VEVENT") == []
    assert rows_of(plan_csv(plan)) == []
    assert len(plan_timeline(plan).splitlines()) == 3
    assert openmct_plan(plan) == {}
    assert mps_plan(plan)["plan"]["items"]["plannedActivities"] == []


def test_a_thousand_items() -> None:
    plan = plan_of("Drill")
    many = [plan.activities[0].model_copy(update={"activity_id": f"a-{number}"}) for number in range(1000)]
    plan = plan.model_copy(update={"activities": many})
    assert plan_calendar(plan, NOW).count(b"BEGIN:VEVENT") == 1001
    assert len(plan_csv(plan).splitlines()) == 1002
    assert len(plan_timeline(plan).splitlines()) == 2005
    assert len(read_mps_plan(mps_plan(plan))) == 1001
