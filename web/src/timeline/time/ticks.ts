import { clockOf, dayOf, missionDayLabel, monthOf, weekdayOf } from "./format.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, pxPerDay, type TimeScale } from "./scale.ts";

export type TimeMode = "utc" | "mission";

/** Line of the axis. */
export interface Tick {
  ms: number;
  /** First row of the axis; empty for a line without a label. */
  label: string;
  /** Second row, at the same place. */
  note: string;
}

/** Lines of the axis: full-height ones, finer ones with a label in the second row, and bare ones. */
export interface Ticks {
  major: Tick[];
  minor: Tick[];
  bare: number[];
}

const LABEL_PX = 52;
const DETAILED_PX_PER_DAY = 60;
const HOUR_LABEL_PX = 26;
const HOUR_STEPS = [1, 3, 6, 12].map((hours) => hours * HOUR_MS);
const MINUTE_STEPS = [1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS);
const DAY_STEPS = [1, 2, 3, 7, 14, 28];
const MOST_TICKS = 2000;

/** True where days are wide enough for hours, titles and rows of their own. */
export const isDetailed = (scale: TimeScale): boolean => pxPerDay(scale) >= DETAILED_PX_PER_DAY;

/** Returns the lines for a scale, on true days, weeks from day 0, or months. */
export function ticksOf(scale: TimeScale, dayZeroMs: number, mode: TimeMode): Ticks {
  const perDay = pxPerDay(scale);
  if (perDay >= DETAILED_PX_PER_DAY) return detailed(scale, dayZeroMs, mode, perDay);
  const step = DAY_STEPS.find((count) => count * perDay >= LABEL_PX);
  if (step === undefined) return months(scale, dayZeroMs, perDay);
  return days(scale, dayZeroMs, mode, step, perDay);
}

/** Returns the step of the second row of a detailed axis. */
export function fineStepMs(perDay: number): number {
  const minutes = MINUTE_STEPS.find((step) => (step / DAY_MS) * perDay >= 1.6 * HOUR_LABEL_PX);
  if (minutes !== undefined) return minutes;
  return HOUR_STEPS.find((step) => (step / DAY_MS) * perDay >= HOUR_LABEL_PX) ?? 12 * HOUR_MS;
}

function detailed(scale: TimeScale, dayZeroMs: number, mode: TimeMode, perDay: number): Ticks {
  const zero = mode === "mission" ? dayZeroMs : 0;
  const major = multiples(scale, DAY_MS, zero).map((ms) => ({ ms, ...dayLabels(ms, dayZeroMs, mode, true) }));
  const step = fineStepMs(perDay);
  const minor = multiples(scale, step, zero)
    .filter((ms) => mod(ms - zero, DAY_MS) !== 0)
    .map((ms) => ({ ms, label: "", note: fineLabel(mod(ms - zero, DAY_MS), step) }));
  return { major, minor, bare: [] };
}

function fineLabel(inDayMs: number, step: number): string {
  return step >= HOUR_MS ? String(inDayMs / HOUR_MS).padStart(2, "0") : clockOf(inDayMs);
}

function days(scale: TimeScale, dayZeroMs: number, mode: TimeMode, step: number, perDay: number): Ticks {
  // Weeks are counted from day 0, so that the axis does not change with the week on which a mission begins.
  const zero = mode === "mission" ? dayZeroMs : Math.floor(dayZeroMs / DAY_MS) * DAY_MS;
  const major = multiples(scale, step * DAY_MS, zero).map((ms) => ({ ms, ...dayLabels(ms, dayZeroMs, mode, false) }));
  const bare = step > 1 && perDay >= 6 ? multiples(scale, DAY_MS, zero) : [];
  return { major, minor: [], bare };
}

function dayLabels(ms: number, dayZeroMs: number, mode: TimeMode, long: boolean): { label: string; note: string } {
  const day = long ? weekdayOf(ms) : dayOf(ms);
  const mission = missionDayLabel(ms, dayZeroMs);
  return mode === "mission" ? { label: mission, note: day } : { label: day, note: mission };
}

function months(scale: TimeScale, dayZeroMs: number, perDay: number): Ticks {
  const every = [1, 3, 6, 12, 60, 120].find((count) => count * 30.44 * perDay >= 1.4 * LABEL_PX) ?? 1200;
  const first = new Date(scale.startMs);
  const major: Tick[] = [];
  let index = Math.ceil((first.getUTCFullYear() * 12 + first.getUTCMonth()) / every) * every;
  for (; major.length < MOST_TICKS; index += every) {
    const ms = Date.UTC(Math.floor(index / 12), index % 12, 1);
    if (ms > scale.endMs) break;
    if (ms >= scale.startMs) major.push({ ms, label: monthOf(ms), note: missionDayLabel(ms, dayZeroMs) });
  }
  return { major, minor: [], bare: [] };
}

function multiples(scale: TimeScale, step: number, zero: number): number[] {
  const found: number[] = [];
  const first = Math.ceil((scale.startMs - zero) / step);
  for (let index = first; index * step + zero <= scale.endMs && found.length < MOST_TICKS; index++) {
    found.push(index * step + zero);
  }
  return found;
}

const mod = (value: number, by: number): number => ((value % by) + by) % by;
