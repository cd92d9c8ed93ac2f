import type { Schemas } from "../api/client.ts";

export type Operation = Schemas["Operation"];

/** What a solve has found so far, as the stage of its operation tells it. */
export interface Found {
  incumbent: number | null;
  bound: number | null;
  gapPercent: number | null;
}

const NUMBER = "(-?\\d+(?:\\.\\d+)?)";
const INCUMBENT = new RegExp(`incumbent ${NUMBER}`);
const BOUND = new RegExp(`bound ${NUMBER}`);
const GAP = new RegExp(`gap ${NUMBER} %`);

/** Returns what a stage's words say of incumbent, bound and gap; null where they say nothing of them. */
export function foundOf(detail: string): Found | null {
  const [incumbent, bound, gapPercent] = [INCUMBENT, BOUND, GAP].map((pattern) => {
    const found = pattern.exec(detail);
    return found ? Number(found[1]) : null;
  });
  if (incumbent == null && bound == null) return null;
  return { incumbent: incumbent ?? null, bound: bound ?? null, gapPercent: gapPercent ?? null };
}

/** One moment of a solve. */
export interface Moment extends Found {
  elapsedS: number;
}

/** Returns the moments of a solve with a new one, where it says something else than the last. */
export function withMoment(moments: readonly Moment[], operation: Operation): Moment[] {
  const stage = operation.stages.findLast((each) => foundOf(each.detail));
  const found = stage && foundOf(stage.detail);
  const last = moments.at(-1);
  if (!stage || !found || (last?.incumbent === found.incumbent && last.bound === found.bound)) return [...moments];
  return [...moments, { ...found, elapsedS: stage.elapsed_s }];
}

export const hasEnded = ({ state }: Operation): boolean =>
  state === "SUCCEEDED" || state === "FAILED" || state === "CANCELLED";

/** Follows an operation until it ends; returns what ends that. A stream that breaks off is asked for again. */
export function watchOperation(
  operationId: string,
  onChange: (operation: Operation) => void,
  onLink: (isOpen: boolean) => void,
): () => void {
  const feed = new EventSource(`/api/v1/operations/${encodeURIComponent(operationId)}/events`);
  const take = ({ data }: MessageEvent): void => onChange(JSON.parse(data) as Operation);
  feed.addEventListener("progress", take);
  feed.addEventListener("end", (event) => {
    take(event);
    feed.close();
  });
  feed.addEventListener("open", () => onLink(true));
  // The browser's own error has no data; the platform's says that a service was lost: both are tried again.
  feed.addEventListener("error", () => onLink(false));
  return () => feed.close();
}

/** Returns a path of incumbents and one of bounds in a box of 100 × 40, and the values at its top and foot. */
export function curvesOf(
  moments: readonly Moment[],
): { incumbent: string; bound: string; least: number; most: number } | null {
  const values = moments.flatMap((each) => [each.incumbent, each.bound].filter((value) => value !== null));
  if (!values.length) return null;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const lastS = Math.max(1e-3, moments.at(-1)?.elapsedS ?? 0);
  const y = (value: number): number => (most > least ? 38 - (36 * (value - least)) / (most - least) : 20);
  const pathOf = (of: (moment: Moment) => number | null): string => {
    const known = moments.filter((moment) => of(moment) !== null);
    // What was found holds until something better is: a stair, not a slope.
    const steps = known.map((moment, at) => {
      const [x, height] = [(100 * moment.elapsedS) / lastS, y(of(moment) ?? 0)];
      return at ? `H${x.toFixed(2)}V${height.toFixed(2)}` : `M${x.toFixed(2)} ${height.toFixed(2)}`;
    });
    return known.length ? `${steps.join("")}H100` : "";
  };
  return { incumbent: pathOf((each) => each.incumbent), bound: pathOf((each) => each.bound), least, most };
}
