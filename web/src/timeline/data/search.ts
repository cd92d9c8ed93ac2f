/** Returns the first index whose value is not under `wanted`, in rising values. */
export function lowerBound(values: ArrayLike<number>, wanted: number, from = 0, to = values.length): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Intervals in order of their starts, with what a search for the visible ones needs. */
export interface IntervalIndex {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** Largest end of an interval and all before it. */
  readonly reach: Float64Array;
}

/** Returns the index of intervals, which are in order of their starts. */
export function indexOfIntervals(sorted: readonly { startMs: number; endMs: number }[]): IntervalIndex {
  const starts = new Float64Array(sorted.length);
  const ends = new Float64Array(sorted.length);
  const reach = new Float64Array(sorted.length);
  let farthest = Number.NEGATIVE_INFINITY;
  sorted.forEach((interval, at) => {
    starts[at] = interval.startMs;
    ends[at] = interval.endMs;
    farthest = Math.max(farthest, interval.endMs);
    reach[at] = farthest;
  });
  return { starts, ends, reach };
}

/** Returns from which index to which (exclusive) intervals may meet a span; those between may end before it. */
export function visibleRange(index: IntervalIndex, startMs: number, endMs: number): [number, number] {
  return [lowerBound(index.reach, startMs), lowerBound(index.starts, endMs)];
}
