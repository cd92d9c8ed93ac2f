"""Time from an address to a stored plan that is drawn, on a platform that runs and has made one.

    .venv/bin/python benchmarks/page_opening.py [--url URL] [--keys FILE] [--plan PLAN] [--times N]

The page is loaded anew each time, its script from the browser's cache. Measured by the page's own
clock is when the timeline has a plan, and what each call before that took; other work on the machine lengthens both.

"""

import argparse
import os
import shutil
import statistics
from pathlib import Path

from malapert_cli.page_link import page_link
from malapert_client import Client
from malapert_client.connection import find_connection
from playwright.sync_api import CDPSession, Page, sync_playwright

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DRAWN = """() => new Promise((done) => {
  const look = () => {
    if (document.querySelector("malapert-timeline")?.data) requestAnimationFrame(() => done(performance.now()));
    else setTimeout(look, 5);
  };
  look();
})"""
CALLS = """() => performance.getEntriesByType("resource").map(({ name, startTime, responseEnd, decodedBodySize }) =>
  [new URL(name).pathname, startTime, responseEnd, decodedBodySize])"""


def opened(page: Page, address: str) -> float:
    """Open a plan anew; return when it is drawn, ms after its address was gone to."""
    page.goto(address)
    page.reload(wait_until="commit")
    return float(page.evaluate(DRAWN))


def renderer_s(system: CDPSession) -> float:
    """Return the processor's time of all pages, which other work on the machine does not lengthen."""
    processes = system.send("SystemInfo.getProcessInfo")["processInfo"]
    return float(sum(each["cpuTime"] for each in processes if each["type"] == "renderer"))


def main() -> None:
    """Print how long a plan takes to be drawn, and what it waited for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default=os.environ.get("MALAPERT_URL", "http://127.0.0.1:8000"))
    parser.add_argument("--keys", type=Path, default=Path(".malapert/keys.json"))
    parser.add_argument("--plan", default="", help="the newest unless given")
    parser.add_argument("--times", type=int, default=10)
    asked = parser.parse_args()
    connection = find_connection(asked.url, None, "JAXA", "PLANNER", asked.keys)
    with Client(connection=connection) as client:
        newest = client.list_plans(page_size=1).first()
    plan_id = asked.plan or (newest.plan_id if newest else "")
    address = f"{asked.url}/#/plans/{plan_id}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(page_link(connection))
        page.get_by_role("heading", level=1).first.wait_for()
        system = browser.new_browser_cdp_session()
        opened(page, address)
        began_s = renderer_s(system)
        times = [opened(page, address) for _ in range(asked.times)]
        cpu_ms = 1000 * (renderer_s(system) - began_s) / asked.times
        calls = page.evaluate(CALLS)
        browser.close()
    print(f"drawn after {statistics.median(times):.0f} ms (median of {len(times)}), {max(times):.0f} ms at most;")
    print(
        f"{cpu_ms:.0f} ms of the processor's time in the page; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    for path, start_ms, end_ms, size in calls:
        if start_ms < times[-1]:
            print(f"  {start_ms:5.0f} – {end_ms:5.0f} ms {size / 1000:6.0f} kB {path}")


if __name__ == "__main__":
    main()
