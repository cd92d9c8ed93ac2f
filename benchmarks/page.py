"""Redraws of the timeline while it is panned and zoomed: 10,000 items and 10 courses of 144,000 samples, in Chromium.

    deploy/build-web .venv/bin/python examples && .venv/bin/python benchmarks/page.py

Measured is each full redraw of a gesture: the processor's time of the page, raster included, which other work on
the machine does not lengthen, and the clock's of the script alone.
"""

import shutil
import statistics
from pathlib import Path

from playwright.sync_api import sync_playwright

EXAMPLES = Path(__file__).parents[1] / "web" / "examples" / "index.html"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
GESTURES = {
    "pan over 100 days": "span.startMs += day / 8; span.endMs += day / 8",
    "pan over a week": "span.startMs += day / 40; span.endMs += day / 40",
    "zoom from 100 days to an hour": (
        "const middle = (span.startMs + span.endMs) / 2, half = (span.endMs - span.startMs) * 0.47;"
        "span.startMs = middle - half; span.endMs = middle + half"
    ),
    "cursor and selection alone": (
        "timeline.cursorMs = span.startMs + frame * 1e6; timeline.selection = 'item-' + frame"
    ),
}
SPANS_D = {"pan over 100 days": 90, "pan over a week": 7, "zoom from 100 days to an hour": 100}
FRAMES = 120
RUN = """([step, days, frames]) => {
  const timeline = document.querySelectorAll("malapert-timeline")[1], day = 86400000;
  const { startMs } = timeline.data, span = { startMs, endMs: startMs + days * day }, times = [];
  timeline.show(span); timeline.drawNow();
  const change = new Function("span", "day", "timeline", "frame", step);
  for (let frame = 0; frame < frames; frame++) {
    change(span, day, timeline, frame); timeline.show(span); times.push(timeline.drawNow());
  }
  return times;
}"""


def main() -> None:
    """Print what a redraw of each gesture takes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(EXAMPLES.as_uri())
        system = browser.new_browser_cdp_session()

        def cpu_s() -> float:
            processes = system.send("SystemInfo.getProcessInfo")["processInfo"]
            return float(sum(each["cpuTime"] for each in processes if each["type"] == "renderer"))

        print(f"{'gesture':32} CPU ms a frame  clock: median ms  p95 ms")
        for name, step in GESTURES.items():
            began_s = cpu_s()
            times = sorted(page.evaluate(RUN, [step, SPANS_D.get(name, 30), FRAMES]))
            cpu_ms = 1000 * (cpu_s() - began_s) / FRAMES
            print(f"{name:32} {cpu_ms:14.1f} {statistics.median(times):17.1f} {times[int(0.95 * len(times))]:7.1f}")
        browser.close()


if __name__ == "__main__":
    main()
