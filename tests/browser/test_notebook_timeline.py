"""The timeline as a widget of a notebook: marimo serves it, Chromium draws it, then another plan in its place."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from malapert_client.widget.timeline import SCRIPT
from malapert_testing.nats_server import free_port

pytestmark = pytest.mark.skipif(not SCRIPT.is_file(), reason="the widget's script was not built: run `make web`")
START_LIMIT_S = 120
NOTEBOOK = """
import marimo

app = marimo.App()


@app.cell
def _():
    import json
    from pathlib import Path

    import marimo as mo
    from malapert_client.widget.data import timeline_data
    from malapert_client.widget.timeline import Timeline

    first, other = json.loads(Path("plans.json").read_text(encoding="utf-8"))
    timeline = mo.ui.anywidget(Timeline(first))

    def show_other(_):
        timeline.widget.plans = timeline_data([other], [], [])

    replan = mo.ui.button(label="Replan", on_click=show_other)
    mo.vstack([timeline, replan])
    return


if __name__ == "__main__":
    app.run()
"""


def plan(title: str) -> dict:
    span = {"start_time": "2029-01-16T02:00:00Z", "end_time": "2029-01-16T08:00:00Z"}
    activity = {"activity_id": title, "kind": "REQUESTED", "title": title, "agency_id": "JAXA", "place_id": "ridge"}
    return {
        "plan_id": title,
        "mission_id": "lupex",
        "horizon": {"start_time": "2029-01-15T00:00:00Z", "end_time": "2029-01-18T00:00:00Z"},
        "waypoints": [{"waypoint_id": "ridge", "title": "Ridge"}],
        "activities": [activity | {"interval": span}],
        "contacts": [],
        "profiles": [],
    }


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "notebook.py").write_text(NOTEBOOK)
    (tmp_path / "plans.json").write_text(json.dumps([plan("Survey of the ridge"), plan("Drill to 1.5 m")]))
    port = free_port()
    command = [sys.executable, "-m", "marimo", "-q", "run", "notebook.py", "--headless", "--no-token"]
    server = subprocess.Popen([*command, "--host", "127.0.0.1", "--port", str(port)], cwd=tmp_path)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(START_LIMIT_S * 10):
            try:
                httpx.get(url)
            except httpx.HTTPError:
                time.sleep(0.1)
            else:
                break
        yield url
    finally:
        server.terminate()
        server.wait(30)


def test_a_notebook_draws_a_plan_and_then_another(page, notebook):
    page.goto(notebook)
    table = page.locator("malapert-timeline button:has-text('Table')")
    table.click()
    rows = page.locator("malapert-timeline .twin tbody")
    rows.get_by_text("Survey of the ridge").first.wait_for()
    painted = page.locator("malapert-timeline").evaluate(
        """each => [...each.shadowRoot.querySelectorAll("canvas")].some(canvas => canvas.width > 0 &&
        canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(value => value > 0))"""
    )
    assert painted
    page.get_by_role("button", name="Replan").click()
    page.locator("malapert-timeline button:has-text('Table')").click()
    page.locator("malapert-timeline .twin tbody").get_by_text("Drill to 1.5 m").first.wait_for()
