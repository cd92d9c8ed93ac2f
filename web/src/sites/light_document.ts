import type { Schemas } from "../api/client.ts";
import type { Band, BandKind, CurveLane, StripLane, TimelineDocument } from "../timeline/model.ts";
import { monthOf } from "../timeline/time/format.ts";

type Series = Schemas["LightSeries"];

/** Light at one point in equal steps of a span. */
export interface PointLight {
  series: Series;
  startMs: number;
  endMs: number;
  stepMs: number;
}

/** Returns the first series of an answer; null where it has none. */
export function lightOf(answer: Schemas["LightSeriesOfPoints"]): PointLight | null {
  const [series] = answer.series;
  if (!series || !answer.span) return null;
  const [startMs, endMs] = [Date.parse(answer.span.start_time), Date.parse(answer.span.end_time)];
  return { series, startMs, endMs, stepMs: answer.step_s * 1000 };
}

const isLit = (fraction: number): boolean => fraction > 0;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Returns light and Earth at a point as a timeline. */
export function lightDocument(light: PointLight): TimelineDocument {
  const { series, startMs, endMs, stepMs } = light;
  const lit = series.sun_fraction.map(isLit);
  const timesMs = Float64Array.from(series.sun_fraction, (_, at) => startMs + (at + 0.5) * stepMs);
  const base = { kind: "strip", note: "", agency: null } as const;
  const height = series.sun_elevation_deg.length
    ? { ...course("sun", "Sun", "°", timesMs, series.sun_elevation_deg), look: "sun" as const }
    : null;
  const strips: StripLane[] = [
    {
      ...base,
      id: "sun",
      title: "Sun",
      total: percent(shareOf(lit)),
      bands: bandsOf(lit, "light", light),
      curve: height,
      says: ["lit", "dark"],
    },
    {
      ...base,
      id: "earth",
      title: "Earth",
      total: percent(series.earth_visible_fraction),
      bands: bandsOf(series.earth_visible, "earth", light),
      curve: null,
      says: ["in view", "below"],
    },
  ];
  const disc: CurveLane = {
    kind: "curve",
    id: "disc",
    title: "Disc in view",
    note: "",
    total: "",
    agency: null,
    bands: [],
    curves: [
      {
        ...course(
          "disc",
          "Disc in view",
          "%",
          timesMs,
          series.sun_fraction.map((each) => 100 * each),
        ),
        look: "filled",
      },
    ],
  };
  return {
    startMs,
    endMs,
    dayZeroMs: startMs,
    snapMs: 0,
    agencies: [],
    groups: [{ id: "point", title: "", note: "", unit: "", lanes: [...strips, disc] }],
    path: [],
  };
}

const course = (id: string, title: string, unit: string, timesMs: Float64Array, values: number[]) => ({
  id,
  title,
  unit,
  timesMs,
  values,
  floor: null,
  capacity: null,
});

function bandsOf(holds: readonly boolean[], kind: BandKind, { startMs, stepMs }: PointLight): Band[] {
  return runsOf(holds).map(([from, to]) => ({ kind, startMs: startMs + from * stepMs, endMs: startMs + to * stepMs }));
}

/** Returns from which step to before which each run of true values is. */
export function runsOf(holds: readonly boolean[]): [from: number, to: number][] {
  const runs: [number, number][] = [];
  holds.forEach((each, at) => {
    const last = runs.at(-1);
    if (!each) return;
    if (last?.[1] === at) last[1] = at + 1;
    else runs.push([at, at + 1]);
  });
  return runs;
}

const shareOf = (holds: readonly boolean[]): number => (holds.length ? holds.filter(Boolean).length / holds.length : 0);

/** Light of a calendar month, of which the first and the last may be there in part. */
export interface MonthOfLight {
  title: string;
  meanSunFraction: number;
  litShare: number;
  earthShare: number;
  bothShare: number;
  /** Longest spell without any of the disc that ends in the month or with it, ms. */
  longestNightMs: number;
}

/** Returns a point's light by calendar month, UTC. */
export function monthsOf({ series, startMs, stepMs }: PointLight): MonthOfLight[] {
  const byMonth = new Map<string, number[]>();
  series.sun_fraction.forEach((_, at) => {
    const month = monthOf(startMs + (at + 0.5) * stepMs);
    const steps = byMonth.get(month);
    if (steps) steps.push(at);
    else byMonth.set(month, [at]);
  });
  const nightAt = nightsUpTo(series.sun_fraction);
  return [...byMonth].map(([title, steps]) => {
    const fractions = steps.map((at) => series.sun_fraction[at] ?? 0);
    const earth = steps.map((at) => series.earth_visible[at] ?? false);
    return {
      title,
      meanSunFraction: fractions.reduce((sum, each) => sum + each, 0) / fractions.length,
      litShare: shareOf(fractions.map(isLit)),
      earthShare: shareOf(earth),
      bothShare: shareOf(fractions.map((each, at) => isLit(each) && earth[at] === true)),
      longestNightMs: stepMs * steps.reduce((longest, at) => Math.max(longest, nightAt[at] ?? 0), 0),
    };
  });
}

/** Returns for each step how many steps the night has lasted that it is in, itself among them. */
function nightsUpTo(fractions: readonly number[]): number[] {
  let night = 0;
  return fractions.map((each) => {
    night = isLit(each) ? 0 : night + 1;
    return night;
  });
}
