import type { Schemas } from "../api/client.ts";
import { between, type Colours, LIGHT_COLOURS } from "../map/ground.ts";

/** A layer of the map of sites: how it is coloured, and how its values are told. */
export interface GroundLayer {
  id: Schemas["MapLayer"];
  title: string;
  /** True where it is the mean of a span, and takes its time. */
  ofLight: boolean;
  colours: Colours;
  /** What the legend shows, from the least to the highest value. */
  stops: { value: number; says: string }[];
  say: (value: number) => string;
}

const PALE = [222, 224, 228] as const;
const STEEP = [96, 102, 112] as const;
const BROKEN = [214, 128, 124] as const;
const BELOW = [214, 218, 224] as const;
const IN_VIEW = [91, 143, 184] as const;
const percent = (value: number): string => `${(100 * value).toFixed(0)} %`;
const metres = (value: number): string => `${Math.round(value).toLocaleString("en-US").replace("-", "−")} m`;

/** Returns the layers of a map; ground steeper than the lander's limit is coloured as broken. */
export function groundLayers(maxSlopeDeg: number, range: readonly [number, number] | null): GroundLayer[] {
  const [low, high] = range ?? [0, 1];
  const slope = between(PALE, STEEP, 0, maxSlopeDeg);
  return [
    {
      id: "HILLSHADE",
      title: "Relief",
      ofLight: false,
      colours: () => PALE,
      stops: [],
      say: () => "",
    },
    {
      id: "ELEVATION",
      title: "Height",
      ofLight: false,
      colours: between(STEEP, PALE, low, high),
      stops: [low, high].map((value) => ({ value, says: metres(value) })),
      say: metres,
    },
    {
      id: "SLOPE",
      title: "Slope",
      ofLight: false,
      colours: (value) => (value > maxSlopeDeg ? BROKEN : slope(value)),
      stops: [
        { value: 0, says: "0°" },
        { value: maxSlopeDeg, says: `${maxSlopeDeg}°` },
        { value: maxSlopeDeg + 1e-6, says: "steeper than the lander may stand" },
      ],
      say: (value) => `${value.toFixed(1)}°`,
    },
    {
      id: "ILLUMINATION",
      title: "Light",
      ofLight: true,
      colours: LIGHT_COLOURS,
      stops: [0, 1].map((value) => ({ value, says: percent(value) })),
      say: (value) => `${percent(value)} of the disc`,
    },
    {
      id: "EARTH_VISIBILITY",
      title: "Earth",
      ofLight: true,
      colours: between(BELOW, IN_VIEW),
      stops: [0, 1].map((value) => ({ value, says: percent(value) })),
      say: (value) => `${percent(value)} in view`,
    },
  ];
}

/** Returns a colour as a style sheet has it. */
export const cssOf = (colour: ReturnType<Colours>): string =>
  `rgb(${colour.map((each) => Math.round(each)).join(" ")})`;
