import type { Layout, PlacedLane } from "../layout/lanes.ts";
import { AXIS_PX } from "../layout/lanes.ts";
import type { Prepared } from "../layout/prepared.ts";
import type { Theme } from "../theme.ts";
import type { TimeScale } from "../time/scale.ts";
import type { TimelineView } from "../view.ts";

/** Everything that is drawn from. */
export interface Scene {
  prepared: Prepared;
  view: TimelineView;
  scale: TimeScale;
  layout: Layout;
  theme: Theme;
  scrollPx: number;
}

export type Brush = CanvasRenderingContext2D;

export const FONT_PX = 11;

/** Sets the face of text; weights are 400 and 600. */
export function face(brush: Brush, theme: Theme, weight: 400 | 600 = 400, px = FONT_PX): void {
  brush.font = `${weight} ${px}px ${theme.family}`;
}

/** Returns where a lane's top is on the surface. */
export const topOf = (scene: Scene, placed: PlacedLane, scrolls: boolean): number =>
  scrolls ? AXIS_PX + placed.topPx - scene.scrollPx : placed.topPx;

/** Calls `paint` for every lane that is in sight, those that scroll clipped to their window. */
export function eachLane(
  brush: Brush,
  scene: Scene,
  clip: "lanes" | "whole",
  paint: (placed: PlacedLane, topPx: number) => void,
): void {
  const { layout, scale } = scene;
  const left = clip === "lanes" ? scale.leftPx : 0;
  const width = clip === "lanes" ? scale.widthPx : layout.widthPx;
  const parts: [PlacedLane[], boolean, number, number][] = [
    [layout.scrolling, true, AXIS_PX, layout.windowPx],
    [layout.fixed, false, layout.fixedTopPx, layout.navigatorTopPx - layout.fixedTopPx],
  ];
  for (const [lanes, scrolls, top, height] of parts) {
    brush.save();
    brush.beginPath();
    brush.rect(left, top, width, height);
    brush.clip();
    for (const placed of lanes) {
      const laneTop = topOf(scene, placed, scrolls);
      if (laneTop < top + height && laneTop + placed.heightPx > top) paint(placed, laneTop);
    }
    brush.restore();
  }
}

/** Draws a horizontal or vertical line of one device-independent pixel. */
export function hairline(brush: Brush, x1: number, y1: number, x2: number, y2: number): void {
  brush.beginPath();
  brush.moveTo(Math.round(x1) + (x1 === x2 ? 0.5 : 0), Math.round(y1) + (y1 === y2 ? 0.5 : 0));
  brush.lineTo(Math.round(x2) + (x1 === x2 ? 0.5 : 0), Math.round(y2) + (y1 === y2 ? 0.5 : 0));
  brush.stroke();
}

/** Returns a text cut with an ellipsis to a width. */
export function fitted(brush: Brush, text: string, widthPx: number): string {
  if (brush.measureText(text).width <= widthPx) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (brush.measureText(`${text.slice(0, middle)}…`).width <= widthPx) low = middle;
    else high = middle - 1;
  }
  // Half of a surrogate pair is no letter.
  const end = low > 0 && /[\uD800-\uDBFF]/.test(text[low - 1] ?? "") ? low - 1 : low;
  return end > 0 ? `${text.slice(0, end).trimEnd()}…` : "";
}

const patterns = new Map<string, CanvasPattern>();

/** Returns lines at 45 degrees, or crossed, as a fill. */
export function hatch(brush: Brush, colour: string, crossed = false): CanvasPattern | string {
  const key = `${colour}${crossed}`;
  const known = patterns.get(key);
  if (known) return known;
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const own = tile.getContext("2d");
  if (!own) return colour;
  own.strokeStyle = colour;
  own.lineWidth = 1;
  own.beginPath();
  for (const offset of [-6, 0, 6]) {
    own.moveTo(offset, 6);
    own.lineTo(offset + 6, 0);
    if (crossed) {
      own.moveTo(offset, 0);
      own.lineTo(offset + 6, 6);
    }
  }
  own.stroke();
  const made = brush.createPattern(tile, "repeat");
  if (!made) return colour;
  patterns.set(key, made);
  return made;
}
