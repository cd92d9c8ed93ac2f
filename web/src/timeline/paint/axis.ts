import { AXIS_PX } from "../layout/lanes.ts";
import { pxPerDay, toPx } from "../time/scale.ts";
import { type Ticks, ticksOf } from "../time/ticks.ts";
import { type Brush, face, hairline, type Scene } from "./surface.ts";

/** Draws the two rows of dates, and full-height lines through all lanes. */
export function paintAxis(brush: Brush, scene: Scene): void {
  const { layout, theme, scale, view } = scene;
  const ticks = ticksOf(scale, scene.prepared.document.dayZeroMs, view.mode);
  brush.save();
  brush.beginPath();
  brush.rect(scale.leftPx, 0, scale.widthPx + 1, layout.heightPx);
  brush.clip();
  paintLines(brush, scene, ticks);
  paintLabels(brush, scene, ticks);
  brush.restore();
  brush.fillStyle = theme.ink2;
  brush.textBaseline = "alphabetic";
  face(brush, theme, 600);
  brush.fillText(view.mode === "utc" ? "UTC" : "Mission day", 16, 16, layout.gutterPx - 20);
  face(brush, theme);
  brush.fillStyle = theme.ink3;
  const second = view.mode === "utc" ? (pxPerDay(scale) >= 60 ? "hour" : "mission day") : "UTC date";
  brush.fillText(second, 16, 32, layout.gutterPx - 20);
  brush.strokeStyle = theme.line2;
  hairline(brush, 0, AXIS_PX - 1, layout.widthPx, AXIS_PX - 1);
}

function paintLines(brush: Brush, scene: Scene, ticks: Ticks): void {
  const { theme, scale, layout } = scene;
  const bottom = layout.navigatorTopPx;
  brush.lineWidth = 1;
  brush.strokeStyle = theme.grid_minor;
  for (const tick of ticks.minor) hairline(brush, toPx(scale, tick.ms), AXIS_PX, toPx(scale, tick.ms), bottom);
  brush.strokeStyle = theme.grid;
  for (const tick of ticks.major) hairline(brush, toPx(scale, tick.ms), 0, toPx(scale, tick.ms), bottom);
  brush.strokeStyle = theme.line2;
  for (const ms of ticks.bare) hairline(brush, toPx(scale, ms), AXIS_PX - 6, toPx(scale, ms), AXIS_PX);
}

function paintLabels(brush: Brush, scene: Scene, ticks: Ticks): void {
  const { theme, scale } = scene;
  const right = scale.leftPx + scale.widthPx;
  const detailed = pxPerDay(scale) >= 60;
  brush.textBaseline = "alphabetic";
  let freeFrom = scale.leftPx;
  const shown = detailed ? [...pinned(scene, ticks), ...ticks.major] : ticks.major;
  for (const [at, tick] of shown.entries()) {
    const left = Math.max(scale.leftPx, toPx(scale, tick.ms)) + 5;
    const next = shown[at + 1] ? toPx(scale, shown[at + 1]?.ms ?? 0) : right;
    face(brush, theme, 600);
    const width = brush.measureText(tick.label).width;
    if (left < freeFrom || left + width > Math.min(next - 2, right)) continue;
    brush.fillStyle = theme.ink;
    brush.fillText(tick.label, left, 16);
    freeFrom = left + width + 6;
    face(brush, theme);
    brush.fillStyle = theme.ink3;
    const noteWidth = brush.measureText(tick.note).width;
    if (!detailed) brush.fillText(tick.note, left, 32);
    else if (left + width + 6 + noteWidth < next) brush.fillText(tick.note, left + width + 6, 16);
  }
  paintMinor(brush, scene, ticks, detailed);
}

function paintMinor(brush: Brush, scene: Scene, ticks: Ticks, detailed: boolean): void {
  const { theme, scale } = scene;
  face(brush, theme);
  brush.fillStyle = theme.ink3;
  if (detailed && ticks.minor.length) {
    for (const tick of ticks.major) brush.fillText("00", toPx(scale, tick.ms) + 5, 32);
  }
  for (const tick of ticks.minor) {
    const left = toPx(scale, tick.ms) + 5;
    if (left + brush.measureText(tick.note).width <= scale.leftPx + scale.widthPx) brush.fillText(tick.note, left, 32);
  }
}

/** The day in which the view begins keeps its name at the left edge. */
function pinned(scene: Scene, ticks: Ticks): Ticks["major"] {
  const { scale, prepared, view } = scene;
  if (ticks.major[0]?.ms === scale.startMs) return [];
  const before = { ...scale, startMs: scale.startMs - 86_400_000, endMs: scale.startMs };
  const last = ticksOf(before, prepared.document.dayZeroMs, view.mode).major.at(-1);
  return last ? [last] : [];
}
