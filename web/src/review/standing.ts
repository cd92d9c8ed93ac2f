import type { Plan, Schemas } from "../api/client.ts";
import type { Names } from "../plan/plan_json.ts";
import { HOUR_MS } from "../timeline/time/scale.ts";

type Comparison = Schemas["PlanComparison"];
type Change = Schemas["PlanChange"];
export type Delegation = Schemas["Delegation"];

/** How an agency stands to a plan under review. Shapes: ring not asked, clock waiting, tick, half disc, cross. */
export type Mark = "not-asked" | "waiting" | "approved" | "conditional" | "rejected" | "stale";

/** What an agency has in a plan, and what it said of it. */
export interface AgencyStanding {
  agency: string;
  requestedValue: number | null;
  plannedValue: number | null;
  itemCount: number;
  hours: number;
  changedCount: number | null;
  mark: Mark;
  title: string;
  text: string;
}

/** Returns the standing of every agency that has something in a plan or to say of it, reviewers first. */
export function standingsOf(plan: Plan, comparison: Comparison | null, agencies: readonly string[]): AgencyStanding[] {
  const needed = reviewersOf(plan);
  const heard = plan.reviews.map((review) => review.agency_id);
  const all = [...new Set([...needed, ...heard, ...agencies])];
  return all.map((agency) => ({
    agency,
    ...shareOf(plan, agency),
    ...workOf(plan, agency),
    ...saidOf(plan, agency, needed),
    changedCount: changedOf(comparison, agency),
  }));
}

/** Agencies that the sign-off rule names, as far as the standing tells them. */
export function reviewersOf(plan: Plan): string[] {
  const { sign_off } = plan;
  if (!sign_off) return [];
  const named = sign_off.sufficient.flatMap((each) => each.agency_ids);
  return [...new Set([...sign_off.needed_agency_ids, ...sign_off.approved_agency_ids, ...named])].sort();
}

function shareOf(plan: Plan, agency: string): Pick<AgencyStanding, "requestedValue" | "plannedValue"> {
  const share = plan.objective?.agency_shares.find((each) => each.agency_id === agency);
  return { requestedValue: share?.requested_value ?? null, plannedValue: share?.planned_value ?? null };
}

function workOf(plan: Plan, agency: string): Pick<AgencyStanding, "itemCount" | "hours"> {
  const own = plan.activities.filter((activity) => activity.agency_id === agency && activity.kind === "REQUESTED");
  const chains = new Set(own.map((activity) => activity.chain_id || activity.activity_id));
  const ms = own.reduce(
    (sum, { interval }) => sum + Date.parse(interval.end_time) - Date.parse(interval.start_time),
    0,
  );
  return { itemCount: chains.size, hours: ms / HOUR_MS };
}

const changedOf = (comparison: Comparison | null, agency: string): number | null =>
  comparison?.changes.filter((change) => change.agency_id === agency).length ?? null;

type Said = Pick<AgencyStanding, "mark" | "title" | "text">;

function saidOf(plan: Plan, agency: string, needed: readonly string[]): Said {
  const review = plan.reviews.findLast((each) => each.agency_id === agency && each.decision !== "WITHDRAWN");
  if (!review) return unsaid(plan, agency, needed);
  const by = review.delegate_agency_id ? `Said by ${review.delegate_agency_id} for it. ` : "";
  if (!review.approved) return { mark: "rejected", title: "Rejected", text: by + review.comment };
  const open = review.conditions.filter((condition) => condition.state === "OPEN");
  if (open.length && review.content_hash === plan.content_hash)
    return {
      mark: "conditional",
      title: "Signed with a condition",
      text: by + open.map((each) => each.text).join("; "),
    };
  const uncounted = plan.sign_off?.not_counted[agency];
  if (review.content_hash !== plan.content_hash || uncounted)
    return { mark: "stale", title: "Does not count any more", text: by + (uncounted ?? "signed another content") };
  return { mark: "approved", title: "Signed this hash", text: by + review.comment };
}

function unsaid(plan: Plan, agency: string, needed: readonly string[]): Said {
  if (plan.state !== "SUBMITTED") return { mark: "not-asked", title: "Not asked yet", text: "" };
  const isNeeded = needed.includes(agency);
  return isNeeded
    ? { mark: "waiting", title: "Waiting", text: "Its approval is needed" }
    : { mark: "not-asked", title: "Not asked", text: "The rule does without its approval" };
}

/** Returns for whom a principal of an agency may speak now: itself, and who delegated to it. */
export function speaksFor(
  agency: string,
  principalId: string,
  delegations: readonly Delegation[],
  nowMs: number,
): string[] {
  const given = delegations.filter(
    (each) =>
      each.to_agency_id === agency &&
      (!each.to_principal_id || each.to_principal_id === principalId) &&
      !each.revoked_time &&
      Date.parse(each.since) <= nowMs &&
      nowMs < Date.parse(each.until),
  );
  return [...new Set([agency, ...given.map((each) => each.agency_id)])];
}

/** Returns the plan with which a plan is compared first: what it was made from, else what it takes the place of, else the last before it. */
export function baseOf(plan: Plan, others: readonly Plan[]): string | null {
  const named = plan.replan?.base_plan_id || plan.precursor_plan_id || plan.supersedes_plan_id;
  if (named) return named;
  const earlier = others.filter(
    (each) => each.plan_id !== plan.plan_id && (each.created_time ?? "") < (plan.created_time ?? ""),
  );
  return (
    earlier.sort((one, other) => ((one.created_time ?? "") < (other.created_time ?? "") ? 1 : -1))[0]?.plan_id ?? null
  );
}

/** Returns changes of an agency and those of the others, each in order of time. */
export function sortedChanges(changes: readonly Change[], agency: string): { own: Change[]; others: Change[] } {
  const at = (change: Change): string => change.after?.start_time ?? change.before?.start_time ?? "";
  const sorted = [...changes].sort((one, other) => at(one).localeCompare(at(other)));
  return {
    own: sorted.filter((change) => change.agency_id === agency),
    others: sorted.filter((change) => change.agency_id !== agency),
  };
}

/** Returns changes with the title and the agency that either plan gives the item, contacts with those of their station. */
export function namedChanges(
  changes: readonly Change[],
  plans: readonly Plan[],
  stations: Names["stations"],
): Change[] {
  const activities = new Map(plans.flatMap((plan) => plan.activities).map((each) => [each.activity_id, each]));
  return changes.map((change) => {
    const activity = change.is_busy ? undefined : activities.get(change.item_id);
    const station = change.agency_id ? undefined : stations[change.item_id.replace(/@\d+$/, "")];
    const title = change.title && change.title !== change.item_id ? change.title : "";
    return {
      ...change,
      title: title || activity?.title || station?.title || change.item_id,
      agency_id: change.agency_id || activity?.agency_id || station?.agency || "",
    };
  });
}
