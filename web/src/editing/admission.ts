import type { Plan, Schemas } from "../api/client.ts";
import { editOf, type PlanEdit } from "./edited_plan.ts";

/** A repetition that is not planned. */
export interface Repetition {
  request_id: string;
  repetition_index?: number;
}

/** Returns the edits that ask for room for a repetition, in the place of planned requests where these are named. */
export function admittingEdits(plan: Plan, wanted: Repetition, without: readonly string[] = []): PlanEdit[] {
  const { request_id, repetition_index = 0 } = wanted;
  const add = { request_id, repetition_index, start_time: null, place_id: "", mode_id: "" };
  const chains = new Map(
    plan.activities
      .filter((each) => without.includes(each.request_id) && !each.is_busy)
      .map((each) => [each.chain_id || each.activity_id, each.activity_id]),
  );
  const item_ids = [...chains.values()];
  return [...(item_ids.length ? [editOf({ remove: { item_ids } })] : []), editOf({ add })];
}

/** Returns the requests without which a change would admit a repetition; empty where it is another kind of change. */
export const givingWay = ({ requests, admissions }: Schemas["WhyNot"]): string[] =>
  admissions.some(({ kind }) => kind === "WITHOUT_REQUESTS") ? requests : [];

/** How a list of what is not planned is cut. */
export interface UnplannedChoice {
  search: string;
  agencyId: string;
  reason: string;
}

/** Returns what is not planned and is looked for, what is worth most first. */
export function chosenUnplanned(
  unplanned: readonly Schemas["UnplannedRequest"][],
  { search, agencyId, reason }: UnplannedChoice,
): Schemas["UnplannedRequest"][] {
  const text = search.trim().toLowerCase();
  return unplanned
    .filter(
      (each) =>
        `${each.title} ${each.request_id}`.toLowerCase().includes(text) &&
        (!agencyId || each.agency_id === agencyId) &&
        (!reason || each.reason === reason),
    )
    .sort((one, other) => (other.value ?? 0) - (one.value ?? 0));
}
