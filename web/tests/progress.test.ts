import { describe, expect, it } from "vitest";
import { courseOf, curvesOf, type Operation } from "../src/operations/progress.ts";

const moment = (elapsed_s: number, found: object) => ({ elapsed_s, incumbent: null, bound: null, gap: null, ...found });

describe("the progress of a solve", () => {
  it("is the course of its stage, what was found last up to now", () => {
    const course = [moment(1, { bound: 9 }), moment(3, { incumbent: 5, bound: 9, gap: 0.44 })];
    const stages = [
      { name: "queue", course: [], elapsed_s: 7 },
      { name: "solve", course, elapsed_s: 4.5 },
      { name: "validate", course: [], elapsed_s: 1 },
    ];
    expect(courseOf({ stages } as unknown as Operation)).toEqual([
      { elapsedS: 1, incumbent: null, bound: 9, gap: null },
      { elapsedS: 3, incumbent: 5, bound: 9, gap: 0.44 },
      { elapsedS: 4.5, incumbent: 5, bound: 9, gap: 0.44 },
    ]);
  });

  it("is none where nothing is solved", () => {
    expect(courseOf({ stages: [{ name: "horizons", course: [], elapsed_s: 2 }] } as unknown as Operation)).toEqual([]);
  });

  it("is drawn as stairs between the least and the most", () => {
    const moments = [
      { elapsedS: 1, incumbent: null, bound: 10, gap: null },
      { elapsedS: 2, incumbent: 4, bound: 9, gap: 0.5 },
    ];
    expect(curvesOf(moments)).toEqual({
      incumbent: "M100.00 38.00H100",
      bound: "M50.00 2.00H100.00V8.00H100",
      least: 4,
      most: 10,
    });
    expect(curvesOf([])).toBeNull();
  });
});
