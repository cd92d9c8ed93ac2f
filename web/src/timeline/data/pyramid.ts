import { lowerBound } from "./search.ts";

const FACTOR = 16;

/** Least and largest values of runs of a course, so that a pixel's extremes cost the same at every zoom. */
export class Pyramid {
  readonly #least: Float64Array[] = [];
  readonly #most: Float64Array[] = [];
  readonly #values: ArrayLike<number>;

  constructor(values: ArrayLike<number>) {
    this.#values = values;
    let least: ArrayLike<number> = values;
    let most: ArrayLike<number> = values;
    while (least.length > FACTOR) {
      const count = Math.ceil(least.length / FACTOR);
      const lower = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
      const upper = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
      for (let at = 0; at < least.length; at++) {
        const run = (at / FACTOR) | 0;
        // What is no number is a gap, and no extreme.
        if ((least[at] as number) < (lower[run] as number)) lower[run] = least[at] as number;
        if ((most[at] as number) > (upper[run] as number)) upper[run] = most[at] as number;
      }
      this.#least.push(lower);
      this.#most.push(upper);
      least = lower;
      most = upper;
    }
  }

  /** Returns least and largest of the values from one index to another (exclusive); infinities where there is none. */
  extremes(from: number, to: number): [number, number] {
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    let lower: ArrayLike<number> = this.#values;
    let upper: ArrayLike<number> = this.#values;
    let [low, high] = [from, to];
    for (let level = 0; low < high; level++) {
      const above = this.#least[level];
      const climbs = above !== undefined && high - low > 2 * FACTOR;
      const first = climbs ? Math.ceil(low / FACTOR) * FACTOR : high;
      const last = climbs ? Math.floor(high / FACTOR) * FACTOR : high;
      const take = (begin: number, end: number): void => {
        for (let at = begin; at < end; at++) {
          if ((lower[at] as number) < least) least = lower[at] as number;
          if ((upper[at] as number) > most) most = upper[at] as number;
        }
      };
      take(low, Math.min(first, high));
      take(Math.max(last, low), climbs ? high : low);
      if (!climbs) break;
      low = first / FACTOR;
      high = last / FACTOR;
      lower = above;
      upper = this.#most[level] as Float64Array;
    }
    return [least, most];
  }
}

/** Returns a course's value at a time, linear between samples; NaN outside them and in gaps. */
export function valueAt(timesMs: ArrayLike<number>, values: ArrayLike<number>, ms: number): number {
  const after = lowerBound(timesMs, ms);
  if (after >= timesMs.length) return Number.NaN;
  if (timesMs[after] === ms) return values[after] as number;
  if (after === 0) return Number.NaN;
  const before = after - 1;
  const share = (ms - (timesMs[before] as number)) / ((timesMs[after] as number) - (timesMs[before] as number));
  return (values[before] as number) + share * ((values[after] as number) - (values[before] as number));
}
