import { allPages, api, type Plan, type Schemas, taken } from "../../api/client.ts";
import { bandedDocument, comparisonDocument } from "../../plan/comparison_document.ts";
import { planDocument } from "../../plan/plan_document.ts";
import { baseOf, type Delegation, namedChanges } from "../../review/standing.ts";
import type { TimelineDocument } from "../../timeline/model.ts";
import { asTimelinePlan, loadPlan, type PlanData } from "../plan_data.ts";

/** A plan under review, with what it is held against. */
export interface ReviewData {
  data: PlanData;
  /** Plans of the same mission, the newest first. */
  plans: Plan[];
  delegations: Delegation[];
}

/** What differs from another plan. */
export interface Against {
  plan: Plan;
  comparison: Schemas["PlanComparison"];
  /** Both in the same lanes, and with a band for each where they differ. */
  document: TimelineDocument;
  banded: TimelineDocument;
}

/** Returns a plan under review. */
export async function loadReview(planId: string, before: ReviewData | null): Promise<ReviewData> {
  const data = await loadPlan(planId, before?.data);
  const missionId = data.plan.mission_id;
  const [plans, { delegations }] = await Promise.all([plansOf(missionId), delegationsOf(missionId)]);
  return { data, plans, delegations };
}

/** Returns the plans of a mission, the newest first. */
export async function plansOf(missionId: string): Promise<Plan[]> {
  const page = (page_token: string) =>
    taken(api.GET("/api/v1/plans", { params: { query: { mission_id: missionId, page_token, page_size: 100 } } }));
  return allPages(page, (each) => each.plans, 3);
}

/** Returns the plans of a mission, those in review whole, with their standing. */
export async function boardOf(missionId: string): Promise<Plan[]> {
  const plans = await plansOf(missionId);
  const whole = plans
    .filter((plan) => plan.state === "SUBMITTED")
    .slice(0, MOST_IN_REVIEW)
    .map(({ plan_id }) => taken(api.GET("/api/v1/plans/{plan_id}", { params: { path: { plan_id } } })));
  const found = new Map((await Promise.all(whole)).map((plan) => [plan.plan_id, plan]));
  return plans.map((plan) => found.get(plan.plan_id) ?? plan);
}

const MOST_IN_REVIEW = 12;

/** Returns the delegations of reviews in a mission. */
export const delegationsOf = (missionId: string): Promise<Schemas["Delegations"]> =>
  taken(api.GET("/api/v1/missions/{mission_id}/delegations", { params: { path: { mission_id: missionId } } }));

/**
 * Returns what differs from the chosen plan, or from what a plan was made from; null where there is none, or none that
 * is open to the reader.
 */
export async function againstOf({ data, plans }: ReviewData, chosenId: string | null): Promise<Against | null> {
  const otherId = chosenId ?? baseOf(data.plan, plans);
  if (!otherId) return null;
  const params = { path: { plan_id: otherId }, query: { other_plan_id: data.plan.plan_id } };
  const [other, comparison] = await Promise.all([
    loadPlan(otherId, data).catch(() => null),
    taken(api.GET("/api/v1/plans/{plan_id}/comparison", { params })).catch(() => null),
  ]);
  if (!other || !comparison) return null;
  const [before, after] = [other, data].map((each) =>
    planDocument(asTimelinePlan(each.plan), each.windows, each.names),
  );
  if (!before || !after) return null;
  const changes = namedChanges(comparison.changes, [other.plan, data.plan], data.names.stations);
  const [document, banded] = [comparisonDocument(before, after), bandedDocument(before, after)];
  return { plan: other.plan, comparison: { ...comparison, changes }, document, banded };
}
