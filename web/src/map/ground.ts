import type { Plan, Schemas } from "../api/client.ts";

export type Layer = Schemas["MapLayerData"];
type GridPoint = Schemas["GridPoint"];

/** A square of ground on the map's grid, metres; y points up the picture. */
export interface Extent {
  xMinM: number;
  yMaxM: number;
  sizeM: number;
}

/** Where the asset is: at a place, or on its way. */
export interface Whereabouts {
  point: GridPoint;
  placeId: string | null;
  toPlaceId: string | null;
}

const LEAST_SIZE_M = 400;
/** Height of a plan's map over its width. */
export const MAP_HEIGHT = 0.62;

/**
 * Returns the square whose middle part, `MAP_HEIGHT` of its height, holds all places and routes of a plan with room
 * around; null where it has no ground.
 */
export function extentOf(plan: Plan): Extent | null {
  const points = [
    ...plan.waypoints.flatMap((each) => each.grid_point ?? []),
    ...drivenRoutes(plan).flatMap((route) => route.path),
  ];
  if (!points.length) return null;
  const [xs, ys] = [points.map((each) => each.x_m), points.map((each) => each.y_m)];
  const [xMin, xMax, yMin, yMax] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const sizeM = Math.max(LEAST_SIZE_M, 1.25 * Math.max(xMax - xMin, (yMax - yMin) / MAP_HEIGHT));
  return { xMinM: (xMin + xMax - sizeM) / 2, yMaxM: (yMin + yMax + sizeM) / 2, sizeM };
}

const pairOf = (from: string, to: string): string => [from, to].sort().join("\n");

/** Returns the routes that the plan's drives take, each once. */
export function drivenRoutes(plan: Plan): Schemas["Route"][] {
  const driven = new Set(
    plan.activities.filter((each) => each.kind === "DRIVE").map((each) => pairOf(each.place_id, each.to_place_id)),
  );
  const found = new Map<string, Schemas["Route"]>();
  for (const route of plan.routes) {
    const pair = pairOf(route.from_waypoint_id, route.to_waypoint_id);
    if (driven.has(pair) && route.reachable && !found.has(pair)) found.set(pair, route);
  }
  return [...found.values()];
}

/** Returns where the asset is at a time, in milliseconds. */
export function whereabouts(plan: Plan, ms: number): Whereabouts | null {
  const points = new Map(
    plan.waypoints.flatMap((each) => (each.grid_point ? [[each.waypoint_id, each.grid_point]] : [])),
  );
  const drives = plan.activities
    .filter((each) => each.kind === "DRIVE")
    .map((each) => ({
      ...each,
      startMs: Date.parse(each.interval.start_time),
      endMs: Date.parse(each.interval.end_time),
    }))
    .sort((one, other) => one.startMs - other.startMs);
  const begun = drives.findLast((each) => each.startMs <= ms);
  if (begun && ms < begun.endMs) {
    const point = along(
      pathOf(plan, begun.place_id, begun.to_place_id),
      (ms - begun.startMs) / (begun.endMs - begun.startMs),
    );
    return point && { point, placeId: null, toPlaceId: begun.to_place_id };
  }
  const placeId = begun?.to_place_id ?? drives[0]?.place_id ?? plan.waypoints[0]?.waypoint_id ?? "";
  const point = points.get(placeId);
  return point ? { point, placeId, toPlaceId: null } : null;
}

function pathOf(plan: Plan, from: string, to: string): GridPoint[] {
  const forth = plan.routes.find((each) => each.from_waypoint_id === from && each.to_waypoint_id === to);
  if (forth?.path.length) return forth.path;
  const back = plan.routes.find((each) => each.from_waypoint_id === to && each.to_waypoint_id === from);
  return back ? [...back.path].reverse() : [];
}

