import type { Item, ItemState, Step } from "../timeline/model.ts";
import { durationOf, quantityOf } from "../timeline/time/format.ts";
import type { ActivityJson, ContactJson, IntervalJson, Names } from "./plan_json.ts";

export const msOf = (time: string): number => Date.parse(time);
export const spanOf = (interval: IntervalJson): { startMs: number; endMs: number } => ({
  startMs: msOf(interval.start_time),
  endMs: msOf(interval.end_time),
});

const ASIDE = /(^|[-_/ ])(warm|cool|heat-?up|setup|teardown|stow)/i;

/** Returns the items of a plan's steps: the steps of one chain are one item. */
export function itemsOf(activities: readonly ActivityJson[], names: Names): { item: Item; first: ActivityJson }[] {
  const chains = new Map<string, ActivityJson[]>();
  activities.forEach((activity, at) => {
    const key = activity.is_busy || !activity.chain_id ? `${activity.activity_id ?? ""}#${at}` : activity.chain_id;
    chains.set(key, [...(chains.get(key) ?? []), activity]);
  });
  return [...chains.values()].map((steps) => ({ item: itemOf(steps, names), first: steps[0] as ActivityJson }));
}

function itemOf(activities: ActivityJson[], names: Names): Item {
  const sorted = [...activities].sort((one, other) => msOf(one.interval.start_time) - msOf(other.interval.start_time));
  const first = sorted[0] as ActivityJson;
  const steps: Step[] = sorted.map((each) => ({
    title: each.title ?? "",
    ...spanOf(each.interval),
    aside: ASIDE.test(each.activity_id?.split("/").at(-1) ?? ""),
    ...(each.margin_s && !each.is_busy ? { marginMs: 1000 * each.margin_s } : {}),
  }));
  const busy = first.is_busy === true;
  return {
    id: busy
      ? `busy/${first.place_id ?? ""}/${first.interval.start_time}`
      : ((first.chain_id || first.activity_id) ?? ""),
    title: busy ? "Busy" : titleOf(first, names, steps.length > 1),
    agency: first.agency_id || null,
    startMs: Math.min(...steps.map((step) => step.startMs)),
    endMs: Math.max(...steps.map((step) => step.endMs)),
    state: busy ? "busy" : "planned",
    shape: "bar",
    locked: sorted.some((each) => each.is_locked),
    steps,
    filled: null,
    facts: busy ? [] : factsOf(sorted),
  };
}

function titleOf(first: ActivityJson, names: Names, isChain: boolean): string {
  const request = names.requests[first.request_id ?? ""];
  if (request) return request;
  // Of a chain the request says more than its first step does.
  const whole = isChain ? (first.title ?? "").split(": ", 1)[0] : first.title;
  return whole || first.request_id || first.activity_type_id || "Activity";
}

function factsOf(steps: ActivityJson[]): [string, string][] {
  const facts: [string, string][] = [];
  if (steps.length > 1) facts.push(["Steps", String(steps.length)]);
  const first = steps[0];
  if (first?.request_id) facts.push(["Request", first.request_id]);
  const bits = steps.reduce((sum, step) => sum + (step.data_bit ?? 0), 0);
  if (bits > 0) facts.push(["Data", quantityOf(bits, "bit")]);
  const wh = steps.reduce((sum, step) => sum + (step.power_w ?? 0) * hoursOf(step.interval), 0);
  if (wh > 0) facts.push(["Energy above base load", quantityOf(wh, "Wh")]);
  const marginS = steps.reduce((sum, step) => sum + (step.margin_s ?? 0), 0);
  if (marginS > 0) facts.push(["Margin", durationOf(1000 * marginS)]);
  const value = steps.reduce((sum, step) => sum + (step.value ?? 0), 0);
  if (value) facts.push(["Value", quantityOf(value, "1")]);
  const resources = [...new Set(steps.flatMap((step) => step.resource_ids ?? []))];
  if (resources.length) facts.push(["Binds", resources.join(", ")]);
  return facts;
}

const hoursOf = (interval: IntervalJson): number => (msOf(interval.end_time) - msOf(interval.start_time)) / 3_600_000;

/** Returns a drive as an item. */
export function driveOf(activity: ActivityJson, titles: ReadonlyMap<string, string>): Item {
  const to = titles.get(activity.to_place_id ?? "") ?? activity.to_place_id ?? "";
  const from = titles.get(activity.place_id ?? "") ?? activity.place_id ?? "";
  return {
    ...itemOf([activity], { stations: {}, requests: {} }),
    title: `to ${to}`,
    shape: "drive",
    facts: [["Drive", `${from} to ${to}`]],
  };
}

/** Returns a contact as an item. */
export function contactOf(contact: ContactJson, names: Names): Item {
  const station = names.stations[contact.station_id ?? ""];
  const capacity = contact.capacity_bit ?? 0;
  const sent = contact.sent_bit ?? 0;
  const state: ItemState = contact.contact_id ? "reserved" : "tentative";
  return {
    id: `contact/${contact.station_id ?? ""}/${contact.interval.start_time}`,
    title: station?.title ?? contact.station_id ?? "Contact",
    agency: station?.agency ?? null,
    ...spanOf(contact.interval),
    state,
    shape: "contact",
    locked: false,
    steps: [],
    filled: capacity > 0 ? sent / capacity : null,
    facts: [
      ["Sent", `${quantityOf(sent, "bit")} of ${quantityOf(capacity, "bit")}`],
      ["Held from", contact.place_id ?? ""],
    ],
  };
}
