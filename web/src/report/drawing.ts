import { comparisonDocument } from "../plan/comparison_document.ts";
import { planDocument } from "../plan/plan_document.ts";
import type { Names, PlanJson, WindowJson } from "../plan/plan_json.ts";
import { defineTimeline, type TimelineElement } from "../timeline/element.ts";

/** What carries a timeline within it: a plan, or two that are compared. */
export interface Embedded {
  plans: PlanJson[];
  windows: WindowJson[];
  names: Names;
}

/** Returns the timeline of embedded plans, which scrolls with what it stands in; null where there is no plan. */
export function timelineOf({ plans, windows, names }: Embedded): TimelineElement | null {
  const [first, other] = plans.map((plan) => planDocument(plan, windows, names));
  if (!first) return null;
  defineTimeline();
  const timeline = document.createElement("malapert-timeline");
  for (const [name, value] of Object.entries({ fit: "content", wheel: "ctrl" })) timeline.setAttribute(name, value);
  timeline.setAttribute("aria-label", other ? "Timelines of both plans" : "Timeline of the plan");
  timeline.data = other ? comparisonDocument(first, other) : first;
  return timeline;
}
