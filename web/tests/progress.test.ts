import { describe, expect, it } from "vitest";
import { curvesOf, foundOf, type Moment, type Operation, withMoment } from "../src/operations/progress.ts";

const operationOf = (detail: string, elapsed_s: number): Operation =>
  ({
    stages: [
      { name: "queue", detail: "" },
      { name: "solve", detail, elapsed_s },
      { name: "validate", detail: "" },
    ],
  }) as unknown as Operation;

describe("the progress of a solve", () => {
  it.each([
    ["no plan yet, bound 2068.2", { incumbent: null, bound: 2068.2, gapPercent: null }],
    ["incumbent 2010.6, bound 2068.2, gap 2.8 %", { incumbent: 2010.6, bound: 2068.2, gapPercent: 2.8 }],
    ["incumbent -3, bound 0, gap 100 %", { incumbent: -3, bound: 0, gapPercent: 100 }],
    ["Skylines and shadow", null],
    ["", null],
  ])("reads %s", (detail, found) => {
    expect(foundOf(detail)).toEqual(found);
  });

  it("keeps a moment where something else is found, and none twice", () => {
    let moments: Moment[] = [];
    for (const [detail, elapsed] of [
      ["no plan yet, bound 9", 1],
      ["no plan yet, bound 9", 2],
      ["incumbent 5, bound 9, gap 44 %", 3],
      ["", 4],
    ] as const) {
      moments = withMoment(moments, operationOf(detail, elapsed));
    }
    expect(moments.map((each) => [each.elapsedS, each.incumbent])).toEqual([
      [1, null],
      [3, 5],
    ]);
  });

  it("is drawn as stairs between the least and the most", () => {
    const moments = [
      { elapsedS: 1, incumbent: null, bound: 10, gapPercent: null },
      { elapsedS: 2, incumbent: 4, bound: 9, gapPercent: 50 },
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
