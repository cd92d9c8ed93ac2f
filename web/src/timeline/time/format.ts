import { DAY_MS, HOUR_MS, MINUTE_MS } from "./scale.ts";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const two = (value: number): string => String(value).padStart(2, "0");

/** "26 Jan". */
export function dayOf(ms: number): string {
  const date = new Date(ms);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

/** "26 Jan 2029". */
export const dayWithYear = (ms: number): string => `${dayOf(ms)} ${new Date(ms).getUTCFullYear()}`;

/** "Fri 26 Jan". */
export const weekdayOf = (ms: number): string => `${WEEKDAYS[new Date(ms).getUTCDay()]} ${dayOf(ms)}`;

/** "Jan 2029". */
export function monthOf(ms: number): string {
  const date = new Date(ms);
  return `${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** "02:24", with seconds where there are any. */
export function clockOf(ms: number): string {
  const date = new Date(ms);
  const seconds = date.getUTCSeconds();
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}${seconds ? `:${two(seconds)}` : ""}`;
}

/** "26 Jan 02:24". */
export const momentOf = (ms: number): string => `${dayOf(ms)} ${clockOf(ms)}`;

/** Number of the mission day that a time lies in; day 0 begins at `dayZeroMs`. */
export const missionDay = (ms: number, dayZeroMs: number): number => Math.floor((ms - dayZeroMs) / DAY_MS);

/** "D11". */
export const missionDayLabel = (ms: number, dayZeroMs: number): string =>
  `D${String(missionDay(ms, dayZeroMs)).replace("-", "−")}`;

/** "D11 02:24", the clock counted from the start of the mission day. */
export function missionTimeOf(ms: number, dayZeroMs: number): string {
  const inDay = (((ms - dayZeroMs) % DAY_MS) + DAY_MS) % DAY_MS;
  return `${missionDayLabel(ms, dayZeroMs)} ${clockOf(inDay)}`;
}

/** "4 h 37 min", from two days on "6 d 18 h". */
export function durationOf(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / MINUTE_MS);
  const sign = ms < 0 && minutes > 0 ? "−" : "";
  const pair = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
    sign + [large ? `${large} ${largeUnit}` : "", small || !large ? `${small} ${smallUnit}` : ""].join(" ").trim();
  if (minutes < 48 * 60) return pair(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(Math.abs(ms) / HOUR_MS);
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** A span as "24 Jan 00:00 – 31 Jan 00:00". */
export const spanOf = (startMs: number, endMs: number): string => `${momentOf(startMs)} – ${momentOf(endMs)}`;

/** A number with at most three figures behind the point, thousands set off, and a true minus. */
export function numberOf(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const behind = size >= 100 ? 0 : size >= 10 ? Math.min(1, digits) : size >= 1 ? Math.min(2, digits) : digits;
  return formatOf(behind)
    .format(Number(value.toFixed(behind)))
    .replace("-", "−");
}

const formats = new Map<number, Intl.NumberFormat>();

/** A plan has thousands of figures, and making a format takes the browser far longer than using one. */
function formatOf(behind: number): Intl.NumberFormat {
  let format = formats.get(behind);
  if (!format) {
    format = new Intl.NumberFormat("en-US", { maximumFractionDigits: behind });
    formats.set(behind, format);
  }
  return format;
}

const SCALED: Record<string, [number, string]> = { bit: [1e9, "Gbit"] };

/** A value with its unit, such as "1,604 Wh" or "1.13 Gbit". */
export function quantityOf(value: number, unit: string): string {
  const [scale, shown] = SCALED[unit] ?? [1, unit === "1" ? "" : unit];
  const gap = shown === "°" ? "" : " ";
  return `${numberOf(value / scale)}${gap}${shown}`.trim();
}
