import { DAY_MS, HOUR_MS, MINUTE_MS, type Span } from "./scale.ts";

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[t ](\d{1,2}):(\d{2})(?::(\d{2}))?)?z?$/i;
const DAY_MONTH = /^(\d{1,2})\s+([a-z]{3,9})(?:\s+(\d{4}))?(?:\s+(\d{1,2}):(\d{2}))?$/i;
const MISSION = /^d\s*([-−]?\d+)(?:[\s+]+(\d{1,2}):(\d{2}))?$/i;
const LENGTH = /^(\d+(?:\.\d+)?)\s*(d|h|min|m)$/i;
const UNITS: Record<string, number> = { d: DAY_MS, h: HOUR_MS, min: MINUTE_MS, m: MINUTE_MS };

/**
 * Returns the time that a person typed, or null.
 *
 * Read are ISO 8601 in UTC, "26 Jan 02:24" (of the year in which it lies nearest to `near`), and mission days "D11 02:24".
 */
export function parseTime(text: string, dayZeroMs: number, nearMs: number): number | null {
  const typed = text.trim();
  return parseIso(typed) ?? parseMission(typed, dayZeroMs) ?? parseDay(typed, nearMs);
}

/** Returns the span that was typed: two times with a dash or "to" between, a time with a length ("D11 7 d"), or a time. */
export function parseSpan(text: string, dayZeroMs: number, shown: Span): Span | null {
  const parts = text.split(/\s+(?:–|—|-|to|until)\s+|\.\./i).map((part) => part.trim());
  const length = shown.endMs - shown.startMs;
  if (parts.length === 2) {
    const startMs = parseTime(parts[0] ?? "", dayZeroMs, shown.startMs);
    const endMs = startMs === null ? null : (parseTime(parts[1] ?? "", dayZeroMs, startMs) ?? null);
    return startMs !== null && endMs !== null && endMs > startMs ? { startMs, endMs } : null;
  }
  if (parts.length !== 1) return null;
  const words = /^(.*?)(?:\s*[+,]\s*|\s+)?(\d+(?:\.\d+)?\s*(?:d|h|min|m))$/i.exec(text.trim());
  const ms = parseLength(words?.[2] ?? "");
  const from = words?.[1] ? parseTime(words[1], dayZeroMs, shown.startMs) : shown.startMs;
  if (ms !== null && from !== null) return { startMs: from, endMs: from + ms };
  const startMs = parseTime(text, dayZeroMs, shown.startMs);
  return startMs === null ? null : { startMs, endMs: startMs + length };
}

/** Returns a length such as "7 d", "12 h" or "10 min" in milliseconds, or null. */
export function parseLength(text: string): number | null {
  const found = LENGTH.exec(text.trim());
  const ms = found ? Number(found[1]) * (UNITS[found[2]?.toLowerCase() ?? ""] ?? Number.NaN) : Number.NaN;
  return ms > 0 ? ms : null;
}

function parseIso(text: string): number | null {
  const found = ISO.exec(text);
  if (!found) return null;
  const [year, month, day, hour, minute, second] = found.slice(1).map((part) => Number(part ?? 0)) as number[];
  return checked(year ?? 0, (month ?? 0) - 1, day ?? 0, hour ?? 0, minute ?? 0, second ?? 0);
}

function parseMission(text: string, dayZeroMs: number): number | null {
  const found = MISSION.exec(text);
  if (!found) return null;
  const hour = Number(found[2] ?? 0);
  const minute = Number(found[3] ?? 0);
  if (hour > 24 || minute > 59) return null;
  return dayZeroMs + Number((found[1] ?? "").replace("−", "-")) * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS;
}

function parseDay(text: string, nearMs: number): number | null {
  const found = DAY_MONTH.exec(text);
  const month = MONTHS.indexOf((found?.[2] ?? "").slice(0, 3).toLowerCase());
  if (!found || month < 0) return null;
  const about = new Date(nearMs).getUTCFullYear();
  const years = found[3] ? [Number(found[3])] : [about - 1, about, about + 1];
  const times = years
    .map((year) => checked(year, month, Number(found[1]), Number(found[4] ?? 0), Number(found[5] ?? 0), 0))
    .filter((ms) => ms !== null);
  return times.sort((one, other) => Math.abs(one - nearMs) - Math.abs(other - nearMs))[0] ?? null;
}

/** Returns the time of a day that exists; 24:00 is the end of its day. */
function checked(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | null {
  const midnight = new Date(Date.UTC(year, month, day));
  const exists = midnight.getUTCMonth() === month && midnight.getUTCDate() === day;
  const inDay = minute < 60 && second < 60 && (hour < 24 || (hour === 24 && minute === 0 && second === 0));
  return exists && inDay ? midnight.getTime() + hour * HOUR_MS + minute * MINUTE_MS + second * 1000 : null;
}
