import { type BandRow, bandRows } from "../data/bands.ts";
import { Pyramid } from "../data/pyramid.ts";
import { type Stack, type StackingMeasure, stackItems } from "../data/stacking.ts";
import type { BarLane, Curve, Item, Lane, TimelineDocument } from "../model.ts";
import { pxPerMs, type TimeScale } from "../time/scale.ts";
import { isDetailed } from "../time/ticks.ts";
import type { TimelineView } from "../view.ts";

export const LEAST_BAR_PX = 3;
const MOST_ROWS = 12;
const MOST_LABELLED_ROWS = 5;
const KEPT_STACKS = 6;

/** A document with what drawing it again and again needs: sorted bands, stacks by zoom, pyramids of curves. */
export class Prepared {
  readonly bands = new Map<string, BandRow[]>();
  readonly pyramids = new Map<Curve, Pyramid>();
  readonly shown = new Map<string, Item[]>();
  readonly document: TimelineDocument;
  #stacks = new Map<number, Map<string, Stack>>();
  #labelPx: (item: Item) => number;

  constructor(document: TimelineDocument, view: TimelineView, labelPx: (item: Item) => number) {
    this.document = document;
    this.#labelPx = labelPx;
    for (const lane of lanesOf(document)) {
      this.bands.set(lane.id, bandRows(lane.bands));
      for (const curve of curvesOf(lane)) this.pyramids.set(curve, new Pyramid(curve.values));
      if (lane.kind === "bars")
        this.shown.set(
          lane.id,
          lane.items.filter((item) => isShown(item, view)),
        );
    }
  }

  /** Returns a lane's stack at a scale. Zooms close to each other share one, so that bars do not jump between rows. */
  stack(lane: BarLane, scale: TimeScale): Stack {
    const step = Math.round(Math.log2(pxPerMs(scale)) * 2) + (isDetailed(scale) ? 0.5 : 0);
    let stacks = this.#stacks.get(step);
    if (!stacks) {
      stacks = new Map();
      this.#stacks.set(step, stacks);
      if (this.#stacks.size > KEPT_STACKS) this.#stacks.delete(this.#stacks.keys().next().value as number);
    }
    let stack = stacks.get(lane.id);
    if (!stack) {
      stack = stackItems(this.shown.get(lane.id) ?? [], this.#measure(step, isDetailed(scale), lane));
      stacks.set(lane.id, stack);
    }
    return stack;
  }

  #measure(step: number, detailed: boolean, lane: BarLane): StackingMeasure {
    const isOpen = lane.role === "place" || lane.role === "other";
    const labelled = detailed && isOpen;
    return {
      // The coarsest zoom that shares the stack, so that nothing touches at any of them.
      msPerPx: 1 / 2 ** ((Math.floor(step) - 0.5) / 2),
      leastWidthPx: LEAST_BAR_PX,
      labelPx: labelled ? this.#labelPx : () => 0,
      mostRows: isOpen ? MOST_ROWS : 1,
      mostLabelledRows: MOST_LABELLED_ROWS,
    };
  }
}

/** Returns all lanes of a document. */
export const lanesOf = (document: TimelineDocument): Lane[] => document.groups.flatMap((group) => group.lanes);

/** Returns a lane's curves. */
export function curvesOf(lane: Lane): Curve[] {
  if (lane.kind === "curve") return lane.curves;
  return lane.kind === "strip" && lane.curve ? [lane.curve] : [];
}

/** True where a view's agencies and search let an item through. */
export function isShown(item: Item, view: TimelineView): boolean {
  if (view.agencies.length && !(item.agency !== null && view.agencies.includes(item.agency))) return false;
  return !view.search || item.title.toLowerCase().includes(view.search.toLowerCase());
}
