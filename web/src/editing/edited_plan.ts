import type { Plan, Schemas } from "../api/client.ts";
import { comparisonDocument } from "../plan/comparison_document.ts";
import { type LanesBy, planDocument } from "../plan/plan_document.ts";
import type { ActivityJson, ContactJson, Names, PlanJson, WindowJson } from "../plan/plan_json.ts";
import type { Edit } from "../timeline/edit/edits.ts";
import type { Band, Lane, TimelineDocument } from "../timeline/model.ts";

export type PlanEdit = Schemas["PlanEdit"];
export type EditCheck = Schemas["EditCheck"];
type Change = Schemas["PlanChange"];

const NO_EDIT: PlanEdit = {
  place: null,
  shift: null,
  remove: null,
  lock: null,
  unlock: null,
  disable: null,
  enable: null,
  add: null,
  add_drive: null,
  add_contact: null,
};

/** Returns an edit of which nothing is set but what is given. */
export const editOf = (edit: Partial<PlanEdit>): PlanEdit => ({ ...NO_EDIT, ...edit });

/** Seconds of a time after the start of a plan's horizon, as names of drives and contacts hold them. */
const offsetS = (plan: PlanJson, time: string): number =>
  (Date.parse(time) - Date.parse(plan.horizon.start_time)) / 1000;

const driveName = (plan: PlanJson, { place_id, to_place_id, interval }: ActivityJson): string =>
  `${place_id ?? ""}->${to_place_id ?? ""}@${offsetS(plan, interval.start_time)}`;

const activityName = (plan: PlanJson, activity: ActivityJson): string =>
  activity.kind === "DRIVE" ? driveName(plan, activity) : (activity.activity_id ?? "");

const contactName = (plan: PlanJson, contact: ContactJson): string =>
  `${contact.station_id ?? ""}@${offsetS(plan, contact.interval.start_time)}`;

/** Returns the name by which edits know an item of a plan's timeline; null where they know none, as of a busy one. */
export function editName(plan: PlanJson, itemId: string): string | null {
  const contact = plan.contacts.find(
    (each) => itemId === `contact/${each.station_id ?? ""}/${each.interval.start_time}`,
  );
  if (contact) return contactName(plan, contact);
  const activity = plan.activities.find((each) => !each.is_busy && itemId === (each.chain_id || each.activity_id));
  return activity ? activityName(plan, activity) : null;
}

/** Returns what a gesture in the timeline asks of a plan; `plan` is as it is shown, with the edits so far. */
export function planEditOf(plan: PlanJson, edit: Edit, from: { startMs: number; endMs: number }): PlanEdit | null {
  const name = editName(plan, edit.itemId);
  if (name === null) return null;
  if (edit.kind === "lock") return editOf({ lock: { item_ids: [name] } });
  if (edit.kind === "unlock") return editOf({ unlock: { item_ids: [name] } });
  if (edit.kind === "move")
    return editOf({ shift: { item_ids: [name], offset_s: (edit.startMs - from.startMs) / 1000 } });
  const [start_time, end_time] = [edit.startMs, edit.endMs].map((ms) => new Date(ms).toISOString()) as [string, string];
  return editOf({ place: { item_id: name, start_time, end_time, place_id: "", mode_id: "", alone: false } });
}

/** Returns a plan as edits make it. */
export function editedPlan(plan: Plan, check: EditCheck): PlanJson {
  const before = plan as unknown as PlanJson;
  const changes = new Map(check.changes.map((change) => [change.item_id, change]));
  const after = <Timed extends { interval: ActivityJson["interval"] }>(item: Timed, name: string): Timed[] => {
    const change = changes.get(name);
    if (!change || change.kind === "ADDED") return [item];
    return change.kind === "DROPPED" || !change.after ? [] : [{ ...item, interval: change.after }];
  };
  const added = check.changes.filter((change) => change.kind === "ADDED" && change.after);
  const stations = new Set(before.contacts.map((contact) => contact.station_id));
  const isContact = ({ item_id }: Change): boolean => stations.has(item_id.replace(/@\d+(\.\d+)?$/, ""));
  return {
    ...before,
    activities: [
      ...before.activities.flatMap((each) => after(each, activityName(before, each))),
      ...added.filter((change) => !isContact(change)).map((change) => addedActivity(before, change)),
    ],
    contacts: [
      ...before.contacts.flatMap((each) => after(each, contactName(before, each))),
      ...added.filter(isContact).map(addedContact),
    ],
    // They are of the plan as it was; a curve that no longer holds is worse than none.
    profiles: check.profiles.length ? (check.profiles as unknown as PlanJson["profiles"]) : before.profiles,
  };
}

function addedActivity(plan: PlanJson, change: Change): ActivityJson {
  const drive = /^(.+)->(.+)@\d/.exec(change.item_id);
  const sibling = plan.activities.find((each) => each.request_id === change.request_id && each.place_id);
  return {
    activity_id: change.item_id,
    kind: drive ? "DRIVE" : "REQUESTED",
    request_id: change.request_id,
    title: change.title,
    agency_id: change.agency_id,
    interval: change.after as ActivityJson["interval"],
    place_id: drive?.[1] ?? sibling?.place_id ?? "",
    to_place_id: drive?.[2] ?? "",
    is_busy: change.is_busy,
  };
}

const addedContact = (change: Change): ContactJson => ({
  station_id: change.item_id.replace(/@.*$/, ""),
  interval: change.after as ContactJson["interval"],
});

/** Returns a plan with edits as a timeline: what moved outlined beside its old place, locks, and where rules are broken. */
export function editedDocument(
  plan: Plan,
  check: EditCheck,
  windows: readonly WindowJson[],
  names: Names,
  lanesBy: LanesBy = "place",
): TimelineDocument {
  const edited = editedPlan(plan, check);
  const compared = comparisonDocument(
    planDocument(plan as unknown as PlanJson, windows, names, lanesBy),
    planDocument(edited, windows, names, lanesBy),
  );
  const locked = new Set(check.locked_item_ids);
  const lockedItems = new Set(
    edited.activities
      .filter((each) => locked.has(activityName(edited, each)))
      .map((each) => each.chain_id || each.activity_id),
  );
  const broken = check.violations.flatMap(({ interval }): Band[] =>
    interval
      ? [{ kind: "broken", startMs: Date.parse(interval.start_time), endMs: Date.parse(interval.end_time) }]
      : [],
  );
  const told = (lane: Lane): Lane => {
    const bands = [...lane.bands, ...broken];
    if (lane.kind !== "bars") return { ...lane, bands };
    return {
      ...lane,
      bands,
      items: lane.items.map((item) => ({ ...item, locked: lockedItems.has(item.id) })),
    };
  };
  return { ...compared, groups: compared.groups.map((group) => ({ ...group, lanes: group.lanes.map(told) })) };
}
