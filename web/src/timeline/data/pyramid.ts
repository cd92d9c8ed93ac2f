import { lowerBound } from "./search.ts";

const FACTOR = 16;

/** Least and largest values of runs of a course, so that a pixel's extremes cost the same at every zoom. */
export class Pyramid {
  readonly #least: Float64Array[] = [];
  readonly #most: Float64Array[] = [];
  readonly #values: Float64Array;
  least = 0;
  most = 0;

  constructor(values: ArrayLike<number>) {
    // One kind of array, whatever came in, so that a scan is compiled once.
    this.#values = values instanceof Float64Array ? values : Float64Array.from(values);
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
    this.take(from, to);
    return [this.least, this.most];
  }

  /** Puts least and largest of the values from one index to another (exclusive) into `least` and `most`. */
  take(from: number, to: number): void {
    this.least = Number.POSITIVE_INFINITY;
    this.most = Number.NEGATIVE_INFINITY;
    let [low, high, level] = [from, to, 0];
    while (high - low > 2 * FACTOR && level < this.#least.length) {
      const first = Math.ceil(low / FACTOR);
      const last = Math.floor(high / FACTOR);
      this.#scan(level, low, first * FACTOR);
      this.#scan(level, last * FACTOR, high);
      [low, high, level] = [first, last, level + 1];
    }
    this.#scan(level, low, high);
  }

  #scan(level: number, from: number, to: number): void {
    const lower = level ? (this.#least[level - 1] as Float64Array) : this.#values;
    const upper = level ? (this.#most[level - 1] as Float64Array) : this.#values;
    let { least, most } = this;
    for (let at = from; at < to; at++) {
      const low = lower[at] as number;
      const high = upper[at] as number;
      if (low < least) least = low;
      if (high > most) most = high;
    }
    this.least = least;
    this.most = most;
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
