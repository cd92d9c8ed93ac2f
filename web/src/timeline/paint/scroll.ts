import { AXIS_PX } from "../layout/lanes.ts";
import type { Brush, Scene } from "./surface.ts";

const WIDTH_PX = 4;
const LEAST_PX = 24;

/** Draws how much of the lanes is in sight, and which part, where not all are. */
export function paintScroll(brush: Brush, scene: Scene): void {
  const { layout, theme, scrollPx } = scene;
  const { contentPx, windowPx, widthPx } = layout;
  if (contentPx <= windowPx || windowPx <= LEAST_PX) return;
  const length = Math.max(LEAST_PX, (windowPx * windowPx) / contentPx);
  const top = AXIS_PX + ((windowPx - length) * scrollPx) / (contentPx - windowPx);
  brush.fillStyle = theme.ink3;
  brush.beginPath();
  brush.roundRect(widthPx - WIDTH_PX - 2, top + 2, WIDTH_PX, length - 4, WIDTH_PX / 2);
  brush.fill();
}