function along(path: readonly GridPoint[], share: number): GridPoint | null {
  const [first] = path;
  if (!first) return null;
  const lengths = path
    .slice(1)
    .map((each, at) => Math.hypot(each.x_m - (path[at]?.x_m ?? 0), each.y_m - (path[at]?.y_m ?? 0)));
  let left = share * lengths.reduce((sum, each) => sum + each, 0);
  for (const [at, length] of lengths.entries()) {
    const [from, to] = [path[at], path[at + 1]];
    if (from && to && left <= length) {
      const part = length > 0 ? left / length : 0;
      return { x_m: from.x_m + part * (to.x_m - from.x_m), y_m: from.y_m + part * (to.y_m - from.y_m) };
    }
    left -= length;
  }
  return path.at(-1) ?? null;
}

/** Returns a layer's values, row by row from the top; NaN where there is no data. */
export function valuesOf({ data, width_px, height_px }: Layer): Float32Array {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: Math.min(width_px * height_px, bytes.length >> 2) }, (_, at) =>
    view.getFloat32(4 * at, true),
  );
}

type Colour = readonly [red: number, green: number, blue: number];

/** Returns the colour of a layer's value. */
export type Colours = (value: number) => Colour;

const DARK = [120, 130, 152] as const;
const LIT = [244, 236, 208] as const;
const PLAIN = [206, 208, 212] as const;

/** Returns colours that run evenly from one value's to another's, and stay beyond them. */
export const between =
  (from: Colour, to: Colour, least = 0, most = 1): Colours =>
  (value) => {
    const share = Math.max(0, Math.min(1, (value - least) / (most - least)));
    const [red, green, blue] = from.map((each, at) => each + share * ((to[at] ?? 0) - each));
    return [red ?? 0, green ?? 0, blue ?? 0];
  };

/** Colours of the share of the Sun's disc in view. */
export const LIGHT_COLOURS = between(DARK, LIT);

/** Returns grey relief, tinted by a layer's values where they are known, as the pixels of an image. */
export function pixelsOf(
  relief: Layer,
  over: Layer | null,
  colours: Colours = LIGHT_COLOURS,
): Uint8ClampedArray<ArrayBuffer> {
  const shades = valuesOf(relief);
  const values = over?.width_px === relief.width_px && over.height_px === relief.height_px ? valuesOf(over) : null;
  const [least, most] = rangeOf(shades) ?? [0, 0];
  const pixels = new Uint8ClampedArray(4 * shades.length);
  shades.forEach((shade, at) => {
    if (!Number.isFinite(shade)) return;
    const grey = most > least ? (shade - least) / (most - least) : 0.5;
    const value = values?.[at] ?? Number.NaN;
    const [red, green, blue] = Number.isFinite(value) ? colours(value) : PLAIN;
    const depth = 0.72 + 0.28 * grey;
    pixels.set([red * depth, green * depth, blue * depth, 255], 4 * at);
  });
  return pixels;
}

/** Returns the least and the highest of the values that are known; null where none is. */
export function rangeOf(values: Float32Array): [least: number, most: number] | null {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return least <= most ? [least, most] : null;
}

/** Returns a layer's value at a place of its grid; null outside it, and where it has no data. */
export function valueAt(layer: Layer, values: Float32Array, { x_m, y_m }: GridPoint): number | null {
  const column = Math.floor((x_m - layer.x_min_m) / layer.pixel_size_m);
  const row = Math.floor((layer.y_max_m - y_m) / layer.pixel_size_m);
  if (column < 0 || row < 0 || column >= layer.width_px || row >= layer.height_px) return null;
  const value = values[row * layer.width_px + column] ?? Number.NaN;
  return Number.isFinite(value) ? value : null;
}

/** Returns a round length for a scale bar of at most a third of the map, metres. */
export function scaleBarM(sizeM: number): number {
  const most = sizeM / 3;
  const power = 10 ** Math.floor(Math.log10(most));
  return ([5, 2, 1].find((each) => each * power <= most) ?? 1) * power;
}
