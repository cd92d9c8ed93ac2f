import type { ActivityJson, PlanJson } from "../plan/plan_json.ts";
import { editName, editOf, type PlanEdit } from "./edited_plan.ts";

/** What of a plan is shifted together. */
export interface ShiftChoice {
  /** What starts before this stays. */
  fromMs: number;
  /** Contacts stay where their windows are unless they are chosen too. */
  withContacts: boolean;
  /** Names of activities that are held where they are, by the edits so far; null where there are none. */
  lockedIds: readonly string[] | null;
}

/**
 * Returns the names of all that starts at a time or later and can be shifted: activities, each chain once, drives, and
 * contacts where they are chosen. A chain that has begun before, or of which a step is locked, stays.
 */
export function shiftedItems(plan: PlanJson, { fromMs, withContacts, lockedIds }: ShiftChoice): string[] {
  const locked = lockedIds && new Set(lockedIds);
  const isLocked = (each: ActivityJson): boolean =>
    locked ? locked.has(each.activity_id ?? "") : each.is_locked === true;
  const chains = new Map<string, boolean>();
  for (const each of plan.activities) {
    const itemId = (each.chain_id || each.activity_id) ?? "";
    if (each.is_busy) continue;
    const stays = Date.parse(each.interval.start_time) < fromMs || isLocked(each);
    chains.set(itemId, stays || chains.get(itemId) === true);
  }
  const names = [...chains].flatMap(([itemId, stays]) => (stays ? [] : (editName(plan, itemId) ?? [])));
  if (!withContacts) return names;
  const contacts = plan.contacts
    .filter((each) => Date.parse(each.interval.start_time) >= fromMs)
    .flatMap((each) => editName(plan, `contact/${each.station_id ?? ""}/${each.interval.start_time}`) ?? []);
  return [...names, ...contacts];
}

/** Returns the edit that shifts items by a time, in milliseconds; below zero is earlier. */
export const shiftEdit = (item_ids: string[], byMs: number): PlanEdit =>
  editOf({ shift: { item_ids, offset_s: Math.round(byMs / 1000) } });
