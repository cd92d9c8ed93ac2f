import type { Schemas } from "../api/client.ts";

type Profile = Schemas["HorizonProfile"];
type Series = Schemas["LightSeries"];

/** Width and height of the box in which a skyline is drawn; a degree of azimuth is one unit wide. */
export const BOX = { width: 360, height: 120 } as const;
const BIN_DEG = 3;
const ROOM_DEG = 0.4;

/** A skyline all round as paths in the box, with the ground that Sun and Earth sweep behind it. */
export interface SkylineDrawing {
  /** The ground, closed at the foot of the box. */
  ground: string;
  /** One standard deviation about the skyline. */
  error: string;
  sun: string;
  earth: string;
  leastDeg: number;
  mostDeg: number;
  /** Height of the horizontal in the box. */
  level: number;
}

/** Returns the skyline of a point, and where Sun and Earth stood over it where a series says so. */
export function drawSkyline(profile: Profile, series: Series | null): SkylineDrawing {
  const step = profile.azimuth_step_deg;
  const heights = [...profile.elevation_deg, profile.elevation_deg[0] ?? 0];
  const bodies = [
    swept(series?.sun_azimuth_deg ?? [], series?.sun_elevation_deg ?? []),
    swept(series?.earth_azimuth_deg ?? [], series?.earth_elevation_deg ?? []),
  ] as const;
  const ends = bodies.flat().flatMap(({ least, most }) => [least, most]);
  const leastDeg = lowest([...heights, ...ends, 0]) - ROOM_DEG;
  const mostDeg = -lowest([...heights, ...ends, 0].map((each) => -each)) + ROOM_DEG;
  const y = (deg: number): number => (BOX.height * (mostDeg - deg)) / (mostDeg - leastDeg);
  const lineOf = (offset: number): string[] =>
    heights.map((deg, at) => `${(at * step).toFixed(1)} ${y(deg + offset).toFixed(2)}`);
  const error = profile.elevation_error_deg;
  return {
    ground: `M${lineOf(0).join("L")}L${BOX.width} ${BOX.height}L0 ${BOX.height}Z`,
    error: `M${lineOf(error).join("L")}L${lineOf(-error).reverse().join("L")}Z`,
    sun: areaOf(bodies[0], y),
    earth: areaOf(bodies[1], y),
    leastDeg,
    mostDeg,
    level: y(0),
  };
}

const lowest = (values: readonly number[]): number => values.reduce((least, each) => Math.min(least, each));

interface Swept {
  azimuthDeg: number;
  least: number;
  most: number;
}

/** Returns the lowest and the highest that a body stood, by azimuth. */
function swept(azimuths: readonly number[], elevations: readonly number[]): Swept[] {
  const bins = new Map<number, Swept>();
  azimuths.forEach((azimuth, at) => {
    const azimuthDeg = BIN_DEG * Math.floor((azimuth % 360) / BIN_DEG);
    const elevation = elevations[at] ?? 0;
    const { least, most } = bins.get(azimuthDeg) ?? { least: elevation, most: elevation };
    bins.set(azimuthDeg, { azimuthDeg, least: Math.min(least, elevation), most: Math.max(most, elevation) });
  });
  return [...bins.values()].sort((one, other) => one.azimuthDeg - other.azimuthDeg);
}

const areaOf = (bins: readonly Swept[], y: (deg: number) => number): string =>
  bins
    .map(({ azimuthDeg, least, most }) => {
      const [top, foot] = [y(most), y(least)];
      return `M${azimuthDeg} ${top.toFixed(2)}h${BIN_DEG}V${foot.toFixed(2)}h-${BIN_DEG}Z`;
    })
    .join("");

/** What is seen in a direction of a skyline. */
export interface Direction {
  azimuthDeg: number;
  elevationDeg: number;
}

/** Returns the height of a skyline at an azimuth, straight between those that are known. */
export function heightAt(profile: Profile, azimuthDeg: number): Direction {
  const count = profile.elevation_deg.length;
  const at = azimuthDeg / profile.azimuth_step_deg;
  const [before, after] = [Math.floor(at), Math.floor(at) + 1].map((each) => profile.elevation_deg[each % count] ?? 0);
  const share = at - Math.floor(at);
  return { azimuthDeg, elevationDeg: (before ?? 0) + share * ((after ?? 0) - (before ?? 0)) };
}
