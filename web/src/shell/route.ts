/** Where in the page somebody is: `#/`, `#/plans/ID?item=…`, `#/missions/ID/requests`. */
export type Route =
  | { view: "missions" }
  | { view: "plan"; planId: string; itemId: string | null }
  | { view: "requests"; missionId: string }
  | { view: "unknown" };

/** Reads an address. */
export function routeOf(hash: string): Route {
  const [path, query] = hash.replace(/^#/, "").split("?", 2);
  const parts = (path ?? "").split("/").filter(Boolean).map(decoded);
  if (!parts.length) return { view: "missions" };
  if (parts[0] === "plans" && parts[1] && parts.length === 2) {
    return { view: "plan", planId: parts[1], itemId: new URLSearchParams(query ?? "").get("item") };
  }
  if (parts[0] === "missions" && parts[1] && parts[2] === "requests" && parts.length === 3) {
    return { view: "requests", missionId: parts[1] };
  }
  return { view: "unknown" };
}

/** Writes the address of a plan, or of an item in it. */
export const planAddress = (planId: string, itemId?: string | null): string =>
  `#/plans/${encodeURIComponent(planId)}${itemId ? `?item=${encodeURIComponent(itemId)}` : ""}`;

/** Writes the address of a mission's requests. */
export const requestsAddress = (missionId: string): string => `#/missions/${encodeURIComponent(missionId)}/requests`;

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
