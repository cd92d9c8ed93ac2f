import type { Plan } from "../api/client.ts";

/** Something that waits for somebody of an agency. */
export interface Need {
  plan: Plan;
  text: string;
}

const REVIEWERS = ["APPROVER"];
const PLANNERS = ["PLANNER", "OPERATOR"];

/** Returns what waits for an agency, most pressing first: reviews, broken plans, approved ones, held contacts. */
export function needsOf(plans: readonly Plan[], noticed: ReadonlySet<string>, agency: string, role: string): Need[] {
  return plans.flatMap((plan) => needsOfPlan(plan, noticed.has(plan.plan_id), agency, role));
}

function needsOfPlan(plan: Plan, isNoticed: boolean, agency: string, role: string): Need[] {
  const own = plan.owner_agency_id === agency;
  const needs: Need[] = [];
  const said = (plan.reviews ?? []).some(
    (review) => review.agency_id === agency && review.content_hash === plan.content_hash,
  );
  if (plan.state === "SUBMITTED" && REVIEWERS.includes(role) && !said)
    needs.push({ plan, text: "Review: approve or reject this plan" });
  if (!PLANNERS.includes(role)) return needs;
  const awaited = (plan.awaited ?? []).filter((contact) => contact.agency_id === agency);
  if (awaited.length) needs.push({ plan, text: `${awaited.length} contacts are held until you consent` });
  if (own && plan.state === "DRAFT" && plan.validation && !plan.validation.valid) {
    needs.push({ plan, text: "The validator found broken rules" });
  }
  if (isNoticed) needs.push({ plan, text: "Notices: an outage, a booking or a request changed what this plan holds" });
  return needs;
}
