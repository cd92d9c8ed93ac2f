import { describe, expect, it } from "vitest";
import { placeLabels } from "../src/map/labels.ts";

const MAP = { right: 100, bottom: 62 };
const at = (x: number, y: number, name: string) => ({ x, y, name });

describe("names on a map", () => {
  it("stand to the right of their points where there is room", () => {
    expect(placeLabels([at(20, 30, "Haven")], 3, MAP)[0]).toMatchObject({ anchor: "start", labelY: 30 + 0.38 * 3 });
  });

  it("stand to the left where they would leave the map", () => {
    expect(placeLabels([at(98, 30, "Haven")], 3, MAP)[0]?.anchor).toBe("end");
  });

  it("give way to points and to names that stand already", () => {
    const [first, second] = placeLabels([at(50, 30, "Landing site"), at(53, 30, "Haven")], 3, MAP);
    expect([first?.anchor, second?.anchor]).toEqual(["end", "start"]);
  });

  it("of three points in a row are all apart", () => {
    const labels = placeLabels([at(40, 30, "Plain"), at(50, 30, "Shade"), at(60, 30, "Hollow")], 3, MAP);
    expect(new Set(labels.map(({ anchor, labelX, labelY }) => `${anchor} ${labelX} ${labelY}`)).size).toBe(3);
    expect(labels.every(({ labelY }) => labelY > 0 && labelY < 62)).toBe(true);
  });

  it("of places that are the same point still have a place", () => {
    expect(placeLabels([at(5, 5, "月面"), at(5, 5, "月面"), at(5, 5, "x".repeat(200))], 3, MAP)).toHaveLength(3);
  });
});
