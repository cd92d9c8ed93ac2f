import type { Schemas } from "../api/client.ts";
import type { Band, BarLane, Item, ItemState, LaneGroup, TimelineDocument } from "../timeline/model.ts";
import { durationOf, numberOf } from "../timeline/time/format.ts";
import { HOUR_MS } from "../timeline/time/scale.ts";

export type Contact = Schemas["Contact"];
export type Station = Schemas["Station"];
export type Outage = Schemas["Outage"];

/** Contact that a plan has and nobody has booked. */
export interface AskedContact {
  station_id: string;
  interval: Schemas["Interval"];
  mission_id: string;
  agency_id: string;
  plan_id: string;
}

const STATES: Record<Schemas["ContactState"], ItemState> = {
  TENTATIVE: "tentative",
  COMMITTED: "reserved",
  ACTIVE: "running",
  COMPLETED: "done",
  REJECTED: "gone",
  CANCELLED: "gone",
  FAILED: "failed",
};

/** True where a contact takes its antenna, or did. */
export const isHolding = ({ state }: Contact): boolean => state !== "REJECTED" && state !== "CANCELLED";

/** True where somebody of an agency has to say whether a contact may be. */
export const awaits = (contact: Contact, agency: string): boolean =>
  contact.state === "TENTATIVE" &&
  (contact.awaiting_agency_ids.includes(agency) || contact.station_agency_id === agency);

/** Returns contacts by antenna: those of the agency first, then those that hold something. */
export function contactDocument(
  stations: readonly Station[],
  contacts: readonly Contact[],
  outages: readonly Outage[],
  agency: string,
  span: { startMs: number; endMs: number },
  asked: readonly AskedContact[] = [],
): TimelineDocument {
  const lanes = stations.map((station) => laneOf(station, contacts, outages, span, asked));
  const own = lanes.filter((lane) => lane.agency === agency);
  const others = lanes.filter((lane) => lane.agency !== agency && (lane.items.length || lane.bands.length));
  const groups: LaneGroup[] = [
    { id: "own", title: `Antennas of ${agency}`, note: countOf(own), unit: "h", lanes: own },
    { id: "others", title: "Antennas of others", note: countOf(others), unit: "h", lanes: others },
  ];
  const agencies = new Set([...contacts.filter(isHolding), ...asked].map((contact) => contact.agency_id));
  for (const lane of [...own, ...others]) if (lane.agency) agencies.add(lane.agency);
  agencies.delete("");
  return {
    ...span,
    dayZeroMs: span.startMs,
    snapMs: 0,
    agencies: [...agencies].sort(),
    groups: groups.filter((group) => group.lanes.length),
    path: [],
  };
}

const countOf = (lanes: readonly BarLane[]): string =>
  `${lanes.reduce((sum, lane) => sum + lane.items.length, 0)} contacts`;

function laneOf(
  station: Station,
  contacts: readonly Contact[],
  outages: readonly Outage[],
  span: { startMs: number; endMs: number },
  asked: readonly AskedContact[],
): BarLane {
  const own = contacts.filter((contact) => contact.station_id === station.station_id && isHolding(contact));
  const wanted = asked.filter((contact) => contact.station_id === station.station_id);
  const items = [...own.map(itemOf), ...wanted.map(askedItem)].filter(
    (item) => item.endMs > span.startMs && item.startMs < span.endMs,
  );
  const hours = items.reduce((sum, item) => sum + (item.endMs - item.startMs) / HOUR_MS, 0);
  return {
    kind: "bars",
    role: "place",
    id: station.station_id,
    title: station.name,
    note: "",
    total: items.length ? numberOf(hours, 1) : "",
    agency: station.agency_id,
    bands: outages.filter((outage) => outage.station_id === station.station_id && outage.interval).map(bandOf),
    items,
  };
}

const bandOf = ({ interval }: Outage): Band => ({
  kind: "outage",
  startMs: Date.parse(interval?.start_time ?? ""),
  endMs: Date.parse(interval?.end_time ?? ""),
});

function itemOf(contact: Contact): Item {
  const interval = contact.interval ?? contact.occupied;
  const { startMs, endMs } = { startMs: Date.parse(interval.start_time), endMs: Date.parse(interval.end_time) };
  const who = [contact.agency_id, contact.mission_id].filter(Boolean).join(" ");
  return {
    id: contact.contact_id,
    // Of another's booking on another's antenna only that it is there is told.
    title: who || "Taken",
    agency: contact.agency_id || null,
    startMs,
    endMs,
    state: who ? STATES[contact.state] : "busy",
    shape: "bar",
    locked: false,
    steps: [],
    filled: null,
    facts: factsOf(contact),
  };
}

function askedItem({ station_id, interval, mission_id, agency_id, plan_id }: AskedContact): Item {
  return {
    id: `asked/${plan_id}/${station_id}/${interval.start_time}`,
    title: `${agency_id} ${mission_id}`,
    agency: agency_id || null,
    startMs: Date.parse(interval.start_time),
    endMs: Date.parse(interval.end_time),
    state: "planned",
    shape: "bar",
    locked: false,
    steps: [],
    filled: null,
    facts: [["Booked", "not yet: asked by the newest plan"]],
  };
}

/** Returns the hours that are booked or asked of each agency's antennas, most first. */
export function hoursOfProviders(
  stations: readonly Station[],
  contacts: readonly Contact[],
  asked: readonly AskedContact[],
): [agency: string, hours: number][] {
  const owner = new Map(stations.map((station) => [station.station_id, station.agency_id]));
  const held = contacts
    .filter(isHolding)
    .map(({ station_id, interval, occupied }) => ({ station_id, interval: interval ?? occupied }));
  const hours = new Map<string, number>();
  for (const { station_id, interval } of [...held, ...asked]) {
    const agency = owner.get(station_id);
    if (!agency) continue;
    const ms = Date.parse(interval.end_time) - Date.parse(interval.start_time);
    hours.set(agency, (hours.get(agency) ?? 0) + ms / HOUR_MS);
  }
  return [...hours].sort(([, one], [, other]) => other - one);
}

function factsOf(contact: Contact): [string, string][] {
  const facts: [string, string][] = [];
  if (contact.asset_id) facts.push(["Asset", contact.asset_id]);
  if (contact.priority) facts.push(["Priority", String(contact.priority)]);
  if (contact.state === "TENTATIVE" && contact.hold_until_time) facts.push(["Held until", contact.hold_until_time]);
  if (contact.unchecked) facts.push(["Window", "none was asked for"]);
  return facts;
}

/** Returns how long a hold lasts from now on, in words; empty where it has no end. */
export function holdLeft(contact: Contact, nowMs: number): string {
  if (contact.state !== "TENTATIVE" || !contact.hold_until_time) return "";
  const leftMs = Date.parse(contact.hold_until_time) - nowMs;
  return leftMs <= 0 ? "has run out" : leftMs < 60_000 ? "less than a minute" : durationOf(leftMs);
}

/** Returns the latest instant at which a committed contact can be taken back, in milliseconds. */
export const noticeEndsMs = (contact: Contact): number =>
  Date.parse(contact.occupied.start_time) - contact.notice_s * 1000;

/** Contacts that meet an outage of their antenna. */
export function inOutage(contact: Contact, outages: readonly Outage[]): Outage | null {
  const { start_time, end_time } = contact.occupied;
  return (
    outages.find(
      (outage) =>
        outage.station_id === contact.station_id &&
        outage.interval != null &&
        Date.parse(outage.interval.start_time) < Date.parse(end_time) &&
        Date.parse(outage.interval.end_time) > Date.parse(start_time),
    ) ?? null
  );
}
