import type { Span } from "../timeline/time/scale.ts";
import type { TimelineView } from "../timeline/view.ts";
import type { LanesBy } from "./plan_document.ts";

/** How somebody looks at a plan, as far as it is not the way in which the plan opens. */
export interface PlanLook {
  span?: Span;
  lanesBy?: LanesBy;
  agencies?: string[];
  search?: string;
  isMissionTime?: boolean;
}

const LANES: readonly string[] = ["place", "type", "agency"] satisfies LanesBy[];

/** Reads the part of an address that says how a plan is looked at; what is none of it is left out. */
export function readLook(query: URLSearchParams): PlanLook {
  const [startMs, endMs] = ["from", "to"].map((name) => Date.parse(query.get(name) ?? ""));
  const lanesBy = query.get("lanes") ?? "";
  const agencies = (query.get("of") ?? "").split(",").filter(Boolean);
  const search = query.get("search") ?? "";
  return {
    ...(startMs !== undefined && endMs !== undefined && startMs < endMs ? { span: { startMs, endMs } } : {}),
    ...(LANES.includes(lanesBy) ? { lanesBy: lanesBy as LanesBy } : {}),
    ...(agencies.length ? { agencies } : {}),
    ...(search ? { search } : {}),
    ...(query.get("time") === "mission" ? { isMissionTime: true } : {}),
  };
}

/** Returns the part of an address by which a plan is looked at so. Times are UTC, to the second. */
export function writeLook(look: PlanLook): [string, string][] {
  const { span, lanesBy, agencies, search, isMissionTime } = look;
  const parts: [string, string | undefined][] = [
    ["from", span && timeOf(span.startMs)],
    ["to", span && timeOf(span.endMs)],
    ["lanes", lanesBy === "place" ? undefined : lanesBy],
    ["of", agencies?.join(",")],
    ["search", search],
    ["time", isMissionTime ? "mission" : undefined],
  ];
  return parts.filter((part): part is [string, string] => Boolean(part[1]));
}

const timeOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Returns how a plan is looked at by a timeline that shows it whole from `whole.startMs` to `whole.endMs`. */
export function lookOf(view: TimelineView, whole: Span, lanesBy: LanesBy): PlanLook {
  const { startMs, endMs, agencies, search, mode } = view;
  const isWhole = startMs <= whole.startMs && endMs >= whole.endMs;
  return {
    ...(isWhole ? {} : { span: { startMs, endMs } }),
    lanesBy,
    agencies,
    search,
    isMissionTime: mode === "mission",
  };
}

/** Returns the view of a timeline that looks so. */
export function viewOf(look: PlanLook, whole: Span): TimelineView {
  const { startMs, endMs } = look.span ?? whole;
  const mode = look.isMissionTime ? "mission" : "utc";
  const { agencies = [], search = "" } = look;
  return { version: 1, startMs, endMs, mode, hiddenLanes: [], agencies, search };
}
