import { comparisonDocument } from "../plan/comparison_document.ts";
import { planDocument } from "../plan/plan_document.ts";
import type { Names, PlanJson, WindowJson } from "../plan/plan_json.ts";
import { defineTimeline } from "../timeline/element.ts";

/** What a page carries for its timeline: a plan, or two that are compared. */
interface Embedded {
  plans: PlanJson[];
  windows: WindowJson[];
  names: Names;
}

/** Draws the timeline of a page from the data within it. */
function draw(): void {
  const data = document.getElementById("timeline-data")?.textContent;
  const place = document.getElementById("timeline");
  if (!data || !place) return;
  const { plans, windows, names } = JSON.parse(data) as Embedded;
  const [first, other] = plans.map((plan) => planDocument(plan, windows, names));
  if (!first) return;
  defineTimeline();
  const timeline = document.createElement("malapert-timeline");
  for (const [name, value] of Object.entries({ fit: "content", wheel: "ctrl" })) timeline.setAttribute(name, value);
  timeline.setAttribute("aria-label", other ? "Timelines of both plans" : "Timeline of the plan");
  place.replaceChildren(timeline);
  timeline.data = other ? comparisonDocument(first, other) : first;
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
