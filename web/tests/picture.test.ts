import { describe, expect, it } from "vitest";
import { pictureRatio } from "../src/timeline/paint/picture.ts";

describe("a picture", () => {
  it("has two pixels for each of the surface", () => {
    expect(pictureRatio(1280, 900)).toBe(2);
  });

  it.each([
    [1280, 40_000],
    [20_000, 300],
    [5000, 5000],
  ])("of %i by %i is one that browsers can draw", (width, height) => {
    const ratio = pictureRatio(width, height);
    expect(ratio * Math.max(width, height)).toBeLessThanOrEqual(16_384);
    expect(ratio * ratio * width * height).toBeLessThanOrEqual(16_777_217);
    expect(ratio).toBeGreaterThan(0);
  });
});
