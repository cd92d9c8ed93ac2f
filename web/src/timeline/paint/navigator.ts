import { eachVisibleBand } from "../data/bands.ts";
import { NAVIGATOR_PX } from "../layout/lanes.ts";
import { eachItem } from "../model.ts";
import { dayOf, dayWithYear, durationOf } from "../time/format.ts";
import { DAY_MS, type TimeScale, toPx } from "../time/scale.ts";
import { ticksOf } from "../time/ticks.ts";
import { type Brush, face, fitted, hairline, type Scene } from "./surface.ts";

const BODY_PX = 34;
const BARS_PX = 22;

/** Returns the navigator's scale: the whole document. */
export function navigatorScale(scene: Scene): TimeScale {
  const { startMs, endMs } = scene.prepared.document;
  return { startMs, endMs, leftPx: scene.scale.leftPx, widthPx: scene.scale.widthPx };
}

/** Draws hours per day by agency over the whole document, light and Earth, and which part is in view. */
export function paintNavigator(brush: Brush, scene: Scene): void {
  const { layout, theme, view } = scene;
  const whole = navigatorScale(scene);
  const top = layout.navigatorTopPx;
  brush.fillStyle = theme.surface;
  brush.fillRect(0, top, layout.widthPx, NAVIGATOR_PX);
  brush.strokeStyle = theme.line2;
  hairline(brush, 0, top, layout.widthPx, top);
  brush.fillStyle = theme.sunk;
  brush.fillRect(whole.leftPx, top + 4, whole.widthPx, BODY_PX);
  paintHours(brush, scene, whole, top + 5);
  paintStrips(brush, scene, whole, top + 5 + BARS_PX + 2);
  paintWindow(brush, scene, whole, top + 4);
  paintCaption(brush, scene, whole, top, durationOf(view.endMs - view.startMs));
}

function paintHours(brush: Brush, scene: Scene, whole: TimeScale, top: number): void {
  const { theme } = scene;
  const days = hoursOf(scene);
  const most = Math.max(1, ...days.map((day) => day.reduce((sum, [, hours]) => sum + hours, 0)));
  days.forEach((day, number) => {
    const left = toPx(whole, whole.startMs + number * DAY_MS);
    const width = Math.max(1, toPx(whole, whole.startMs + (number + 1) * DAY_MS) - left - 1);
    let foot = top + BARS_PX;
    for (const [agency, hours] of day) {
      const height = (hours / most) * BARS_PX;
      brush.fillStyle = theme.agencyColour(agency);
      brush.fillRect(left, foot - height, width, height);
      foot -= height;
    }
  });
}

const known = new WeakMap<object, [string | null, number][][]>();

/** Returns for each day of a document the hours of work of each agency. */
function hoursOf(scene: Scene): [string | null, number][][] {
  const { document } = scene.prepared;
  const found = known.get(document);
  if (found) return found;
  const count = Math.max(1, Math.ceil((document.endMs - document.startMs) / DAY_MS));
  const days = Array.from({ length: count }, () => new Map<string | null, number>());
  eachItem(document, (item, lane) => {
    if (lane.role !== "place" && lane.role !== "other") return;
    for (let ms = item.startMs; ms < item.endMs; ) {
      const number = Math.floor((ms - document.startMs) / DAY_MS);
      const endMs = Math.min(item.endMs, document.startMs + (number + 1) * DAY_MS);
      const day = days[number];
      day?.set(item.agency, (day.get(item.agency) ?? 0) + (endMs - ms) / 3_600_000);
      ms = endMs;
    }
  });
  const hours = days.map((day) => [...day].sort(([one], [other]) => String(one).localeCompare(String(other))));
  known.set(document, hours);
  return hours;
}

function paintStrips(brush: Brush, scene: Scene, whole: TimeScale, top: number): void {
  const { theme, prepared } = scene;
  const strips = prepared.document.groups.flatMap((group) => group.lanes).filter((lane) => lane.kind === "strip");
  for (const strip of strips) {
    for (const row of prepared.bands.get(strip.id) ?? []) {
      if (row.kind !== "light" && row.kind !== "earth") continue;
      const down = row.kind === "light" ? 0 : 4;
      brush.fillStyle = row.kind === "light" ? theme.sun : theme.earth;
      eachVisibleBand(row, whole, (left, width) => brush.fillRect(left, top + down, width, 3));
    }
  }
}

function paintWindow(brush: Brush, scene: Scene, whole: TimeScale, top: number): void {
  const { theme, view } = scene;
  const left = toPx(whole, view.startMs);
  const right = Math.max(left + 4, toPx(whole, view.endMs));
  brush.fillStyle = theme.name === "light" ? "#F4F5F7B0" : "#0E1013B0";
  brush.fillRect(whole.leftPx, top, left - whole.leftPx, BODY_PX);
  brush.fillRect(right, top, whole.leftPx + whole.widthPx - right, BODY_PX);
  brush.strokeStyle = theme.ink;
  brush.lineWidth = 1.5;
  brush.strokeRect(left + 0.75, top + 0.75, right - left - 1.5, BODY_PX - 1.5);
  brush.fillStyle = theme.ink;
  for (const grip of [left - 1.5, right - 1.5]) brush.fillRect(grip, top + BODY_PX / 2 - 7, 3, 14);
}

function paintCaption(brush: Brush, scene: Scene, whole: TimeScale, top: number, length: string): void {
  const { theme, layout, prepared } = scene;
  brush.textBaseline = "alphabetic";
  face(brush, theme, 600);
  brush.fillStyle = theme.ink;
  brush.fillText(fitted(brush, length, layout.gutterPx - 24), 16, top + 18);
  face(brush, theme);
  brush.fillStyle = theme.ink3;
  const { startMs, endMs } = prepared.document;
  brush.fillText(fitted(brush, `${dayOf(startMs)} – ${dayWithYear(endMs)}`, layout.gutterPx - 24), 16, top + 33);
  const ticks = ticksOf(whole, prepared.document.dayZeroMs, scene.view.mode).major;
  const every = Math.max(1, Math.ceil((ticks.length * 110) / whole.widthPx));
  brush.textAlign = "left";
  for (const [at, tick] of ticks.entries()) {
    const left = toPx(whole, tick.ms);
    if (at % every || left + brush.measureText(tick.label).width > whole.leftPx + whole.widthPx) continue;
    brush.fillText(tick.label, left, top + NAVIGATOR_PX - 3);
  }
}
