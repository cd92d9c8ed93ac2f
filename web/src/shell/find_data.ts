import { allPages, api, may, type Session, taken } from "../api/client.ts";
import type { Findable } from "./finding.ts";
import { contactsAddress, missionAddress, planAddress, requestAddress, sitesAddress } from "./route.ts";

/** Calls back with what can be gone to from here, part by part as it is known; what is refused or away is left out. */
export async function loadFindables(
  session: Session,
  missionId: string,
  planId: string,
  onPart: (part: Findable[]) => void,
): Promise<void> {
  onPart(views(session));
  const parts = [
    may(session, "list_missions") && missions(),
    missionId && may(session, "list_requests") && requests(missionId),
    may(session, "list_plans") && plans(),
    planId && may(session, "get_plan") && items(planId),
    may(session, "list_stations") && stations(),
  ];
  await Promise.all(parts.map((part) => part || []).map((part) => Promise.resolve(part).then(onPart, () => undefined)));
}

async function missions(): Promise<Findable[]> {
  const versions = await allPages(
    (page_token) => taken(api.GET("/api/v1/missions", { params: { query: { page_token } } })),
    (page) => page.missions,
    5,
  );
  const newest = new Map(versions.map((each) => [each.mission_id, each]));
  return [...newest.values()].map(({ mission_id, title }) => ({
    kind: "Mission",
    title: title || mission_id,
    also: mission_id,
    to: missionAddress(mission_id, "requests"),
  }));
}

async function plans(): Promise<Findable[]> {
  const found = await allPages(
    (page_token) => taken(api.GET("/api/v1/plans", { params: { query: { page_token } } })),
    (page) => page.plans,
    5,
  );
  return found.map(({ plan_id, mission_id, state, replan, content_hash }) => ({
    kind: "Plan",
    title: replan?.label || `Plan ${plan_id}`,
    also: `${plan_id} ${mission_id} ${state} ${content_hash}`,
    to: planAddress(plan_id),
  }));
}

async function requests(missionId: string): Promise<Findable[]> {
  const path = { mission_id: missionId };
  const found = await allPages(
    (page_token) =>
      taken(
        api.GET("/api/v1/missions/{mission_id}/requests", {
          params: { path, query: { page_token, page_size: 1000 } },
        }),
      ),
    (page) => page.requests,
    5,
  );
  return found.map(({ request_id, title, agency_id, activity_type_id }) => ({
    kind: "Request",
    title: title || request_id,
    also: `${request_id} ${agency_id} ${activity_type_id}`,
    to: requestAddress(missionId, request_id),
  }));
}

async function items(planId: string): Promise<Findable[]> {
  const plan = await taken(api.GET("/api/v1/plans/{plan_id}", { params: { path: { plan_id: planId } } }));
  const chains = new Map(
    plan.activities.filter((each) => !each.is_busy).map((each) => [each.chain_id || each.activity_id, each]),
  );
  return [...chains].map(([id, { title, agency_id, place_id, interval, request_id }]) => ({
    kind: "Item",
    title: title || id,
    also: `${id} ${request_id} ${agency_id} ${place_id} ${interval.start_time.slice(0, 10)}`,
    to: planAddress(planId, id),
  }));
}

async function stations(): Promise<Findable[]> {
  const { stations } = await taken(api.GET("/api/v1/stations", { params: { query: { page_size: 1000 } } }));
  return stations.map(({ station_id, name, agency_id }) => ({
    kind: "Antenna",
    title: name,
    also: `${station_id} ${agency_id}`,
    to: contactsAddress(null),
  }));
}

const views = (session: Session): Findable[] =>
  (
    [
      ["Missions", "list_missions", "#/"],
      ["Contacts by antenna", "list_contacts", contactsAddress(null)],
      ["Terrain and sites", "list_site_searches", sitesAddress()],
      ["Operations and events", "list_operations", "#/operations"],
      ["Administration", "who_am_i", "#/administration"],
    ] as const
  )
    .filter(([, call]) => may(session, call))
    .map(([title, , to]) => ({ kind: "View", title, also: "", to }));
