import type { Schemas } from "../api/client.ts";

export type Operation = Schemas["Operation"];

/** What a solve had found at a moment; null where it is not known yet. */
export interface Moment {
  elapsedS: number;
  incumbent: number | null;
  bound: number | null;
  /** What the incumbent lacks to the bound, as a share of it. */
  gap: number | null;
}

/** Returns what the solve of an operation found over time, up to how long it has run; empty where it has none. */
export function courseOf(operation: Operation): Moment[] {
  const stage = operation.stages.findLast((each) => each.course.length);
  if (!stage) return [];
  const moments = stage.course.map((each) => ({
    elapsedS: each.elapsed_s,
    incumbent: each.incumbent ?? null,
    bound: each.bound ?? null,
    gap: each.gap ?? null,
  }));
  const last = moments.at(-1);
  // What was found last still holds.
  return last && stage.elapsed_s > last.elapsedS ? [...moments, { ...last, elapsedS: stage.elapsed_s }] : moments;
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
