import type { Item } from "../model.ts";
import { type IntervalIndex, indexOfIntervals } from "./search.ts";

/** Item at its place in a lane. */
export interface Placed {
  item: Item;
  row: number;
  /** True where the title stands right of the bar. */
  labelOutside: boolean;
  labelled: boolean;
  startMs: number;
  endMs: number;
}

/** Items that would need more rows than a lane has, drawn as one with their number. */
export interface Cluster {
  items: Item[];
  row: number;
  startMs: number;
  endMs: number;
}

/** A lane's items in rows, none over another. */
export interface Stack {
  rows: number;
  placed: Placed[];
  index: IntervalIndex;
  clusters: Cluster[];
  clusterIndex: IntervalIndex;
}

/** How wide things are at a scale. */
export interface StackingMeasure {
  msPerPx: number;
  leastWidthPx: number;
  /** Width of a title in pixels; 0 where none is shown. */
  labelPx: (item: Item) => number;
  mostRows: number;
  mostLabelledRows: number;
}

const LABEL_PAD_PX = 12;
const OUTSIDE_GAP_PX = 5;

/**
 * Returns items in the first row that is free for them (interval colouring), in order of their starts.
 *
 * A bar takes at least its least width, and a title that does not fit takes its width at the bar's right. What finds no
 * row is gathered in clusters in a row of its own.
 */
export function stackItems(items: readonly Item[], measure: StackingMeasure): Stack {
  const sorted = [...items].sort((one, other) => one.startMs - other.startMs || other.endMs - one.endMs);
  const freeFromMs: number[] = [];
  const placed: Placed[] = [];
  const over: Item[] = [];
  for (const item of sorted) {
    const shape = occupied(item, measure);
    let row = freeFromMs.findIndex((free) => free <= item.startMs);
    if (row < 0) row = freeFromMs.length;
    if (row >= measure.mostRows) {
      over.push(item);
      continue;
    }
    const labelled = shape.labelled && row < measure.mostLabelledRows;
    const endMs = labelled ? shape.untilMs : shape.barUntilMs;
    freeFromMs[row] = endMs;
    placed.push({ item, row, labelOutside: shape.outside, labelled, startMs: item.startMs, endMs });
  }
  const clusters = gather(over, measure, freeFromMs.length);
  return {
    rows: freeFromMs.length + (clusters.length ? 1 : 0),
    placed,
    index: indexOfIntervals(placed),
    clusters,
    clusterIndex: indexOfIntervals(clusters),
  };
}

function occupied(
  item: Item,
  measure: StackingMeasure,
): { outside: boolean; labelled: boolean; untilMs: number; barUntilMs: number } {
  const barMs = Math.max(item.endMs - item.startMs, measure.leastWidthPx * measure.msPerPx);
  const barUntilMs = item.startMs + barMs + measure.msPerPx;
  const labelPx = measure.labelPx(item);
  const outside = labelPx + LABEL_PAD_PX > barMs / measure.msPerPx;
  const untilMs = outside ? barUntilMs + (labelPx + 2 * OUTSIDE_GAP_PX) * measure.msPerPx : barUntilMs;
  return { outside, labelled: labelPx > 0, untilMs, barUntilMs };
}

function gather(items: readonly Item[], measure: StackingMeasure, row: number): Cluster[] {
  const clusters: Cluster[] = [];
  const leastMs = measure.leastWidthPx * measure.msPerPx;
  for (const item of items) {
    const last = clusters.at(-1);
    const endMs = Math.max(item.endMs, item.startMs + leastMs);
    if (last && item.startMs <= last.endMs + measure.msPerPx) {
      last.items.push(item);
      last.endMs = Math.max(last.endMs, endMs);
    } else {
      clusters.push({ items: [item], row, startMs: item.startMs, endMs });
    }
  }
  return clusters;
}
