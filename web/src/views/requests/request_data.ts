import { allPages, api, type Mission, type Schemas, taken } from "../../api/client.ts";
import type { ActivityRequest, ActivityType } from "../../requests/request_form.ts";

/** What the form of a request chooses from. */
export interface RequestContext {
  mission: Mission;
  types: ActivityType[];
  /** Titles of the mission's places by identifier. */
  places: Map<string, string>;
  horizon: { startMs: number; endMs: number };
  /** The request that is revised; null for a new one. */
  base: ActivityRequest | null;
}

/** Returns what a request's form needs. */
export async function requestContext(missionId: string, requestId: string | null): Promise<RequestContext> {
  const params = { path: { mission_id: missionId } };
  const [mission, { activity_types: types }, base] = await Promise.all([
    taken(api.GET("/api/v1/missions/{mission_id}", { params })),
    taken(api.GET("/api/v1/missions/{mission_id}/activity-types", { params })),
    requestId ? requestNamed(missionId, requestId) : null,
  ]);
  const { start_time, end_time } = mission.horizon ?? {
    start_time: "2000-01-01T00:00:00Z",
    end_time: "2000-01-02T00:00:00Z",
  };
  const horizon = { startMs: Date.parse(start_time), endMs: Date.parse(end_time) };
  types.sort((one, other) => one.title.localeCompare(other.title));
  return { mission, types, places: placesOf(mission), horizon, base };
}

/** Returns a request as it stands. */
export const requestNamed = (missionId: string, requestId: string): Promise<ActivityRequest> =>
  taken(
    api.GET("/api/v1/missions/{mission_id}/requests/{request_id}", {
      params: { path: { mission_id: missionId, request_id: requestId } },
    }),
  );

/** The part of a title before its colon. */
const nameOf = (title: string): string => title.split(": ", 1)[0] ?? title;

interface NamedPlace {
  id?: unknown;
  title?: unknown;
}

/** The document is the mission's own, of which the page reads only what it shows. */
function placesOf(mission: Mission): Map<string, string> {
  const document = (mission.document ?? {}) as Record<string, unknown>;
  const listed = ["waypoints", "places"].flatMap((name) => (Array.isArray(document[name]) ? document[name] : []));
  const named = listed.filter((each: NamedPlace) => typeof each?.id === "string") as { id: string; title?: unknown }[];
  return new Map(named.map(({ id, title }) => [id, typeof title === "string" ? nameOf(title) : id]));
}

/** Returns how a request fares in the newest plans of its mission, the newest first; plans in which it is not asked for are left out. */
export async function faringOf(missionId: string, requestId: string): Promise<Faring[]> {
  const query = { mission_id: missionId, page_size: MOST_PLANS };
  const { plans } = await taken(api.GET("/api/v1/plans", { params: { query } }));
  const found = await Promise.all(plans.map((plan) => fareIn(plan, requestId)));
  return found.filter((each) => each !== null);
}

const MOST_PLANS = 8;

/** A request in one plan. */
export interface Faring {
  plan: Schemas["Plan"];
  request: Schemas["RequestInPlan"];
}

async function fareIn(plan: Schemas["Plan"], requestId: string): Promise<Faring | null> {
  const path = { plan_id: plan.plan_id, request_id: requestId };
  const request = await taken(api.GET("/api/v1/plans/{plan_id}/requests/{request_id}", { params: { path } })).catch(
    () => null,
  );
  return request && { plan, request };
}

/** How an agency's requests fare in a plan, by request. */
export interface PlanFaring {
  plan: Schemas["Plan"];
  requests: ReadonlyMap<string, Schemas["RequestInPlan"]>;
}

/** Returns how the requests of the caller's agency fare in the released plan of a mission and in its newest, where it has them. */
export async function agencyFaring(missionId: string): Promise<PlanFaring[]> {
  const query = { mission_id: missionId, page_size: 100 };
  const { plans } = await taken(api.GET("/api/v1/plans", { params: { query } }));
  const alive = plans.filter((plan) => plan.state !== "TERMINATED" && plan.state !== "SUPERSEDED");
  const released = alive.find((plan) => plan.state === "RELEASED");
  const newest = alive[0];
  const shown = [...new Set([released, newest])].filter((plan) => plan !== undefined);
  return Promise.all(shown.map(faringIn));
}

async function faringIn(plan: Schemas["Plan"]): Promise<PlanFaring> {
  const path = { plan_id: plan.plan_id };
  const rows = await allPages(
    (page_token) =>
      taken(api.GET("/api/v1/plans/{plan_id}/requests", { params: { path, query: { page_token, page_size: 500 } } })),
    (page) => page.requests,
  );
  return { plan, requests: new Map(rows.map((row) => [row.request_id, row])) };
}
