import type { PlacedLane } from "../layout/lanes.ts";
import type { Curve } from "../model.ts";
import { quantityOf } from "../time/format.ts";
import { type Brush, eachLane, face, fitted, type Scene } from "./surface.ts";

const LEFT_PX = 16;
const SWATCH_PX = 8;

/** Draws the names of groups and lanes at the left, totals and ends of scales at the right. */
export function paintGutter(brush: Brush, scene: Scene): void {
  brush.textBaseline = "middle";
  eachLane(brush, scene, "whole", (placed, top) => {
    if (placed.lane === null) paintHead(brush, scene, placed, top);
    else paintLane(brush, scene, placed, top);
    paintMargin(brush, scene, placed, top);
  });
}

function paintHead(brush: Brush, scene: Scene, placed: PlacedLane, top: number): void {
  const { theme, layout } = scene;
  const middle = top + placed.heightPx / 2;
  face(brush, theme, 600);
  brush.fillStyle = theme.ink;
  brush.fillText(placed.group.title, LEFT_PX, middle);
  const left = LEFT_PX + brush.measureText(placed.group.title).width + 8;
  face(brush, theme);
  brush.fillStyle = theme.ink3;
  brush.fillText(fitted(brush, placed.group.note, layout.widthPx - layout.marginPx - left - 8), left, middle);
}

function paintLane(brush: Brush, scene: Scene, placed: PlacedLane, top: number): void {
  const { theme, layout } = scene;
  const lane = placed.lane;
  if (!lane) return;
  const isCurve = lane.kind === "curve";
  const middle = isCurve ? top + 12 : top + placed.heightPx / 2;
  let left = LEFT_PX;
  if (lane.agency !== null) {
    brush.fillStyle = theme.agencyColour(lane.agency);
    brush.fillRect(left, middle - SWATCH_PX / 2, SWATCH_PX, SWATCH_PX);
    left += SWATCH_PX + 6;
  }
  face(brush, theme);
  const besides = layout.gutterPx >= 124 && !isCurve && lane.kind !== "strip" ? lane.note : "";
  const besidesPx = besides ? brush.measureText(besides).width + 8 : 0;
  // A title that would be cut is worth more than what stands beside it.
  const note = left + brush.measureText(lane.title).width + besidesPx + 12 <= layout.gutterPx ? besides : "";
  brush.fillStyle = theme.ink2;
  // A lane whose curve has its value here keeps room for it.
  const valueRoom = (isCurve || lane.kind === "strip") && layout.gutterPx >= 124 ? 54 : 0;
  brush.fillText(fitted(brush, lane.title, layout.gutterPx - left - 12 - (note ? besidesPx : valueRoom)), left, middle);
  if (note) {
    brush.fillStyle = theme.ink3;
    brush.textAlign = "right";
    brush.fillText(note, layout.gutterPx - 12, middle);
    brush.textAlign = "left";
  }
  if (isCurve && placed.heightPx >= 30 && lane.note) {
    brush.fillStyle = theme.ink3;
    brush.fillText(fitted(brush, lane.note, layout.gutterPx - left - 70), left, middle + 14);
  }
}

function paintMargin(brush: Brush, scene: Scene, placed: PlacedLane, top: number): void {
  const { theme, layout } = scene;
  if (!layout.marginPx) return;
  const left = layout.widthPx - layout.marginPx + 6;
  const room = layout.marginPx - 8;
  face(brush, theme);
  brush.fillStyle = theme.ink3;
  const lane = placed.lane;
  if (lane?.kind !== "curve") {
    const text = lane ? lane.total : placed.group.unit;
    brush.fillText(fitted(brush, text, room), left, top + placed.heightPx / 2);
    return;
  }
  const curve = lane.curves[0];
  if (curve) paintScaleEnds(brush, scene, lane.curves, curve, { left, room, top, height: placed.heightPx });
}

/** Writes top and floor of a lane's axis, without the unit where that has no room. */
function paintScaleEnds(
  brush: Brush,
  scene: Scene,
  curves: readonly Curve[],
  curve: Curve,
  box: { left: number; room: number; top: number; height: number },
): void {
  const { theme } = scene;
  const write = (value: number, middle: number): void => {
    const whole = quantityOf(value, curve.unit);
    const shown = brush.measureText(whole).width <= box.room ? whole : (whole.split(" ")[0] ?? whole);
    brush.fillText(fitted(brush, shown, box.room), box.left, middle);
  };
  const top = curveTop(curves);
  brush.fillStyle = curve.capacity !== null && curve.floor === null ? theme.bad : theme.ink3;
  write(top, box.top + 9);
  if (curve.floor !== null && curve.floor > 0 && box.height >= 40) {
    brush.fillStyle = theme.bad;
    const middle = box.top + box.height - 5 - (curve.floor / top) * (box.height - 10);
    write(curve.floor, Math.min(box.top + box.height - 7, Math.max(box.top + 22, middle)));
  } else if (box.height >= 30) {
    brush.fillStyle = theme.ink3;
    brush.fillText("0", box.left, box.top + box.height - 8);
  }
}

/** Returns the value at the top of a lane's axis. */
export function curveTop(curves: readonly { values: ArrayLike<number>; capacity: number | null }[]): number {
  let most = 0;
  for (const curve of curves) {
    if (curve.capacity !== null) most = Math.max(most, curve.capacity);
    most = Math.max(most, extremeOf(curve.values));
  }
  return most || 1;
}

const extremes = new WeakMap<object, number>();

function extremeOf(values: ArrayLike<number>): number {
  const known = extremes.get(values);
  if (known !== undefined) return known;
  let most = 0;
  for (let at = 0; at < values.length; at++) if ((values[at] as number) > most) most = values[at] as number;
  extremes.set(values, most);
  return most;
}
