import { type Embedded, timelineOf } from "./drawing.ts";

/** Draws the timeline of a page from the data within it. */
function draw(): void {
  const data = document.getElementById("timeline-data")?.textContent;
  const place = document.getElementById("timeline");
  if (!data || !place) return;
  const timeline = timelineOf(JSON.parse(data) as Embedded);
  if (!timeline) return;
  place.replaceChildren(timeline);
  printsWhole(timeline);
}

/** On paper nobody can pan: the whole plan is drawn, in the light theme, and the view comes back after it. */
function printsWhole(timeline: HTMLElementTagNameMap["malapert-timeline"]): void {
  let before = timeline.view;
  addEventListener("beforeprint", () => {
    before = timeline.view;
    timeline.setAttribute("theme", "light");
    timeline.showDays(null);
    timeline.drawNow();
  });
  addEventListener("afterprint", () => {
    timeline.removeAttribute("theme");
    timeline.view = before;
  });
}

draw();
