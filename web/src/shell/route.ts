import { type PlanLook, readLook, writeLook } from "../plan/plan_look.ts";

/** Where in the page somebody is, as its address says it. */
export type Route =
  | { view: "missions" }
  | { view: "plan"; planId: string; itemId: string | null; look: PlanLook }
  | { view: "review"; planId: string }
  | { view: "requests"; missionId: string }
  | { view: "request"; missionId: string; requestId: string }
  | { view: "request-edit"; missionId: string; requestId: string | null }
  | { view: "request-import"; missionId: string }
  | { view: "reviews"; missionId: string }
  | { view: "catalogue"; missionId: string }
  | { view: "charter"; missionId: string }
  | { view: "mission-edit"; missionId: string | null }
  | { view: "solve"; missionId: string; planId: string | null }
  | { view: "contacts"; missionId: string | null }
  | { view: "sites"; searchId: string | null }
  | { view: "operations" }
  | { view: "operation"; operationId: string }
  | { view: "administration"; part: string | null }
  | { view: "unknown" };

type Reader = (parts: Record<string, string>, query: URLSearchParams) => Route;

// The first that fits is taken, so that `new` and `import` are no requests.
const ROUTES: [string, Reader][] = [
  ["", () => ({ view: "missions" })],
  ["plans/:plan", ({ plan = "" }, query) => planned(plan, query)],
  ["plans/:plan/review", ({ plan = "" }) => ({ view: "review", planId: plan })],
  ["missions/:mission/requests", ({ mission = "" }) => ({ view: "requests", missionId: mission })],
  ["missions/:mission/new-request", ({ mission = "" }) => edited(mission, null)],
  ["missions/:mission/import-requests", ({ mission = "" }) => ({ view: "request-import", missionId: mission })],
  ["missions/:mission/requests/:request", ({ mission = "", request = "" }) => asked(mission, request)],
  ["missions/:mission/requests/:request/edit", ({ mission = "", request = "" }) => edited(mission, request)],
  ["missions/:mission/review", ({ mission = "" }) => ({ view: "reviews", missionId: mission })],
  ["missions/:mission/instruments", ({ mission = "" }) => ({ view: "catalogue", missionId: mission })],
  ["missions/:mission/members", ({ mission = "" }) => ({ view: "charter", missionId: mission })],
  ["missions/:mission/edit", ({ mission = "" }) => ({ view: "mission-edit", missionId: mission })],
  ["new-mission", () => ({ view: "mission-edit", missionId: null })],
  ["missions/:mission/solve", ({ mission = "" }, query) => solved(mission, query.get("base"))],
  ["contacts", (_, query) => ({ view: "contacts", missionId: query.get("mission") })],
  ["sites", () => ({ view: "sites", searchId: null })],
  ["sites/:search", ({ search = "" }) => ({ view: "sites", searchId: search })],
  ["operations", () => ({ view: "operations" })],
  ["operations/:operation", ({ operation = "" }) => ({ view: "operation", operationId: operation })],
  ["administration", () => ({ view: "administration", part: null })],
  ["administration/:part", ({ part = "" }) => ({ view: "administration", part })],
];

const planned = (planId: string, query: URLSearchParams): Route => ({
  view: "plan",
  planId,
  itemId: query.get("item"),
  look: readLook(query),
});
const asked = (missionId: string, requestId: string): Route => ({ view: "request", missionId, requestId });
const edited = (missionId: string, requestId: string | null): Route => ({ view: "request-edit", missionId, requestId });
const solved = (missionId: string, planId: string | null): Route => ({ view: "solve", missionId, planId });

/** Reads an address. */
export function routeOf(hash: string): Route {
  const [path, query] = hash.replace(/^#/, "").split("?", 2);
  const parts = (path ?? "").split("/").filter(Boolean).map(decoded);
  for (const [pattern, read] of ROUTES) {
    const found = matched(pattern.split("/").filter(Boolean), parts);
    if (found) return read(found, new URLSearchParams(query ?? ""));
  }
  return { view: "unknown" };
}

function matched(pattern: string[], parts: string[]): Record<string, string> | null {
  if (pattern.length !== parts.length) return null;
  const found: Record<string, string> = {};
  for (const [at, wanted] of pattern.entries()) {
    const part = parts[at] ?? "";
    if (wanted.startsWith(":")) found[wanted.slice(1)] = part;
    else if (wanted !== part) return null;
  }
  return found;
}

/** Returns the mission of an address, where it names one. */
export const missionOf = (route: Route): string | null => ("missionId" in route ? route.missionId : null);

const kept = encodeURIComponent;

/** Writes the address of a plan, or of an item in it, as somebody looks at it. */
export function planAddress(planId: string, itemId?: string | null, look: PlanLook = {}): string {
  const parts = [...(itemId ? [["item", itemId] as const] : []), ...writeLook(look)];
  const query = parts.map(([name, value]) => `${name}=${kept(value)}`).join("&");
  return `#/plans/${kept(planId)}${query && `?${query}`}`;
}

/** Writes the address of the review of a plan. */
export const reviewAddress = (planId: string): string => `#/plans/${kept(planId)}/review`;

/** The address at which a mission's file is handed in. */
export const NEW_MISSION = "#/new-mission";

/** Writes the address of what a mission has: requests, instruments, reviews, members, its document, new requests. */
export const missionAddress = (
  missionId: string,
  part: "requests" | "instruments" | "review" | "solve" | "members" | "edit" | "new-request" | "import-requests",
): string => `#/missions/${kept(missionId)}/${part}`;

/** Writes the address of a request, or of its form. */
export const requestAddress = (missionId: string, requestId: string, edit = false): string =>
  `#/missions/${kept(missionId)}/requests/${kept(requestId)}${edit ? "/edit" : ""}`;

/** Writes the address at which a plan is made anew from another. */
export const replanAddress = (missionId: string, planId: string): string =>
  `${missionAddress(missionId, "solve")}?base=${kept(planId)}`;

/** Writes the address of contacts, of one mission or of all. */
export const contactsAddress = (missionId: string | null): string =>
  missionId ? `#/contacts?mission=${kept(missionId)}` : "#/contacts";

/** Writes the address of terrain and sites, of one search or of the newest. */
export const sitesAddress = (searchId?: string): string => (searchId ? `#/sites/${kept(searchId)}` : "#/sites");

/** Writes the address of an operation. */
export const operationAddress = (operationId: string): string => `#/operations/${kept(operationId)}`;

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
