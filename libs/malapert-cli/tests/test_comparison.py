"""The page of two plans, on plans made by hand."""

import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from malapert_cli.report import comparison
from malapert_cli.report import page as pages
from malapert_cli.report.comparison import write_comparison

NASTY = (
    "<script>alert(1)</script>", "&amp;", "{{ x }}", "nul\x00", "esc\x1b[31m", "\x9b2J", "$x^2$", "$\\frac",
    '" onload="x', "]]>", "<!--", "100 % %s",
)  # fmt: skip
HORIZON = {"start_time": "2029-01-15T00:00:00Z", "end_time": "2029-01-17T00:00:00Z"}


def _interval(start: str, end: str) -> dict[str, str]:
    return {"start_time": f"2029-01-15T{start}:00Z", "end_time": f"2029-01-15T{end}:00Z"}


def _plan(plan_id: str, label: str, survey: dict[str, str], *, with_levels: bool = True) -> dict:
    profile = {"resource_id": "battery_wh", "offset_s": [0.0, 86400.0], "value": [5000.0, 4000.0]}
    return {
        "plan_id": plan_id,
        "mission_id": "<polar>",
        "state": "DRAFT",
        "content_hash": f"sha256:{plan_id}",
        "horizon": HORIZON,
        "replan": {"label": label} if label else None,
        "validation": {"valid": True},
        "activities": [
            {"kind": "REQUESTED", "place_id": "ridge", "interval": survey},
            {"kind": "DRIVE", "place_id": "lander", "interval": _interval("00:00", "01:00")},
        ],
        "contacts": [{"station_id": "usuda", "interval": _interval("00:00", "02:00")}],
        "profiles": [profile] if with_levels else [],
    }


def _comparison(*changes: dict) -> dict:
    figures = [
        {"name": "objective", "unit": "1", "value": 10.0, "other_value": 8.5},
        {"name": "storage_bit, highest", "unit": "bit", "value": 7.81e9, "other_value": 7.81e9},
        {"name": "drives", "unit": "1", "value": 21, "other_value": 20},
    ]
    return {"plan_id": "a", "other_plan_id": "b", "figures": figures, "changes": list(changes)}


def test_the_page_shows_figures_pictures_and_changes(tmp_path: Path) -> None:
    plans = (_plan("a", "", _interval("02:00", "04:00")), _plan("b", "late", _interval("06:00", "08:00")))
    change = {
        "kind": "MOVED",
        "title": "Survey",
        "before": plans[0]["activities"][0]["interval"],
        "after": plans[1]["activities"][0]["interval"],
        "reason": "MADE_ROOM",
        "explanation": "another needs it",
        "because": ["drill"],
    }
    write_comparison(plans, _comparison(change), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "&lt;polar&gt;: two plans side by side" in page
    assert "b, late" in page
    assert "-1.50" in page
    assert 'storage bit, highest</td><td class="n">7.81</td><td class="n">7.81</td>' in page
    assert "same</td><td>Gbit" in page
    assert '>21</td><td class="n">20</td><td class="n">-1</td>' in page
    assert "made room: another needs it (drill)" in page
    assert "2029-01-15 06:00" in page


def test_without_the_script_the_page_has_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (comparison, pages):
        monkeypatch.setattr(module, "has_script", lambda: False)
    plans = tuple(_plan(name, "", _interval("02:00", "04:00")) for name in "ab")
    write_comparison(plans, _comparison(), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "its script was not built" in page
    pictures = re.findall(r"base64,([^\"]+)", page)
    assert len(pictures) == 2
    assert all(base64.b64decode(picture).startswith(b"\x89PNG") for picture in pictures)


@pytest.mark.parametrize("title", NASTY)
def test_what_the_timeline_is_drawn_from_ends_no_script_and_comes_back(title: str, tmp_path: Path) -> None:
    plans = tuple(_plan(name, "", _interval("02:00", "04:00")) for name in "ab")
    plans[0]["activities"][0]["title"] = f"</script><!--{title}"
    write_comparison(plans, _comparison(), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    data = page.split('id="timeline-data">', 1)[1].split("</script>", 1)[0]
    assert json.loads(data)["plans"][0]["activities"][0]["title"] == f"</script><!--{title}"


def test_the_policy_names_the_script_and_the_style_of_the_page(tmp_path: Path) -> None:
    plans = tuple(_plan(name, "", _interval("02:00", "04:00")) for name in "ab")
    write_comparison(plans, _comparison(), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_bytes().decode()
    allowed = re.findall(r"'(sha256-[^']+)'", html.unescape(re.findall(r'Policy" content="([^"]+)"', page)[0]))
    held = [
        re.findall(pattern, page, re.DOTALL)[-1] for pattern in (r"<style>(.*?)</style>", r"<script>(.*?)</script>")
    ]
    assert allowed == [f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}" for text in held]


def test_plans_without_levels_or_changes_have_a_page_too(tmp_path: Path) -> None:
    plans = tuple(_plan(name, "", _interval("02:00", "04:00"), with_levels=False) for name in "ab")
    write_comparison(plans, _comparison(), tmp_path / "page.html")
    assert ">nothing<" in (tmp_path / "page.html").read_text(encoding="utf-8")


class Tags(HTMLParser):
    """Collects tags and text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.scripts = 0
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.add(tag)
        self.scripts += tag == "script"

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data


def test_pages_and_pictures_take_any_text(tmp_path: Path) -> None:
    title = " ".join(NASTY)
    plans = tuple(_plan(name, title, _interval("02:00", "04:00")) for name in "ab")
    for plan in plans:
        plan["mission_id"] = title
        plan["activities"][0]["place_id"] = plan["contacts"][0]["station_id"] = title
    change = {
        "kind": "MOVED", "title": title, "before": None, "after": None, "reason": title, "explanation": title,
        "because": [title],
    }  # fmt: skip
    write_comparison(plans, _comparison(change), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(page)
    assert tags.scripts == 2
    assert not [c for c in page if c not in "\n\t" and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0)]
    assert tags.text.count(re.sub("[\x00-\x1f\x9b]", "\ufffd", title)) >= 4
