export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Shortest span that is shown. */
export const LEAST_SPAN_MS = 10 * MINUTE_MS;

/** Span of time on a row of pixels. */
export interface TimeScale {
  readonly startMs: number;
  readonly endMs: number;
  readonly leftPx: number;
  readonly widthPx: number;
}

export const pxPerMs = (scale: TimeScale): number => scale.widthPx / (scale.endMs - scale.startMs);
export const pxPerDay = (scale: TimeScale): number => pxPerMs(scale) * DAY_MS;
export const toPx = (scale: TimeScale, ms: number): number => scale.leftPx + (ms - scale.startMs) * pxPerMs(scale);
export const toMs = (scale: TimeScale, px: number): number => scale.startMs + (px - scale.leftPx) / pxPerMs(scale);

/** Span of time. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** Returns a span that is no shorter than the least and lies in its limits, moved before it is shortened. */
export function clampSpan(span: Span, limits: Span): Span {
  const longest = limits.endMs - limits.startMs;
  const length = Math.min(longest, Math.max(Math.min(LEAST_SPAN_MS, longest), span.endMs - span.startMs));
  const startMs = Math.min(limits.endMs - length, Math.max(limits.startMs, span.startMs));
  return { startMs, endMs: startMs + length };
}

/** Returns a span moved by a time, within limits and of the same length. */
export const panned = (span: Span, byMs: number, limits: Span): Span =>
  clampSpan({ startMs: span.startMs + byMs, endMs: span.endMs + byMs }, limits);

/** Returns a span of `factor` times the length in which `anchorMs` stays at its place. */
export function zoomed(span: Span, factor: number, anchorMs: number, limits: Span): Span {
  const length = span.endMs - span.startMs;
  const least = Math.min(LEAST_SPAN_MS, limits.endMs - limits.startMs);
  const wanted = Math.min(limits.endMs - limits.startMs, Math.max(least, length * factor));
  const share = (anchorMs - span.startMs) / length;
  const startMs = anchorMs - share * wanted;
  return clampSpan({ startMs, endMs: startMs + wanted }, limits);
}

/** Returns the instant in the middle. */
export const middleOf = ({ startMs, endMs }: Span): number => (startMs + endMs) / 2;

/** Returns a span of the same length around an instant. */
export function centred(span: Span, middleMs: number): Span {
  const halfMs = (span.endMs - span.startMs) / 2;
  return { startMs: middleMs - halfMs, endMs: middleMs + halfMs };
}

/** Returns a span of the same length at an end of its limits. */
export function atEnd(end: "start" | "end", span: Span, limits: Span): Span {
  const length = span.endMs - span.startMs;
  return end === "start"
    ? { startMs: limits.startMs, endMs: limits.startMs + length }
    : { startMs: limits.endMs - length, endMs: limits.endMs };
}

/** Returns so many days from the beginning, in UTC, of the one in which an instant lies. */
export function wholeDays(instantMs: number, days: number): Span {
  const startMs = Math.floor(instantMs / DAY_MS) * DAY_MS;
  return { startMs, endMs: startMs + days * DAY_MS };
}
