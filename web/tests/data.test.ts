import { describe, expect, it } from "vitest";
import { bandRows, eachVisibleBand } from "../src/timeline/data/bands.ts";
import { decimate } from "../src/timeline/data/decimation.ts";
import { Pyramid, valueAt } from "../src/timeline/data/pyramid.ts";
import { indexOfIntervals, lowerBound, visibleRange } from "../src/timeline/data/search.ts";
import { stackItems } from "../src/timeline/data/stacking.ts";
import type { Item } from "../src/timeline/model.ts";

/** Numbers that are the same in every run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state / 2_147_483_648;
  }
}

const itemOf = (startMs: number, endMs: number, id = `${startMs}`): Item => ({
  id,
  title: id,
  agency: "JAXA",
  startMs,
  endMs,
  state: "planned",
  shape: "bar",
  locked: false,
  steps: [],
  filled: null,
  facts: [],
});

const randomItems = (count: number, seed: number): Item[] => {
  const random = numbers(seed);
  return Array.from({ length: count }, (_, at) => {
    const startMs = Math.floor(random.next().value * 10_000);
    return itemOf(startMs, startMs + Math.floor(random.next().value * 400), String(at));
  });
};

describe("culling", () => {
  it("finds all that meet a span, as looking at each does", () => {
    const sorted = randomItems(400, 3).sort((one, other) => one.startMs - other.startMs);
    const index = indexOfIntervals(sorted);
    for (let from = -500; from < 11_000; from += 137) {
      const [first, last] = visibleRange(index, from, from + 90);
      const found = sorted.slice(first, last).filter((each) => each.endMs >= from);
      expect(found).toEqual(sorted.filter((each) => each.startMs < from + 90 && each.endMs >= from));
    }
  });

  it("keeps a long interval that began before all others", () => {
    const index = indexOfIntervals([itemOf(0, 1000), itemOf(10, 20), itemOf(900, 910)]);
    expect(visibleRange(index, 500, 600)).toEqual([0, 2]);
  });

  it("finds bounds in what is empty", () => {
    expect(lowerBound([], 3)).toBe(0);
    expect(visibleRange(indexOfIntervals([]), 0, 1)).toEqual([0, 0]);
  });
});

describe("bands", () => {
  const scale = { startMs: 0, endMs: 1000, leftPx: 0, widthPx: 100 };
  const painted = (bands: [number, number][]): [number, number][] => {
    const rows = bandRows(bands.map(([startMs, endMs]) => ({ kind: "light" as const, startMs, endMs })));
    const boxes: [number, number][] = [];
    for (const row of rows) eachVisibleBand(row, scale, (left, width) => boxes.push([left, width]));
    return boxes;
  };

  it("with less than a pixel between are one", () => {
    expect(
      painted([
        [100, 200],
        [205, 300],
        [320, 400],
      ]),
    ).toEqual([
      [10, 20],
      [32, 8],
    ]);
  });

  it("are cut at the edges, and gone beyond them", () => {
    expect(
      painted([
        [-500, -10],
        [-100, 50],
        [950, 2000],
        [3000, 4000],
      ]),
    ).toEqual([
      [0, 5],
      [95, 5],
    ]);
  });

  it("of thousands are at most one a pixel", () => {
    expect(painted(Array.from({ length: 5738 }, (_, at) => [at / 6, at / 6 + 0.05])).length).toBeLessThanOrEqual(100);
  });
});

describe("stacking", () => {
  const measure = { msPerPx: 1, leastWidthPx: 3, labelPx: () => 0, mostRows: 1000, mostLabelledRows: 5 };

  it("never puts two bars over each other, and needs no row more than the most at once", () => {
    const items = randomItems(600, 11);
    const stack = stackItems(items, measure);
    expect(stack.placed).toHaveLength(600);
    for (let row = 0; row < stack.rows; row++) {
      const inRow = stack.placed.filter((placed) => placed.row === row);
      for (const [at, placed] of inRow.slice(1).entries()) {
        expect(placed.startMs).toBeGreaterThanOrEqual(inRow[at]?.item.endMs ?? 0);
      }
    }
    const deepest = Math.max(
      ...items.map((item) => items.filter((each) => each.startMs <= item.startMs && endOf(each) > item.startMs).length),
    );
    expect(stack.rows).toBe(deepest);
  });

  const endOf = (item: Item): number => item.startMs + Math.max(3, item.endMs - item.startMs) + 1;

  it("keeps room for a title that does not fit", () => {
    const stack = stackItems([itemOf(0, 20, "a"), itemOf(60, 80, "b")], { ...measure, labelPx: () => 50 });
    expect(stack.placed.map(({ row, labelOutside }) => [row, labelOutside])).toEqual([
      [0, true],
      [1, true],
    ]);
    const wide = stackItems([itemOf(0, 70, "a"), itemOf(75, 180, "b")], { ...measure, labelPx: () => 50 });
    expect(wide.placed.map(({ row, labelOutside }) => [row, labelOutside])).toEqual([
      [0, false],
      [0, false],
    ]);
  });

  it("gathers what finds no row, and loses none of it", () => {
    const items = Array.from({ length: 50 }, (_, at) => itemOf(100, 200, `${at}`)).concat(itemOf(500, 600, "late"));
    const stack = stackItems(items, { ...measure, mostRows: 4 });
    expect(stack.rows).toBe(5);
    expect(stack.placed.length + stack.clusters.reduce((sum, each) => sum + each.items.length, 0)).toBe(51);
    expect(stack.clusters).toHaveLength(1);
  });

  it("of nothing is nothing", () => {
    expect(stackItems([], measure)).toMatchObject({ rows: 0, placed: [], clusters: [] });
  });
});

describe("decimation", () => {
  const random = numbers(7);
  const values = Float64Array.from({ length: 20_000 }, () => random.next().value);
  const times = Float64Array.from(values, (_, at) => at);

  it("has the extremes of every range", () => {
    const pyramid = new Pyramid(values);
    for (const [from, to] of [
      [0, 20_000],
      [5, 17],
      [0, 1],
      [31, 4000],
      [19_980, 20_000],
      [256, 512],
      [4, 4],
    ] as const) {
      const part = values.slice(from, to);
      expect(pyramid.extremes(from, to)).toEqual([Math.min(...part), Math.max(...part)]);
    }
  });

  it("shows a peak of one sample at every zoom", () => {
    const flat = new Float64Array(144_000).fill(1);
    flat[71_234] = 9;
    const long = Float64Array.from(flat, (_, at) => at);
    const seen: number[] = [];
    const sink = { point: (_: number, value: number) => seen.push(value), breakLine: () => undefined };
    decimate(long, flat, new Pyramid(flat), 0, 144_000, 800, sink);
    expect(Math.max(...seen)).toBe(9);
    expect(seen.length).toBeLessThanOrEqual(4 * 801);
  });

  it("hands on every sample where there are few, with one beyond each edge", () => {
    const seen: number[] = [];
    decimate(times, values, new Pyramid(values), 10, 20, 800, {
      point: (ms) => seen.push(ms),
      breakLine: () => undefined,
    });
    expect(seen).toEqual([9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  });

  it("breaks the line where a value is missing", () => {
    let breaks = 0;
    const holed = [1, Number.NaN, 2];
    decimate([0, 1, 2], holed, new Pyramid(holed), 0, 2, 100, { point: () => undefined, breakLine: () => breaks++ });
    expect(breaks).toBe(1);
  });

  it("reads values between samples, and none outside", () => {
    expect(valueAt([0, 10], [1, 3], 5)).toBe(2);
    expect(valueAt([0, 10], [1, 3], 10)).toBe(3);
    expect(valueAt([0, 10], [1, 3], 11)).toBeNaN();
    expect(valueAt([0, 10], [1, 3], -1)).toBeNaN();
    expect(valueAt([], [], 0)).toBeNaN();
  });
});
