import { visibleRange } from "../data/search.ts";
import type { BarLane, Lane, LaneGroup, TimelineDocument } from "../model.ts";
import type { TimeScale } from "../time/scale.ts";
import { isDetailed } from "../time/ticks.ts";
import type { TimelineView } from "../view.ts";
import type { Prepared } from "./prepared.ts";

export const AXIS_PX = 40;
export const NAVIGATOR_PX = 52;
export const HEAD_PX = 19;

/** Lane or head of a group at its place; the top is that of the unscrolled content. */
export interface PlacedLane {
  group: LaneGroup;
  /** Null for the head of the group. */
  lane: Lane | null;
  topPx: number;
  heightPx: number;
  rowPx: number;
}

/** Where everything is on the surface, in pixels. */
export interface Layout {
  widthPx: number;
  heightPx: number;
  gutterPx: number;
  marginPx: number;
  /** Lanes that scroll, and the curves that stay under them. */
  scrolling: PlacedLane[];
  fixed: PlacedLane[];
  /** Height of the scrolling content, and of the part of the surface that shows it. */
  contentPx: number;
  windowPx: number;
  fixedTopPx: number;
  navigatorTopPx: number;
}

/** Returns left gutter and right margin for a width. */
export function sidesOf(widthPx: number): { gutterPx: number; marginPx: number } {
  if (widthPx < 480) return { gutterPx: 92, marginPx: 0 };
  if (widthPx < 640) return { gutterPx: 124, marginPx: 44 };
  return { gutterPx: widthPx > 1250 ? 196 : 164, marginPx: 60 };
}

/** Returns the height that shows all lanes without scrolling. */
export function wholeHeight(prepared: Prepared, view: TimelineView, scale: TimeScale): number {
  const lanes = place(prepared, view, scale, 0);
  return AXIS_PX + sum([...lanes.scrolling, ...lanes.fixed]) + NAVIGATOR_PX;
}

/** Returns the layout for a size; what does not fit scrolls, curves give way first. */
export function layoutOf(
  prepared: Prepared,
  view: TimelineView,
  scale: TimeScale,
  widthPx: number,
  heightPx: number,
): Layout {
  const room = heightPx - AXIS_PX - NAVIGATOR_PX;
  let { scrolling, fixed } = place(prepared, view, scale, 0);
  if (sum(scrolling) + sum(fixed) > room) ({ scrolling, fixed } = place(prepared, view, scale, 1));
  stretch(scrolling, fixed, Math.max(0, room - sum(scrolling) - sum(fixed)));
  // On a low surface the curves scroll with the rest: lanes that cannot be seen help nobody.
  if (sum(fixed) > room * 0.6) {
    scrolling = [...scrolling, ...fixed];
    fixed = [];
  }
  const contentPx = stacked(scrolling, 0);
  const windowPx = Math.max(0, Math.min(contentPx, room - sum(fixed)));
  const fixedTopPx = AXIS_PX + windowPx;
  const navigatorTopPx = stacked(fixed, fixedTopPx);
  return { widthPx, heightPx, ...sidesOf(widthPx), scrolling, fixed, contentPx, windowPx, fixedTopPx, navigatorTopPx };
}

/** Spare height: up to 10 px for each lane of places, the rest for the curves, the first twice. */
function stretch(scrolling: PlacedLane[], fixed: PlacedLane[], sparePx: number): void {
  const places = scrolling.filter((placed) => placed.lane?.kind === "bars" && placed.lane.role !== "drive");
  const each = places.length ? Math.min(10, Math.floor((0.55 * sparePx) / places.length)) : 0;
  for (const placed of places) placed.heightPx += each;
  const curves = fixed.filter((placed) => placed.lane?.kind === "curve");
  const rest = Math.min(sparePx - each * places.length, 60 * curves.length);
  curves.forEach((placed, at) => {
    placed.heightPx += Math.floor((rest * (at === 0 ? 2 : 1)) / (curves.length + 1));
  });
}

function place(
  prepared: Prepared,
  view: TimelineView,
  scale: TimeScale,
  squeeze: 0 | 1,
): Pick<Layout, "scrolling" | "fixed"> {
  const scrolling: PlacedLane[] = [];
  const fixed: PlacedLane[] = [];
  const hidden = new Set(view.hiddenLanes);
  for (const group of (prepared.document as TimelineDocument).groups) {
    const lanes = group.lanes.filter((lane) => !hidden.has(lane.id));
    if (!lanes.length) continue;
    const into = lanes.every((lane) => lane.kind === "curve") ? fixed : scrolling;
    if (group.title) into.push({ group, lane: null, topPx: 0, heightPx: HEAD_PX, rowPx: 0 });
    lanes.forEach((lane, at) => {
      into.push({ group, lane, topPx: 0, ...sizeOf(prepared, lane, scale, squeeze, at === 0) });
    });
  }
  return { scrolling, fixed };
}

function sizeOf(
  prepared: Prepared,
  lane: Lane,
  scale: TimeScale,
  squeeze: 0 | 1,
  first: boolean,
): { heightPx: number; rowPx: number } {
  if (lane.kind === "strip") return { heightPx: lane.curve ? 22 : 14, rowPx: 0 };
  if (lane.kind === "curve") return { heightPx: squeeze ? (first ? 46 : 32) : first ? 68 : 44, rowPx: 0 };
  const detailed = isDetailed(scale);
  if (lane.role === "drive") return { heightPx: detailed ? 18 : 16, rowPx: detailed ? 15 : 13 };
  if (lane.role === "station") return { heightPx: squeeze ? 12 : 14, rowPx: squeeze ? 10 : 12 };
  const rowPx = detailed ? 15 : squeeze ? 5 : 7;
  const rows = visibleRows(prepared, lane, scale);
  return { heightPx: Math.max(detailed ? 14 : 16, rows * rowPx + 5), rowPx };
}

/** Returns how many rows of a lane are used in the view: a lane that shows nothing stays low. */
function visibleRows(prepared: Prepared, lane: BarLane, scale: TimeScale): number {
  const stack = prepared.stack(lane, scale);
  let rows = 0;
  const [from, to] = visibleRange(stack.index, scale.startMs, scale.endMs);
  for (let at = from; at < to && rows < stack.rows; at++) {
    const placed = stack.placed[at];
    if (placed && placed.endMs > scale.startMs) rows = Math.max(rows, placed.row + 1);
  }
  const [first, last] = visibleRange(stack.clusterIndex, scale.startMs, scale.endMs);
  return first < last ? stack.rows : rows;
}

function stacked(lanes: PlacedLane[], fromPx: number): number {
  let top = fromPx;
  for (const placed of lanes) {
    placed.topPx = top;
    top += placed.heightPx;
  }
  return top;
}

const sum = (lanes: readonly PlacedLane[]): number => lanes.reduce((total, placed) => total + placed.heightPx, 0);
