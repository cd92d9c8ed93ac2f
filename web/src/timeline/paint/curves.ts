import { decimate, type LineSink } from "../data/decimation.ts";
import { lowerBound } from "../data/search.ts";
import type { Curve } from "../model.ts";
import type { Theme } from "../theme.ts";
import { quantityOf } from "../time/format.ts";
import { type TimeScale, toPx } from "../time/scale.ts";
import { curveTop } from "./gutter.ts";
import { type Brush, eachLane, face, hairline, type Scene } from "./surface.ts";

const PAD_PX = 5;
const EARTH_AND_SUN_SPAN_DEG = 4;

/** Vertical scale of a lane of curves. */
export interface ValueScale {
  bottom: number;
  top: number;
  bottomPx: number;
  topPx: number;
}

export const valueToPx = (scale: ValueScale, value: number): number =>
  scale.bottomPx + ((value - scale.bottom) / (scale.top - scale.bottom)) * (scale.topPx - scale.bottomPx);

/** Draws all courses with their floors and capacities. */
export function paintCurves(brush: Brush, scene: Scene): void {
  eachLane(brush, scene, "lanes", (placed, top) => {
    const { lane, heightPx } = placed;
    if (lane?.kind === "strip" && lane.curve) paintOn(brush, scene, lane.curve, stripScale(top, heightPx));
    if (lane?.kind !== "curve") return;
    const values = curveScale(lane.curves, top, heightPx);
    for (const curve of lane.curves) {
      paintOn(brush, scene, curve, values);
      paintLimits(brush, scene, curve, values, top);
    }
  });
}

/** Returns the vertical scale of a lane's courses. */
export const curveScale = (curves: readonly Curve[], top: number, heightPx: number): ValueScale => ({
  bottom: 0,
  top: curveTop(curves),
  bottomPx: top + heightPx - PAD_PX,
  topPx: top + PAD_PX,
});

/** An elevation moves a few degrees about the horizon, which is at the middle. */
export const stripScale = (top: number, heightPx: number): ValueScale => ({
  bottom: -EARTH_AND_SUN_SPAN_DEG,
  top: EARTH_AND_SUN_SPAN_DEG,
  bottomPx: top + heightPx,
  topPx: top,
});

function paintOn(brush: Brush, scene: Scene, curve: Curve, values: ValueScale): void {
  const { scale, theme, prepared } = scene;
  const pyramid = prepared.pyramids.get(curve);
  if (!pyramid || !curve.timesMs.length) return;
  const pen = new Pen(scale, values);
  decimate(curve.timesMs, curve.values, pyramid, scale.startMs, scale.endMs, Math.ceil(scale.widthPx), pen);
  if (curve.look === "filled" || curve.look === "sun") fillUnder(brush, scene, curve, values, pen);
  brush.strokeStyle = colourOf(curve, theme);
  brush.lineWidth = curve.look === "dashed" ? 1.2 : 1.4;
  brush.setLineDash(curve.look === "dashed" ? [3, 2] : []);
  brush.lineJoin = "round";
  brush.stroke(pen.path);
  brush.setLineDash([]);
}

function fillUnder(brush: Brush, scene: Scene, curve: Curve, values: ValueScale, pen: Pen): void {
  if (values.bottom < 0 || !pen.begun) return;
  const area = new Path2D(pen.path);
  area.lineTo(pen.lastPx, values.bottomPx);
  area.lineTo(pen.firstPx, values.bottomPx);
  area.closePath();
  brush.fillStyle = curve.look === "sun" ? scene.theme.sun_ground : scene.theme.grid_minor;
  brush.fill(area);
}

function colourOf(curve: Curve, theme: Theme): string {
  if (curve.look === "sun") return theme.sun;
  return curve.look === "earth" ? theme.earth : theme.ink;
}

/** Draws a course as a path. */
class Pen implements LineSink {
  readonly path = new Path2D();
  begun = false;
  firstPx = 0;
  lastPx = 0;
  #down = false;
  readonly #values: ValueScale;
  readonly #scale: TimeScale;

  constructor(scale: TimeScale, values: ValueScale) {
    this.#scale = scale;
    this.#values = values;
  }

  point(ms: number, value: number): void {
    const x = toPx(this.#scale, ms);
    const y = valueToPx(this.#values, value);
    if (this.#down) this.path.lineTo(x, y);
    else this.path.moveTo(x, y);
    if (!this.begun) this.firstPx = x;
    this.lastPx = x;
    this.#down = this.begun = true;
  }

  breakLine(): void {
    this.#down = false;
  }
}

function paintLimits(brush: Brush, scene: Scene, curve: Curve, values: ValueScale, top: number): void {
  const { scale, theme } = scene;
  const right = scale.leftPx + scale.widthPx;
  if (curve.floor !== null && curve.floor > 0) {
    const y = valueToPx(values, curve.floor);
    brush.fillStyle = `${theme.bad}12`;
    brush.fillRect(scale.leftPx, y, scale.widthPx, values.bottomPx + PAD_PX - y);
    limit(brush, theme, scale.leftPx, right, y);
    paintLowest(brush, scene, curve, values, top);
  }
  if (curve.capacity !== null && curve.floor === null) {
    limit(brush, theme, scale.leftPx, right, valueToPx(values, curve.capacity));
  }
}

function limit(brush: Brush, theme: Theme, left: number, right: number, y: number): void {
  brush.strokeStyle = theme.bad;
  brush.lineWidth = 1;
  brush.setLineDash([4, 3]);
  hairline(brush, left, y, right, y);
  brush.setLineDash([]);
}

/** The lowest point in the view gets a ring and its value. */
function paintLowest(brush: Brush, scene: Scene, curve: Curve, values: ValueScale, top: number): void {
  const { scale, theme } = scene;
  const at = lowestIn(curve, scale);
  if (at < 0) return;
  const x = toPx(scale, curve.timesMs[at] as number);
  const value = curve.values[at] as number;
  const y = valueToPx(values, value);
  ring(brush, theme, x, y);
  face(brush, theme, 600);
  const text = quantityOf(value, curve.unit);
  const width = brush.measureText(text).width;
  const left = x - width - 9 < scale.leftPx ? x + 8 : x - width - 8;
  brush.textBaseline = "middle";
  brush.strokeStyle = theme.surface;
  brush.lineWidth = 3;
  const middle = Math.max(top + 8, y);
  brush.strokeText(text, left, middle);
  brush.fillStyle = theme.ink;
  brush.fillText(text, left, middle);
}

/** Draws a small ring. */
export function ring(brush: Brush, theme: Theme, x: number, y: number): void {
  brush.beginPath();
  brush.arc(x, y, 3, 0, 2 * Math.PI);
  brush.fillStyle = theme.surface;
  brush.fill();
  brush.strokeStyle = theme.ink;
  brush.lineWidth = 1.5;
  brush.stroke();
}

const lowest = new WeakMap<Curve, { startMs: number; endMs: number; at: number }>();

/** Returns the index of a course's lowest sample in a span; -1 where it has none there. */
export function lowestIn(curve: Curve, scale: TimeScale): number {
  const known = lowest.get(curve);
  if (known && known.startMs === scale.startMs && known.endMs === scale.endMs) return known.at;
  let at = -1;
  const last = lowerBound(curve.timesMs, scale.endMs);
  for (let index = lowerBound(curve.timesMs, scale.startMs); index < last; index++) {
    if (at < 0 || (curve.values[index] as number) < (curve.values[at] as number)) at = index;
  }
  lowest.set(curve, { startMs: scale.startMs, endMs: scale.endMs, at });
  return at;
}
