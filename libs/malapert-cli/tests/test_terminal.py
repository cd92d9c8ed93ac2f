"""What others wrote is shown as it stands: no markup, no emoji codes, no control characters, no formulas."""

import io
import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from malapert_cli.progress import follow
from malapert_cli.summary import print_summary
from malapert_cli.terminal import PlainConsole
from malapert_cli.terrain.upload import upload_terrain
from malapert_client import Client, Connection, UnknownAnswerError, Work
from malapert_client.reading import read_plain
from malapert_http_models.contracts.landing_site import Terrain
from malapert_http_models.contracts.operation import Operation
from malapert_http_models.contracts.planner import Plan
from malapert_testing.example_messages import example_of
from rich.table import Table
from rich.text import Text

NASTY = (
    "[bold]b[/bold]", "[/]", "[red", "[link=http://x]y", ":smile:", "100 % %s", "\x1b[31mred", "bell\a", "nul\x00",
    "cr\rover", "\x9b2J", "lone \ud800", "<script>alert(1)</script>", "&amp;", "{{ x }}", "$x^2$", "$\\frac", "月面",
    "حفر", "t" * 200,
)  # fmt: skip


def shown(*things: Any, width: int = 600) -> str:
    """Return what a terminal gets, without the styles that are ours."""
    out = io.StringIO()
    console = PlainConsole(file=out, width=width, force_terminal=False)
    for thing in things:
        print_summary(thing, console) if isinstance(thing, Plan) else console.print(thing)
    return out.getvalue()


def plan_with(title: str) -> Plan:
    """Return a plan as the API serves it, a text of others at each place where there is one."""
    span = {"start_time": "2029-01-15T00:00:00Z", "end_time": "2029-01-15T01:00:00Z"}
    summary = {
        "kind": "CONTACT", "place_id": title, "orbiter_id": title, "station_id": title, "count": 1, "total_s": 1.0,
        "longest_s": 1.0, "volume_bit": 1.0,
        "longest_gap_s": 0.0,
    }  # fmt: skip
    activity = {"interval": span, "place_id": title, "to_place_id": title, "agency_id": title, "title": title}
    unplanned = {"request_id": title, "repetition_index": 0, "agency_id": title, "value": 1.0}
    profile = {"resource_id": title, "minimum": 1.0, "maximum": 2.0, "unit": title}
    share = {"agency_id": title, "requested_value": 1.0, "planned_value": 1.0, "unsatisfied_share": 0.0}
    given = {
        "mission_id": title, "mission_version": 1, "plan_id": "p", "site": None, "window_summaries": [summary],
        "activities": [{**activity, "deliveries": [
            {"product_id": title, "latency_s": 1.0, "max_latency_s": 2.0}
        ]}],
        "unplanned": [{**unplanned, "reason": title, "explanation": title}], "profiles": [profile],
        "contacts": [{"station_id": title, "interval": span}],
        "objective": {
            "agency_shares": [share], "objective": 1.0, "bound": 1.0, "gap": 0.0, "parts": {title: 1.0},
        },
        "stage_times": [{"name": title, "elapsed_s": 1.0}], "status": "OPTIMAL", "content_hash": "sha256:0",
        "validation": {"valid": False, "violations": [{}], "checks": {"a": 1}, "step_s": 1.0},
        "provenance": {"notes": [title]},
    }  # fmt: skip
    plan: Plan = read_plain("planner.Plan", example_of(Plan, given))
    return plan


def visible(text: str) -> str:
    """Return a text as it may be shown."""
    return "".join("\ufffd" if ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 else c for c in text)


@pytest.mark.parametrize("title", NASTY)
def test_a_plan_is_printed_as_it_is(title: str) -> None:
    text = shown(plan_with(title), width=1200)
    assert not [c for c in text if c != "\n" and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0)]
    expected = visible(title) if "\r" not in title else title.split("\r")[0]
    assert text.count(expected) >= 15


def test_tables_and_lines_take_no_markup() -> None:
    table = Table("[bold]head", title=":smile:")
    table.add_row("[/]")
    text = shown(table, "a [red]line[/red] :smile:", Text("kept"))
    for part in ("[bold]head", ":smile:", "[/]", "a [red]line[/red] :smile:", "kept"):
        assert part in text


def test_an_answer_of_a_newer_platform_is_read_and_another_one_is_refused_by_its_fields() -> None:
    answer = example_of(Terrain, {"terrain_id": "t-1"})
    assert read_plain("landing_site.Terrain", answer | {"of_a_later_version": 1}).terrain_id == "t-1"
    with pytest.raises(UnknownAnswerError) as refusal:
        read_plain("landing_site.Terrain", answer | {"title": 3, "width_px": "wide"})
    assert refusal.value.reason == "UNKNOWN_ANSWER"
    assert all(name in str(refusal.value) for name in ("title", "width_px"))
    assert "pixel_size_m" not in str(refusal.value)


def test_progress_takes_no_markup() -> None:
    out = io.StringIO()
    stage = {"name": "solve", "title": "[/]\x1b[31m", "fraction": 1.0, "detail": "[red"}
    ended = read_plain("operation.Operation", example_of(Operation, {"state": "SUCCEEDED", "stages": [stage]}))
    client: Any = None
    follow(Work(client, ended, None), PlainConsole(file=out, width=200))
    assert "[/]\ufffd[31m" in out.getvalue()
    assert "[red" in out.getvalue()


def test_a_file_of_any_name_is_uploaded(tmp_path: Path) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        request.read()
        asked.append(request)
        return httpx.Response(201, json=example_of(Terrain, {"terrain_id": "t-1"}))

    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/dem\n\xff.tif"))
    path.write_bytes(b"II")
    client = Client(connection=Connection("http://localhost", "key"), transport=httpx.MockTransport(answer))
    assert upload_terrain(client, path).terrain_id == "t-1"
    (request,) = asked
    assert request.url.params["file_name"] == "dem \ufffd.tif"
    assert request.url.params["title"] == "dem \ufffd"
