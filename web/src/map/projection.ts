import type { Schemas } from "../api/client.ts";

/** Radius of the Moon's sphere on which the polar grids lie, metres (IAU 2015). */
const RADIUS_M = 1_737_400;
const DEGREES = 180 / Math.PI;

/** A place of the polar stereographic grids IAU_2015:30130 (north) and IAU_2015:30135 (south). */
type GridPoint = Schemas["GridPoint"];

/** Returns longitude and latitude of a place of the grid of a pole, degrees; longitudes from −180 to 180. */
export function placeOf({ x_m, y_m }: GridPoint, isSouth: boolean): Schemas["SurfacePoint"] {
  const colatitude = 2 * DEGREES * Math.atan(Math.hypot(x_m, y_m) / (2 * RADIUS_M));
  const longitude_deg = Math.atan2(x_m, isSouth ? y_m : -y_m) * DEGREES;
  return { longitude_deg, latitude_deg: isSouth ? colatitude - 90 : 90 - colatitude, elevation_m: 0 };
}

/** Returns where a place lies in the grid of its pole. */
export function gridPointOf({ longitude_deg, latitude_deg }: Schemas["SurfacePoint"]): GridPoint {
  const isSouth = latitude_deg < 0;
  const distance = 2 * RADIUS_M * Math.tan((90 - Math.abs(latitude_deg)) / DEGREES / 2);
  const longitude = longitude_deg / DEGREES;
  return { x_m: distance * Math.sin(longitude), y_m: (isSouth ? 1 : -1) * distance * Math.cos(longitude) };
}
