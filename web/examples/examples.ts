import { defineTimeline } from "../src/timeline/element.ts";
import { banded, crowded, states } from "./documents.ts";

/** Shows the examples of a page, and measures redraws where somebody asks for it. */
function show(): void {
  defineTimeline();
  for (const [title, document_] of [
    ["Every state of an item, and every shape", states()],
    ["Ten thousand items and ten courses of 144,000 samples", crowded(10_000, 10, 144_000)],
    ["Two plans, with a band for each where they differ", banded()],
  ] as const) {
    const heading = document.createElement("h2");
    heading.textContent = title;
    const timeline = document.createElement("malapert-timeline");
    timeline.setAttribute("editable", "");
    document.body.append(heading, timeline);
    timeline.data = document_;
  }
}

show();
