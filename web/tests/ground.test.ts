import { describe, expect, it } from "vitest";
import type { Plan } from "../src/api/client.ts";
import {
  drivenRoutes,
  extentOf,
  type Layer,
  MAP_HEIGHT,
  pixelsOf,
  scaleBarM,
  valuesOf,
  whereabouts,
} from "../src/map/ground.ts";

const at = (from: string, to: string) => ({ start_time: `2029-01-15T${from}:00Z`, end_time: `2029-01-15T${to}:00Z` });
const point = (x_m: number, y_m: number) => ({ x_m, y_m });
const PLAN = {
  horizon: at("00:00", "12:00"),
  waypoints: [
    { waypoint_id: "a", grid_point: point(0, 0) },
    { waypoint_id: "b", grid_point: point(1000, 0) },
  ],
  routes: [
    { from_waypoint_id: "a", to_waypoint_id: "b", reachable: true, path: [point(0, 0), point(500, 0), point(1000, 0)] },
    { from_waypoint_id: "b", to_waypoint_id: "a", reachable: true, path: [] },
  ],
  activities: [
    { kind: "DRIVE", place_id: "b", to_place_id: "a", interval: at("06:00", "08:00") },
    { kind: "DRIVE", place_id: "a", to_place_id: "b", interval: at("02:00", "04:00") },
  ],
} as unknown as Plan;
const when = (clock: string) => Date.parse(`2029-01-15T${clock}:00Z`);

describe("the asset", () => {
  it.each([
    ["00:00", { placeId: "a", point: point(0, 0) }],
    ["02:30", { placeId: null, toPlaceId: "b", point: point(250, 0) }],
    ["04:00", { placeId: "b", point: point(1000, 0) }],
    ["07:30", { placeId: null, toPlaceId: "a", point: point(250, 0) }],
    ["11:00", { placeId: "a", point: point(0, 0) }],
  ])("at %s is where the plan drives it", (clock, where) => {
    expect(whereabouts(PLAN, when(clock))).toMatchObject(where);
  });

  it("of a mission without a ground is nowhere", () => {
    const none = { ...PLAN, waypoints: [], routes: [], activities: [] } as unknown as Plan;
    expect([whereabouts(none, 0), extentOf(none)]).toEqual([null, null]);
  });
});

it("the map holds every place, and a route that is driven both ways once", () => {
  const extent = extentOf(PLAN);
  expect(extent).toEqual({ xMinM: -125, yMaxM: 625, sizeM: 1250 });
  expect(drivenRoutes(PLAN)).toHaveLength(1);
});

it("the map holds places that lie far apart from south to north in the part of it that is shown", () => {
  const tall = { ...PLAN, waypoints: [{ waypoint_id: "n", grid_point: point(500, 3000) }, ...PLAN.waypoints] };
  const extent = extentOf(tall as unknown as Plan);
  const shown = [0, 3000].map((y) => ((extent?.yMaxM ?? 0) - y) / (extent?.sizeM ?? 1));
  expect(shown.every((share) => Math.abs(share - 0.5) < MAP_HEIGHT / 2)).toBe(true);
});

it.each([
  [1250, 200],
  [600, 200],
  [400, 100],
  [3000, 1000],
  [50, 10],
])("a map of %i m has a bar of %i m", (size, bar) => {
  expect(scaleBarM(size)).toBe(bar);
});

it("a layer is float32, little endian, with gaps", () => {
  const bytes = new Uint8Array(new Float32Array([0, 1, Number.NaN, 0.5]).buffer);
  const layer = { data: btoa(String.fromCharCode(...bytes)), width_px: 2, height_px: 2 } as Layer;
  expect([...valuesOf(layer)]).toEqual([0, 1, Number.NaN, 0.5]);
  const pixels = pixelsOf(layer, layer);
  expect([pixels[3], pixels[11]]).toEqual([255, 0]);
  expect(pixels[4]).toBeGreaterThan(pixels[0] ?? 255);
});
