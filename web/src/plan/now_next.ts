import type { Item } from "../timeline/model.ts";
import { durationOf, missionTimeOf, momentOf } from "../timeline/time/format.ts";
import { MINUTE_MS } from "../timeline/time/scale.ts";
import { itemsOf, msOf } from "./items.ts";
import type { ActivityJson, Names, PlanJson } from "./plan_json.ts";

/** What comes next in a plan, each null where nothing does. */
export interface Next {
  item: { title: string; startMs: number } | null;
  contact: { title: string; startMs: number } | null;
}

type Starting = { title: string; startMs: number };

/** Starts of what a plan has, in the order of the plan. */
export interface Starts {
  startMs: number;
  endMs: number;
  items: readonly Starting[];
  contacts: readonly Starting[];
}

/** Returns when the items and contacts of a plan start, and what they are called. */
export function startsOf(plan: PlanJson, names: Names): Starts {
  const places = new Map((plan.waypoints ?? []).map((each) => [each.waypoint_id, each.title || each.waypoint_id]));
  const items = itemsOf(plan.activities, names)
    .filter(({ item }) => item.state !== "busy")
    .map(({ item, first }) => ({ startMs: item.startMs, title: titleOf(item, first, places) }));
  const contacts = plan.contacts.map((each) => ({
    title: names.stations[each.station_id ?? ""]?.title ?? (each.station_id || "contact"),
    startMs: msOf(each.interval.start_time),
  }));
  return { startMs: msOf(plan.horizon.start_time), endMs: msOf(plan.horizon.end_time), items, contacts };
}

/** Returns the first item and the first contact that start after a time. */
export const nextAfter = ({ items, contacts }: Starts, ms: number): Next => ({
  item: first(items, ms),
  contact: first(contacts, ms),
});

function titleOf(item: Item, { kind, to_place_id = "" }: ActivityJson, places: ReadonlyMap<string, string>): string {
  if (kind !== "DRIVE") return item.title;
  return `drive to ${(places.get(to_place_id) ?? to_place_id).split(": ", 1)[0]}`;
}

function first(all: readonly Starting[], ms: number): Starting | null {
  let next: Starting | null = null;
  for (const each of all) if (each.startMs > ms && (!next || each.startMs < next.startMs)) next = each;
  return next && { title: next.title, startMs: next.startMs };
}

/**
 * Returns in words where a plan stands: how long until it begins or since it ended, or its time now; and what comes
 * next, from now on while it runs, otherwise from the cursor on where there is one.
 */
export function standing(starts: Starts, nowMs: number, cursorMs: number | null): string[] {
  const { startMs, endMs } = starts;
  const runs = nowMs >= startMs && nowMs < endMs;
  const clock = `Now ${momentOf(wholeMinute(nowMs))}`;
  const where =
    nowMs < startMs
      ? `${clock}, begins in ${durationOf(startMs - nowMs)}`
      : runs
        ? `${clock}, ${missionTimeOf(wholeMinute(nowMs), startMs)}`
        : `${clock}, ended ${durationOf(nowMs - endMs)} ago`;
  const fromMs = runs ? nowMs : cursorMs;
  if (fromMs === null) return [where];
  const { item, contact } = nextAfter(starts, fromMs);
  const told = [item && inTime("next", item, fromMs), contact && inTime("next contact", contact, fromMs)].filter(
    Boolean,
  );
  const what = told.join(", ") || "nothing comes after";
  return [where, `${runs ? "From now" : `From ${momentOf(wholeMinute(fromMs))}`}: ${what}`];
}

const wholeMinute = (ms: number): number => Math.floor(ms / MINUTE_MS) * MINUTE_MS;

const inTime = (what: string, { title, startMs }: Starting, fromMs: number): string =>
  `${what} ${title} in ${durationOf(startMs - fromMs)}`;
