import { valueAt } from "../data/pyramid.ts";
import { AXIS_PX } from "../layout/lanes.ts";
import type { Curve, Item } from "../model.ts";
import { missionDayLabel, missionTimeOf, momentOf, quantityOf } from "../time/format.ts";
import { toPx } from "../time/scale.ts";
import { type Box, boxOf, paintOne } from "./bars.ts";
import { curveScale, ring, stripScale, valueToPx } from "./curves.ts";
import { outline } from "./shapes.ts";
import { type Brush, eachLane, face, fitted, hairline, type Scene } from "./surface.ts";

/** An edit that is under way, or was proposed and is not decided. */
export interface Proposed {
  item: Item;
  laneId: string;
  startMs: number;
  endMs: number;
}

/** What changes without the plan: cursor, selection, edits. */
export interface Marks {
  cursorMs: number | null;
  /** The present, where it is told. */
  nowMs: number | null;
  selectedId: string | null;
  hoveredId: string | null;
  proposed: Proposed | null;
}

/** Draws cursor, values at the cursor, selection and edits, on a layer of their own. */
export function paintOverlay(brush: Brush, scene: Scene, marks: Marks, find: (id: string) => Found | null): void {
  if (marks.nowMs !== null) paintNow(brush, scene, marks.nowMs);
  if (marks.proposed) paintProposed(brush, scene, marks.proposed);
  for (const [id, width] of [
    [marks.hoveredId, 1],
    [marks.selectedId, 2],
  ] as const) {
    const found = id === null ? null : find(id);
    if (found) paintAround(brush, scene, found, width);
  }
  if (marks.cursorMs !== null) paintCursor(brush, scene, marks.cursorMs);
}

/** Item with its place. */
export interface Found {
  item: Item;
  laneId: string;
  row: number;
}

function paintAround(brush: Brush, scene: Scene, found: Found, width: number): void {
  eachLane(brush, scene, "lanes", (placed, top) => {
    if (placed.lane?.id !== found.laneId) return;
    const box = boxOf(scene, placed, found.item, found.row, top);
    outline(brush, scene.theme.ink, grown(box, 2), false, width);
  });
}

function paintProposed(brush: Brush, scene: Scene, proposed: Proposed): void {
  eachLane(brush, scene, "lanes", (placed, top) => {
    if (placed.lane?.id !== proposed.laneId) return;
    const shift = proposed.startMs - proposed.item.startMs;
    const steps = proposed.item.steps.map((step) => ({
      ...step,
      startMs: step.startMs + shift,
      endMs: step.endMs + shift,
    }));
    const moved = { ...proposed.item, startMs: proposed.startMs, endMs: proposed.endMs, steps };
    const box = boxOf(scene, placed, moved, 0, top);
    paintOne(brush, scene, moved, box);
    outline(brush, scene.theme.ink, grown(box, 1), false, 2);
  });
}

function paintNow(brush: Brush, scene: Scene, ms: number): void {
  const { scale, theme, layout } = scene;
  if (ms < scale.startMs || ms > scale.endMs) return;
  const x = toPx(scale, ms);
  brush.strokeStyle = theme.ink;
  brush.lineWidth = 2;
  hairline(brush, x, AXIS_PX - 6, x, layout.navigatorTopPx);
  face(brush, theme, 600);
  brush.fillStyle = theme.ink;
  brush.textBaseline = "middle";
  brush.fillText("now", x + 4, AXIS_PX + 6);
}

function paintCursor(brush: Brush, scene: Scene, ms: number): void {
  const { scale, theme, layout, prepared, view } = scene;
  if (ms < scale.startMs || ms > scale.endMs) return;
  const x = toPx(scale, ms);
  brush.strokeStyle = theme.ink;
  brush.lineWidth = 1;
  hairline(brush, x, AXIS_PX, x, layout.navigatorTopPx);
  paintValues(brush, scene, ms, x);
  const { dayZeroMs } = prepared.document;
  const utc = `${momentOf(ms)} · ${missionDayLabel(ms, dayZeroMs)}`;
  const text = view.mode === "utc" ? utc : `${missionTimeOf(ms, dayZeroMs)} · ${momentOf(ms)}`;
  face(brush, theme, 600);
  const width = brush.measureText(text).width + 12;
  const left = Math.min(layout.widthPx - width, Math.max(0, x - width / 2));
  brush.fillStyle = theme.ink;
  brush.beginPath();
  brush.roundRect(left, 21, width, 17, 4);
  brush.fill();
  brush.fillStyle = theme.surface;
  brush.textBaseline = "middle";
  brush.fillText(text, left + 6, 30);
}

function paintValues(brush: Brush, scene: Scene, ms: number, x: number): void {
  brush.textBaseline = "middle";
  eachLane(brush, scene, "whole", (placed, top) => {
    const { lane, heightPx } = placed;
    if (lane?.kind === "strip") {
      if (lane.curve) writeValue(brush, scene, lane.curve, ms, top + heightPx / 2);
      else if (lane.says) {
        const inside = lane.bands.some((band) => band.startMs <= ms && ms < band.endMs);
        write(brush, scene, lane.says[inside ? 0 : 1], top + heightPx / 2, 400);
      }
      mark(brush, scene, lane.curve, ms, x, stripScale(top, heightPx));
    }
    if (lane?.kind !== "curve") return;
    const values = curveScale(lane.curves, top, heightPx);
    lane.curves.forEach((curve, at) => {
      if (heightPx >= 12 + 14 * at) writeValue(brush, scene, curve, ms, top + 12 + 14 * at);
      mark(brush, scene, curve, ms, x, values);
    });
    const first = lane.curves[0];
    if (lane.note && lane.curves.length === 1 && first && heightPx >= 30) writeLeft(brush, scene, first, ms, top + 26);
  });
}

function mark(
  brush: Brush,
  scene: Scene,
  curve: Curve | null,
  ms: number,
  x: number,
  values: Parameters<typeof valueToPx>[0],
): void {
  const value = curve ? valueAt(curve.timesMs, curve.values, ms) : Number.NaN;
  if (Number.isFinite(value)) ring(brush, scene.theme, x, valueToPx(values, value));
}

function writeValue(brush: Brush, scene: Scene, curve: Curve, ms: number, middle: number): void {
  const value = valueAt(curve.timesMs, curve.values, ms);
  if (Number.isFinite(value)) write(brush, scene, quantityOf(value, curve.unit), middle, 600);
}

/** What is left to the floor, or free under the capacity. */
function writeLeft(brush: Brush, scene: Scene, curve: Curve, ms: number, middle: number): void {
  const value = valueAt(curve.timesMs, curve.values, ms);
  if (!Number.isFinite(value)) return;
  const left = curve.floor !== null ? value - curve.floor : curve.capacity !== null ? curve.capacity - value : null;
  if (left !== null) write(brush, scene, quantityOf(left, curve.unit), middle, 400);
}

function write(brush: Brush, scene: Scene, text: string, middle: number, weight: 400 | 600): void {
  const { theme, layout } = scene;
  if (layout.gutterPx < 124) return;
  face(brush, theme, weight);
  brush.fillStyle = weight === 600 ? theme.ink : theme.ink2;
  brush.textAlign = "right";
  brush.fillText(fitted(brush, text, layout.gutterPx / 2), layout.gutterPx - 12, middle);
  brush.textAlign = "left";
}

const grown = (box: Box, by: number): Box => ({
  left: box.left - by,
  top: box.top - by,
  width: box.width + 2 * by,
  height: box.height + 2 * by,
});
