import { visibleRange } from "../data/search.ts";
import { AXIS_PX, type PlacedLane } from "../layout/lanes.ts";
import { LEAST_BAR_PX } from "../layout/prepared.ts";
import type { BarLane, Item } from "../model.ts";
import { rowBox } from "../paint/bars.ts";
import { type Scene, topOf } from "../paint/surface.ts";
import { pxPerMs, toMs } from "../time/scale.ts";

/** What is at a point of the surface. */
export interface Hit {
  region: "axis" | "lanes" | "navigator" | "gutter";
  lane: PlacedLane | null;
  item: Item | null;
  /** Items drawn as one because there was no room. */
  cluster: Item[];
  /** Side of the item, where a drag resizes. */
  edge: "start" | "end" | null;
  ms: number;
}

const SLACK_PX = 2;
const EDGE_PX = 5;

/** Returns what is at a point: the lane by its place, the item by binary search in the lane's row. */
export function hitAt(scene: Scene, x: number, y: number): Hit {
  const ms = toMs(scene.scale, x);
  const none = { lane: null, item: null, cluster: [], edge: null, ms };
  if (y >= scene.layout.navigatorTopPx) return { ...none, region: "navigator" };
  if (y < AXIS_PX) return { ...none, region: "axis" };
  const lane = laneAt(scene, y);
  if (x < scene.scale.leftPx) return { ...none, region: "gutter", lane };
  if (lane?.lane?.kind !== "bars") return { ...none, region: "lanes", lane };
  return { ...none, region: "lanes", lane, ...itemAt(scene, lane, lane.lane, x, y) };
}

function laneAt(scene: Scene, y: number): PlacedLane | null {
  const { layout } = scene;
  const scrolls = y < AXIS_PX + layout.windowPx;
  const lanes = scrolls ? layout.scrolling : layout.fixed;
  return (
    lanes.find((placed) => y >= topOf(scene, placed, scrolls) && y < topOf(scene, placed, scrolls) + placed.heightPx) ??
    null
  );
}

function itemAt(scene: Scene, placed: PlacedLane, lane: BarLane, x: number, y: number): Partial<Hit> {
  const { scale, prepared } = scene;
  const scrolls = y < AXIS_PX + scene.layout.windowPx;
  const laneTop = topOf(scene, placed, scrolls);
  const stack = prepared.stack(lane, scale);
  const msPerPx = 1 / pxPerMs(scale);
  const fromMs = toMs(scale, x - SLACK_PX);
  const toMsRight = toMs(scale, x + SLACK_PX);
  const inRow = (row: number): boolean => {
    const box = rowBox(placed, row, laneTop);
    return y >= box.top - SLACK_PX && y <= box.top + box.height + SLACK_PX;
  };
  const [from, to] = visibleRange(stack.index, fromMs, toMsRight);
  let best: Item | null = null;
  for (let at = from; at < to; at++) {
    const each = stack.placed[at];
    if (!each || !inRow(each.row)) continue;
    const endMs = Math.max(each.item.endMs, each.item.startMs + LEAST_BAR_PX * msPerPx);
    if (endMs >= fromMs && each.item.startMs <= toMsRight) best = each.item;
  }
  if (best) return { item: best, edge: edgeAt(scene, best, x) };
  const [first, last] = visibleRange(stack.clusterIndex, fromMs, toMsRight);
  const cluster = stack.clusters.slice(first, last).find((each) => inRow(each.row) && each.endMs >= fromMs);
  return { cluster: cluster?.items ?? [] };
}

function edgeAt(scene: Scene, item: Item, x: number): Hit["edge"] {
  const width = (item.endMs - item.startMs) * pxPerMs(scene.scale);
  if (width < 4 * EDGE_PX) return null;
  const from = (item.startMs - scene.scale.startMs) * pxPerMs(scene.scale) + scene.scale.leftPx;
  if (x - from < EDGE_PX) return "start";
  return from + width - x < EDGE_PX ? "end" : null;
}
