import { lowerBound } from "../data/search.ts";
import { toPx } from "../time/scale.ts";
import { isDetailed } from "../time/ticks.ts";
import { type Brush, eachLane, face, type Scene } from "./surface.ts";

/** Draws the asset's path: level at the foot of the lane where it stays, slanted while it drives. */
export function paintPath(brush: Brush, scene: Scene): void {
  const { prepared, scale, theme } = scene;
  const { path } = prepared.document;
  if (!path.length) return;
  const foot = new Map<string, number>();
  for (const placed of scene.layout.scrolling) {
    if (placed.lane) foot.set(placed.lane.id, placed.topPx + placed.heightPx - 2.5);
  }
  brush.save();
  brush.beginPath();
  const { layout } = scene;
  brush.rect(scale.leftPx, 40, scale.widthPx, layout.windowPx);
  brush.clip();
  brush.strokeStyle = theme.here_path;
  brush.lineWidth = 1.25;
  brush.lineJoin = "round";
  brush.beginPath();
  const ends = path.map((stay) => stay.endMs);
  let begun = false;
  for (let at = Math.max(0, lowerBound(ends, scale.startMs) - 1); at < path.length; at++) {
    const stay = path[at];
    const level = stay && foot.get(stay.laneId);
    if (!stay || level === undefined) continue;
    const y = 40 + level - scene.scrollPx;
    const [left, right] = [toPx(scale, stay.startMs), toPx(scale, stay.endMs)];
    if (begun) brush.lineTo(left, y);
    else brush.moveTo(left, y);
    begun = true;
    brush.lineTo(right, y);
    if (stay.startMs > scale.endMs) break;
  }
  brush.stroke();
  brush.restore();
}

/** Draws beside each drive where it goes, where there is room. */
export function paintDestinations(brush: Brush, scene: Scene): void {
  const { scale, theme } = scene;
  if (!isDetailed(scale)) return;
  face(brush, theme);
  brush.textBaseline = "middle";
  eachLane(brush, scene, "lanes", (placed, top) => {
    if (placed.lane?.kind !== "bars" || placed.lane.role !== "drive") return;
    const { items } = placed.lane;
    items.forEach((item, at) => {
      const left = toPx(scale, item.endMs) + 5;
      const next = items[at + 1];
      const room = (next ? toPx(scale, next.startMs) : scale.leftPx + scale.widthPx) - left - 6;
      if (item.endMs < scale.startMs || item.startMs > scale.endMs) return;
      if (brush.measureText(item.title).width > room) return;
      brush.fillStyle = theme.ink2;
      brush.fillText(item.title, left, top + placed.heightPx / 2);
    });
  });
}
