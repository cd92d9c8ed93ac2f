import { allPages, api, type Schemas, taken } from "../../api/client.ts";
import type { Agreement } from "../../contacts/agreements.ts";
import type { AskedContact, Contact, Outage, Station } from "../../contacts/contact_document.ts";
import { DAY_MS } from "../../timeline/time/scale.ts";

/** Antennas, what is booked on them, and when they are out. */
export interface ContactData {
  stations: Station[];
  contacts: Contact[];
  outages: Outage[];
  /** What the newest plan of the mission asks for and nobody has booked. */
  asked: AskedContact[];
  /** Hours that agencies have agreed on. */
  agreements: Agreement[];
  span: { startMs: number; endMs: number };
}

/** Returns the contacts of a mission, or all that are open to the caller. */
export async function loadContacts(missionId: string | null): Promise<ContactData> {
  const [stations, contacts, outages, asked, agreements] = await Promise.all([
    allPages(
      (page_token) => taken(api.GET("/api/v1/stations", { params: { query: { page_token, page_size: 1000 } } })),
      (page) => page.stations,
    ),
    allPages(
      (page_token) =>
        taken(
          api.GET("/api/v1/contacts", {
            params: { query: { mission_id: missionId ?? "", page_token, page_size: 1000 } },
          }),
        ),
      (page) => page.contacts,
      10,
    ),
    allPages(
      (page_token) => taken(api.GET("/api/v1/outages", { params: { query: { page_token, page_size: 1000 } } })),
      (page) => page.outages,
      5,
    ),
    missionId ? askedBy(missionId).catch(() => []) : [],
    agreed().catch(() => []),
  ]);
  return { stations, contacts, outages, asked, agreements, span: spanOf(contacts, outages, asked) };
}

const agreed = (): Promise<Agreement[]> =>
  allPages(
    (page_token) => taken(api.GET("/api/v1/agreements", { params: { query: { only_in_force: true, page_token } } })),
    (page) => page.agreements,
    5,
  );

/** Returns the contacts of a mission's newest plan that are not booked. */
async function askedBy(mission_id: string): Promise<AskedContact[]> {
  const { plans } = await taken(api.GET("/api/v1/plans", { params: { query: { mission_id, page_size: 20 } } }));
  const newest = plans.find(({ state }) => state !== "TERMINATED" && state !== "SUPERSEDED");
  if (!newest) return [];
  const { plan_id } = newest;
  const plan = await taken(api.GET("/api/v1/plans/{plan_id}", { params: { path: { plan_id } } }));
  return plan.contacts.flatMap(({ station_id, interval, contact_id }) =>
    interval && station_id && !contact_id
      ? [{ station_id, interval, mission_id, plan_id, agency_id: plan.owner_agency_id }]
      : [],
  );
}

/** Whole days that hold all contacts, booked or asked for; without one, those of the outages, else a week from now on. */
function spanOf(
  contacts: readonly Contact[],
  outages: readonly Outage[],
  asked: readonly AskedContact[],
): { startMs: number; endMs: number } {
  const booked = [...contacts.map((contact) => contact.occupied), ...asked.map((contact) => contact.interval)];
  const shown = booked.length ? booked : outages.flatMap((outage) => (outage.interval ? [outage.interval] : []));
  if (!shown.length) {
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    return { startMs: today, endMs: today + 7 * DAY_MS };
  }
  const startMs = Math.min(...shown.map((each) => Date.parse(each.start_time)));
  const endMs = Math.max(...shown.map((each) => Date.parse(each.end_time)));
  return { startMs: Math.floor(startMs / DAY_MS) * DAY_MS, endMs: Math.ceil(endMs / DAY_MS) * DAY_MS };
}

/** Returns what could be had instead of a contact, on the owner's own antennas. */
export async function alternatesTo(
  contact: Contact,
  ownStations: ReadonlySet<string>,
): Promise<Schemas["ContactRequest"][]> {
  const request = {
    station_id: contact.station_id,
    asset_id: contact.asset_id,
    interval: contact.interval ?? contact.occupied,
    window_set_id: contact.window_set_id,
    window_id: contact.window_id,
    unchecked: false,
  };
  const { alternates } = await taken(api.POST("/api/v1/contacts:alternates", { body: { request, limit: 20 } }));
  return alternates.filter((each) => ownStations.has(each.station_id));
}
