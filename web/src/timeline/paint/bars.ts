import { visibleRange } from "../data/search.ts";
import type { Placed, Stack } from "../data/stacking.ts";
import type { PlacedLane } from "../layout/lanes.ts";
import { LEAST_BAR_PX } from "../layout/prepared.ts";
import type { BarLane, Item } from "../model.ts";
import { pxPerMs, toPx } from "../time/scale.ts";
import { isDetailed } from "../time/ticks.ts";
import { paintContact, paintDrive, paintItem } from "./shapes.ts";
import { type Brush, eachLane, face, fitted, type Scene } from "./surface.ts";

/** Place of a bar on the surface. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Returns where an item is drawn, with its least width. */
export function boxOf(scene: Scene, placed: PlacedLane, item: Item, row: number, laneTop: number): Box {
  const left = toPx(scene.scale, item.startMs);
  const width = Math.max(LEAST_BAR_PX, (item.endMs - item.startMs) * pxPerMs(scene.scale));
  return { left, width, ...rowBox(placed, row, laneTop) };
}

/** Returns top and height of a row in a lane. */
export function rowBox(placed: PlacedLane, row: number, laneTop: number): { top: number; height: number } {
  const height = Math.max(4, placed.rowPx - 2);
  const single = placed.lane?.kind === "bars" && placed.lane.role !== "place" && placed.lane.role !== "other";
  return {
    top: single ? laneTop + Math.floor((placed.heightPx - height) / 2) : laneTop + 2 + row * placed.rowPx,
    height,
  };
}

/** Draws the bars of all lanes that are in sight, then their titles, so that no bar hides a title. */
export function paintBars(brush: Brush, scene: Scene): void {
  eachLane(brush, scene, "lanes", (placed, top) => {
    if (placed.lane?.kind !== "bars") return;
    const stack = scene.prepared.stack(placed.lane, scene.scale);
    const shown = visiblePlaced(scene, stack);
    for (const each of shown) paintOne(brush, scene, each.item, boxOf(scene, placed, each.item, each.row, top));
    paintClusters(brush, scene, placed, stack, top);
    if (isDetailed(scene.scale)) paintLabels(brush, scene, placed, placed.lane, shown, top);
  });
}

function visiblePlaced(scene: Scene, stack: Stack): Placed[] {
  const { startMs, endMs } = scene.scale;
  const [from, to] = visibleRange(stack.index, startMs, endMs);
  const shown: Placed[] = [];
  for (let at = from; at < to; at++) {
    const placed = stack.placed[at];
    if (placed && placed.endMs > startMs) shown.push(placed);
  }
  return shown;
}

/** Draws one item as its shape and state ask. */
export function paintOne(brush: Brush, scene: Scene, item: Item, box: Box): void {
  if (item.shape === "drive") paintDrive(brush, scene, box);
  else if (item.shape === "contact") paintContact(brush, scene, item, box);
  else paintItem(brush, scene, item, box);
}

function paintClusters(brush: Brush, scene: Scene, placed: PlacedLane, stack: Stack, laneTop: number): void {
  const { theme, scale } = scene;
  const [from, to] = visibleRange(stack.clusterIndex, scale.startMs, scale.endMs);
  face(brush, theme);
  for (let at = from; at < to; at++) {
    const cluster = stack.clusters[at];
    if (!cluster) continue;
    const { top, height } = rowBox(placed, cluster.row, laneTop);
    const left = Math.max(scale.leftPx, toPx(scale, cluster.startMs));
    const width = Math.max(LEAST_BAR_PX, toPx(scale, cluster.endMs) - left);
    const [agency] = new Set(cluster.items.map((item) => item.agency));
    const isShared = cluster.items.every((item) => item.agency === agency);
    brush.fillStyle = isShared ? theme.agencyColour(agency ?? null) : theme.ink3;
    brush.fillRect(left, top, width, height);
    const text = `${cluster.items.length} more`;
    if (height < 11 || brush.measureText(text).width + 8 > width) continue;
    brush.fillStyle = theme.surface;
    brush.textBaseline = "middle";
    brush.fillText(text, left + 4, top + height / 2 + 0.5);
  }
}

function paintLabels(
  brush: Brush,
  scene: Scene,
  placed: PlacedLane,
  lane: BarLane,
  shown: Placed[],
  top: number,
): void {
  if (lane.role === "station") return;
  const { theme, scale } = scene;
  face(brush, theme);
  brush.textBaseline = "middle";
  brush.lineJoin = "round";
  for (const { item, row, labelOutside, labelled } of shown) {
    if (!labelled || item.state === "busy") continue;
    const box = boxOf(scene, placed, item, row, top);
    const middle = box.top + box.height / 2 + 0.5;
    // A bar that begins left of the view keeps its title in sight, as far as it is wide enough.
    const inside = Math.max(box.left, scale.leftPx) + 7 + (item.locked ? LOCK_PX : 0);
    const left = labelOutside ? box.left + box.width + 5 : inside;
    if (labelOutside && box.left + box.width < scale.leftPx) continue;
    const text = shortTitle(item);
    const endPx = labelOutside ? scale.leftPx + scale.widthPx : box.left + box.width;
    const shownText = fitted(brush, text, endPx - left - 4);
    if (labelOutside) {
      brush.strokeStyle = theme.surface;
      brush.lineWidth = 3;
      brush.globalAlpha = 0.8;
      brush.strokeText(shownText, left, middle);
      brush.globalAlpha = 1;
    }
    brush.fillStyle = item.state === "reserved" || item.state === "done" ? theme.surface : theme.ink;
    if (labelOutside) brush.fillStyle = theme.ink;
    brush.fillText(shownText, left, middle);
    if (item.state === "disabled" || item.state === "gone")
      strike(brush, left, middle, brush.measureText(shownText).width);
  }
}

function strike(brush: Brush, left: number, middle: number, width: number): void {
  brush.fillRect(left, Math.round(middle) - 1, width, 1);
}

/** Room of the lock before a title. */
export const LOCK_PX = 10;

/** Returns the part of a title before its comma. */
export const shortTitle = (item: Item): string => (item.title.split(",", 1)[0] ?? item.title).trim();
