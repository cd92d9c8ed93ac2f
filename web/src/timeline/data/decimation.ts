import type { Pyramid } from "./pyramid.ts";
import { lowerBound } from "./search.ts";

/** Receives a course as points in order of time; `breakLine` is called at gaps. */
export interface LineSink {
  point(ms: number, value: number): void;
  breakLine(): void;
}

/**
 * Hands on what a course looks like on `columns` columns of a span: every sample where there are few, else for each
 * column its first, least, largest and last value, so that no extreme is lost and no line is invented.
 */
export function decimate(
  timesMs: ArrayLike<number>,
  values: ArrayLike<number>,
  pyramid: Pyramid,
  startMs: number,
  endMs: number,
  columns: number,
  sink: LineSink,
): void {
  const from = Math.max(0, lowerBound(timesMs, startMs) - 1);
  const to = Math.min(timesMs.length, lowerBound(timesMs, endMs) + 1);
  if (to - from <= 4 * columns) {
    for (let at = from; at < to; at++) emit(sink, timesMs[at] as number, values[at] as number);
    return;
  }
  const step = (endMs - startMs) / columns;
  let at = from;
  for (let column = 0; column <= columns && at < to; column++) {
    const closes = column === columns ? to : lowerBound(timesMs, startMs + (column + 1) * step, at, to);
    if (closes === at) continue;
    const middle = startMs + (column + 0.5) * step;
    pyramid.take(at, closes);
    const { least, most } = pyramid;
    emit(sink, timesMs[at] as number, values[at] as number);
    if (least <= most) {
      const falls = (values[closes - 1] as number) < (values[at] as number);
      sink.point(middle, falls ? most : least);
      sink.point(middle, falls ? least : most);
    }
    emit(sink, timesMs[closes - 1] as number, values[closes - 1] as number);
    at = closes;
  }
}

function emit(sink: LineSink, ms: number, value: number): void {
  if (Number.isFinite(value)) sink.point(ms, value);
  else sink.breakLine();
}
