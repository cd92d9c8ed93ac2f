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

/** Returns the square that holds all places and routes of a plan, with room around; null where it has no ground. */
export function extentOf(plan: Plan): Extent | null {
  const points = [
    ...plan.waypoints.flatMap((each) => each.grid_point ?? []),
    ...drivenRoutes(plan).flatMap((route) => route.path),
  ];
  if (!points.length) return null;
  const [xs, ys] = [points.map((each) => each.x_m), points.map((each) => each.y_m)];
  const [xMin, xMax, yMin, yMax] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const sizeM = Math.max(LEAST_SIZE_M, 1.25 * Math.max(xMax - xMin, yMax - yMin));
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

/** Returns grey relief, tinted by the share of the Sun's disc where light is known, as the pixels of an image. */
export function pixelsOf(relief: Layer, light: Layer | null): Uint8ClampedArray<ArrayBuffer> {
  const shades = valuesOf(relief);
  const lit =
    light && light.width_px === relief.width_px && light.height_px === relief.height_px ? valuesOf(light) : null;
  const finite = shades.filter(Number.isFinite);
  const [least, most] = [Math.min(...finite), Math.max(...finite)];
  const pixels = new Uint8ClampedArray(4 * shades.length);
  shades.forEach((shade, at) => {
    if (!Number.isFinite(shade)) return;
    const grey = most > least ? (shade - least) / (most - least) : 0.5;
    const sun = lit?.[at] ?? Number.NaN;
    const [red, green, blue] = Number.isFinite(sun) ? mixed(DARK, LIT, Math.max(0, Math.min(1, sun))) : PLAIN;
    const depth = 0.72 + 0.28 * grey;
    pixels.set([red * depth, green * depth, blue * depth, 255], 4 * at);
  });
  return pixels;
}

const DARK = [120, 130, 152] as const;
const LIT = [244, 236, 208] as const;
const PLAIN = [206, 208, 212] as const;
const mixed = (from: readonly number[], to: readonly number[], share: number): [number, number, number] =>
  from.map((each, at) => each + share * ((to[at] ?? 0) - each)) as [number, number, number];

/** Returns a round length for a scale bar of at most a third of the map, metres. */
export function scaleBarM(sizeM: number): number {
  const most = sizeM / 3;
  const power = 10 ** Math.floor(Math.log10(most));
  return ([5, 2, 1].find((each) => each * power <= most) ?? 1) * power;
}
