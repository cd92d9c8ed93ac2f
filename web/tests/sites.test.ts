import { describe, expect, it } from "vitest";
import type { Schemas } from "../src/api/client.ts";
import { type Layer, valueAt, valuesOf } from "../src/map/ground.ts";
import { gridPointOf, placeOf } from "../src/map/projection.ts";
import { lightDocument, monthsOf, type PointLight, runsOf } from "../src/sites/light_document.ts";
import { barOf, distinctSearches, partValue } from "../src/sites/ranking.ts";
import { drawSkyline, heightAt } from "../src/sites/skyline.ts";
import { HOUR_MS } from "../src/timeline/time/scale.ts";

// pyproj 3.7, from IAU_2015:30100 to the grid of each pole.
describe.each([
  [-139.57392126, 89.46195602, -10580.0, 12420.0],
  [0, 85, 0, -151713.0444],
  [90, 80.5, 288733.6143, 0],
  [179.5, 88, 529.2893, 60650.5501],
])("the place at %f, ±%f", (longitude_deg, north_deg, x_m, north_y_m) => {
  it.each([
    [1, false],
    [-1, true],
  ])("lies in its grid where pyproj has it", (sign, isSouth) => {
    const place = { longitude_deg, latitude_deg: sign * north_deg, elevation_m: 0 };
    const point = gridPointOf(place);
    expect(point.x_m).toBeCloseTo(x_m, 2);
    expect(point.y_m).toBeCloseTo(sign * north_y_m, 2);
    expect(placeOf(point, isSouth).latitude_deg).toBeCloseTo(place.latitude_deg, 8);
    expect(placeOf(point, isSouth).longitude_deg).toBeCloseTo(longitude_deg, 6);
  });
});

it("a layer's value is that of the pixel that holds a point, and none outside it or without data", () => {
  const bytes = new Uint8Array(new Float32Array([1, 2, Number.NaN, 4]).buffer);
  const data = btoa(String.fromCharCode(...bytes));
  const layer = { data, width_px: 2, height_px: 2, x_min_m: -10, y_max_m: 10, pixel_size_m: 10 } as Layer;
  const at = (x_m: number, y_m: number) => valueAt(layer, valuesOf(layer), { x_m, y_m });
  expect([at(-5, 5), at(5, 5), at(-5, -5), at(5, -5), at(11, 0), at(0, 11)]).toEqual([1, 2, null, 4, null, null]);
});

const PROFILE = {
  azimuth_step_deg: 90,
  elevation_deg: [-1, 0, 2, 0],
  elevation_error_deg: 0.1,
} as Schemas["HorizonProfile"];

describe("a skyline", () => {
  it.each([
    [0, -1],
    [45, -0.5],
    [180, 2],
    [315, -0.5],
  ])("at azimuth %i stands at %f, also across north", (azimuth, height) => {
    expect(heightAt(PROFILE, azimuth).elevationDeg).toBeCloseTo(height);
  });

  it("has room for what Sun and Earth do above and below it", () => {
    const series = {
      sun_azimuth_deg: [10, 11, 200],
      sun_elevation_deg: [1, 5, -3],
      earth_azimuth_deg: [359.99],
      earth_elevation_deg: [-6],
    } as unknown as Schemas["LightSeries"];
    const drawn = drawSkyline(PROFILE, series);
    expect([drawn.leastDeg, drawn.mostDeg]).toEqual([-6.4, 5.4]);
    expect(drawn.sun.match(/M/g)).toHaveLength(2);
    expect(drawn.earth).toMatch(/^M357 /);
    expect(drawSkyline(PROFILE, null).sun).toBe("");
  });
});

const START_MS = Date.UTC(2029, 0, 31, 22);
const LIGHT: PointLight = {
  startMs: START_MS,
  endMs: START_MS + 6 * HOUR_MS,
  stepMs: HOUR_MS,
  series: {
    sun_fraction: [0.5, 0, 0, 0, 1, 1],
    earth_visible: [true, true, false, false, false, true],
    sun_azimuth_deg: [],
    sun_elevation_deg: [],
    earth_visible_fraction: 0.5,
  } as unknown as Schemas["LightSeries"],
};

describe("light at a point", () => {
  it("is told by month, with nights that reach over its end", () => {
    const [january, february] = monthsOf(LIGHT);
    expect(january).toMatchObject({ title: "Jan 2029", meanSunFraction: 0.25, litShare: 0.5, earthShare: 1 });
    expect(january?.longestNightMs).toBe(HOUR_MS);
    expect(february).toMatchObject({ title: "Feb 2029", meanSunFraction: 0.5, bothShare: 0.25 });
    expect(february?.longestNightMs).toBe(3 * HOUR_MS);
  });

  it("is drawn as bands of whole steps", () => {
    expect(runsOf([true, false, true, true])).toEqual([
      [0, 1],
      [2, 4],
    ]);
    const [sun, earth] = lightDocument(LIGHT).groups[0]?.lanes ?? [];
    expect(
      sun?.bands.map(({ startMs, endMs }) => [(startMs - START_MS) / HOUR_MS, (endMs - START_MS) / HOUR_MS]),
    ).toEqual([
      [0, 1],
      [4, 6],
    ]);
    expect(earth?.bands).toHaveLength(2);
  });
});

describe("a ranking", () => {
  const parts = [
    { criterion: "SLOPE", value: 1.5, unit: "deg", normalised: 0.5, weight: 0.75, contribution: 0.375 },
    { criterion: "SHADOW_DISTANCE", value: -1, unit: "m", normalised: 1, weight: 0.25, contribution: 0.25 },
  ] as Schemas["ScorePart"][];

  it("has parts that fill a bar where each is best", () => {
    const bars = barOf(parts);
    expect(bars.map(({ x, width, lost }) => [x, width, lost])).toEqual([
      [0, 37.5, 37.5],
      [75, 25, 0],
    ]);
  });

  it("tells values in their units", () => {
    expect(parts.map(partValue)).toEqual(["1.5°", "none was found"]);
    const part = (value: number, unit: string) => partValue({ ...parts[0], value, unit } as Schemas["ScorePart"]);
    expect([part(134_400, "s"), part(0.951, ""), part(468, "m")]).toEqual(["37 h 20 min", "95.1 %", "468 m"]);
  });

  it("shows what says the same once", () => {
    const of = (site_search_id: string, seed: number) =>
      ({ site_search_id, request: { max_sites: seed } }) as Schemas["SiteSearch"];
    expect(distinctSearches([of("c", 1), of("b", 2), of("a", 1)]).map((each) => each.site_search_id)).toEqual([
      "c",
      "b",
    ]);
  });
});
