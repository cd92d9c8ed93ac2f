import { make } from "./dom.ts";
import type { Hit } from "./hit/hits.ts";
import type { Item } from "./model.ts";
import { durationOf, spanOf } from "./time/format.ts";

const STATES: Record<Item["state"], string> = {
  planned: "planned",
  proposed: "proposed",
  tentative: "tentative",
  reserved: "reserved",
  disabled: "disabled",
  busy: "busy",
  running: "running",
  done: "done",
  failed: "failed",
  gone: "no longer in the plan",
};

/** Returns an item's state in words. */
export const stateOf = (item: Item): string => (item.locked ? `${STATES[item.state]}, locked` : STATES[item.state]);

/** Returns an item's title as its reader may know it. */
export const titleOf = (item: Item): string => (item.state === "busy" ? "Busy" : item.title);

/** Returns one line that says an item, as a screen reader reads it. */
export function sentenceOf(item: Item, lane: string): string {
  const agency = item.agency ? `, ${item.agency}` : "";
  const span = `${spanOf(item.startMs, item.endMs)} UTC, ${durationOf(item.endMs - item.startMs)}`;
  return `${titleOf(item)}${agency}, ${lane}, ${span}, ${stateOf(item)}`;
}

/** Shows beside the pointer what it is on. */
export class Tip {
  readonly element = make("div", { class: "tip", hidden: "" });

  /** Shows what a hit is on, or nothing where it is on nothing that has a name. */
  show(hit: Hit | null, x: number, y: number, surface: { width: number; height: number }): void {
    const lines = hit?.item ? linesOfItem(hit.item) : hit?.cluster.length ? linesOfCluster(hit.cluster) : [];
    this.element.hidden = !lines.length;
    if (!lines.length) return;
    this.element.replaceChildren(...lines);
    const { offsetWidth, offsetHeight } = this.element;
    this.element.style.left = `${Math.max(4, Math.min(x + 14, surface.width - offsetWidth - 4))}px`;
    const below = y + 16 + offsetHeight < surface.height;
    this.element.style.top = `${Math.max(4, below ? y + 16 : y - offsetHeight - 12)}px`;
  }
}

function linesOfItem(item: Item): Node[] {
  const length = durationOf(item.endMs - item.startMs);
  const facts = item.facts.map(([name, value]) => make("div", {}, `${name}: ${value}`));
  const who = item.agency ? `${item.agency}, ${stateOf(item)}` : stateOf(item);
  return [
    make("b", {}, titleOf(item)),
    make("div", {}, `${spanOf(item.startMs, item.endMs)}, ${length}`),
    make("div", {}, who),
    ...facts,
  ];
}

function linesOfCluster(items: readonly Item[]): Node[] {
  const shown = items
    .slice(0, 6)
    .map((item) => make("div", {}, `${titleOf(item)}, ${spanOf(item.startMs, item.endMs)}`));
  const rest = items.length > 6 ? [make("div", {}, `and ${items.length - 6} more`)] : [];
  return [make("b", {}, `${items.length} items; zoom in to see each`), ...shown, ...rest];
}
