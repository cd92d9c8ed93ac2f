import { allPages, api, type Plan, type Schemas, taken } from "../api/client.ts";
import type { Names, PlanJson, WindowJson } from "../plan/plan_json.ts";

/** A plan with what its timeline needs besides. */
export interface PlanData {
  plan: Plan;
  windows: WindowJson[];
  names: Names;
}

/** After so long a plan is shown without its windows: what is planned is worth more than the ground it stands on. */
const PATIENCE_MS = 250;

/**
 * Returns a plan with its windows and the names of its stations; what the caller may not see stays out. Windows never
 * change: those that were loaded before are not asked for again. `show` has the plan without them where they are slow.
 */
export async function loadPlan(
  planId: string,
  before: PlanData | null = null,
  show: (data: PlanData) => void = () => {},
): Promise<PlanData> {
  // Nothing waits for what it does not need.
  const naming = before ? Promise.resolve(before.names) : loadNames();
  const plan = await taken(api.GET("/api/v1/plans/{plan_id}", { params: { path: { plan_id: planId } } }));
  if (before?.plan.window_set_id === plan.window_set_id) return { ...before, plan };
  const loading = loadWindows(plan);
  const names = await naming;
  const waiting = setTimeout(() => show({ plan, windows: [], names }), PATIENCE_MS);
  const windows = await loading;
  clearTimeout(waiting);
  return { plan, windows, names };
}

async function loadWindows(plan: Plan): Promise<WindowJson[]> {
  const setId = plan.window_set_id;
  if (!setId) return [];
  const site = plan.waypoints?.[0]?.waypoint_id;
  const wanted: { kinds: Schemas["WindowKind"][]; place_ids?: string[] }[] = site
    ? [{ kinds: ["ILLUMINATION"] }, { kinds: ["EARTH_VISIBILITY"], place_ids: [site] }]
    : [{ kinds: [] }];
  const found = await Promise.all(wanted.map((query) => pagesOf(setId, query).catch(() => [])));
  return found.flat();
}

function pagesOf(
  setId: string,
  query: { kinds: Schemas["WindowKind"][]; place_ids?: string[] },
): Promise<WindowJson[]> {
  const params = { path: { window_set_id: setId } };
  return allPages(
    (page_token) =>
      taken(
        api.GET("/api/v1/window-sets/{window_set_id}/windows", {
          params: { ...params, query: { ...query, without_profiles: true, page_size: 1000, page_token } },
        }),
      ),
    (page) => page.windows as unknown as WindowJson[],
    8,
  );
}

async function loadNames(): Promise<Names> {
  const query = { page_size: 1000 };
  const page = await taken(api.GET("/api/v1/stations", { params: { query } })).catch(() => ({ stations: [] }));
  const stations = page.stations.map(
    (each) => [each.station_id, { title: each.name, agency: each.agency_id }] as const,
  );
  return { stations: Object.fromEntries(stations), requests: {} };
}

/** Returns the plan as its timeline reads it. */
export const asTimelinePlan = (plan: Plan): PlanJson => plan as unknown as PlanJson;

/** Returns why a repetition is not planned and what would admit it; null where nothing is kept of that. */
export async function explain(planId: string, requestId: string, repetition: number): Promise<Explanation | null> {
  const path = { plan_id: planId, request_id: requestId };
  const params = { path, query: { repetition_index: repetition } };
  return taken(api.GET("/api/v1/plans/{plan_id}/unplanned/{request_id}", { params })).catch(() => null);
}

export type Explanation = Schemas["WhyNot"];
