import { type BarLane, eachItem, type Item, type Lane, type TimelineDocument } from "../timeline/model.ts";

/**
 * Returns two plans as one timeline: what both hold as it is, what only the first holds as gone, what only the other
 * holds as proposed; courses of the first are dashed.
 */
export function comparisonDocument(first: TimelineDocument, other: TimelineDocument): TimelineDocument {
  return joined(first, other, (lane, old, before, after) => [merged(lane, old, before, after)]);
}

/**
 * Returns two plans as one timeline with a band for each where they differ: of a lane that holds other items the first's
 * band lies over the other's, what only one holds is marked as in `comparisonDocument`; lanes that are the same are there once.
 */
export function bandedDocument(first: TimelineDocument, other: TimelineDocument): TimelineDocument {
  return joined(first, other, (lane, old, before, after) => {
    if (lane.kind !== "bars") return [merged(lane, old, before, after)];
    const marked = lane.items.map((item) => markedIn(item, lane, before));
    const kept = old?.kind === "bars" ? old.items : [];
    const gone = kept.filter((item) => !after.has(keyOf(item, lane)));
    if (!gone.length && marked.every((item, at) => item === lane.items[at])) return [lane];
    const ofFirst = kept.map((item) => ({ ...(gone.includes(item) ? goneItem(item) : item), id: `before/${item.id}` }));
    const [title, id] = [`before: ${lane.title}`, `before/${lane.id}`];
    return [
      { ...lane, id, title, total: "", items: ofFirst },
      { ...lane, title: `now: ${lane.title}`, items: marked },
    ];
  });
}

type Joint = (lane: Lane, old: Lane | undefined, before: Set<string>, after: Set<string>) => Lane[];

function joined(first: TimelineDocument, other: TimelineDocument, joint: Joint): TimelineDocument {
  const before = keysOf(first);
  const after = keysOf(other);
  const groups = other.groups.map((group) => {
    const old = first.groups.find((each) => each.id === group.id);
    const lanes = group.lanes.flatMap((lane) =>
      joint(
        lane,
        old?.lanes.find((each) => each.id === lane.id),
        before,
        after,
      ),
    );
    const dropped = (old?.lanes ?? []).filter((lane) => !group.lanes.some((each) => each.id === lane.id));
    return { ...group, lanes: [...lanes, ...dropped.map((lane) => onlyGone(lane, after))] };
  });
  const missing = first.groups.filter((group) => !other.groups.some((each) => each.id === group.id));
  const goneGroups = missing.map((group) => ({ ...group, lanes: group.lanes.map((lane) => onlyGone(lane, after)) }));
  return {
    ...other,
    startMs: Math.min(first.startMs, other.startMs),
    endMs: Math.max(first.endMs, other.endMs),
    agencies: [...new Set([...first.agencies, ...other.agencies])].sort(),
    groups: [...groups, ...goneGroups],
  };
}

const keyOf = (item: Item, lane: BarLane): string => `${lane.id}|${item.id}|${item.startMs}|${item.endMs}`;

function keysOf(document: TimelineDocument): Set<string> {
  const keys = new Set<string>();
  eachItem(document, (item, lane) => keys.add(keyOf(item, lane)));
  return keys;
}

function merged(lane: Lane, old: Lane | undefined, before: Set<string>, after: Set<string>): Lane {
  if (lane.kind === "curve") {
    const dashed =
      old?.kind === "curve" ? old.curves.map((curve) => ({ ...curve, look: "dashed" as const, floor: null })) : [];
    return { ...lane, curves: [...lane.curves, ...dashed] };
  }
  if (lane.kind !== "bars") return lane;
  const items = lane.items.map((item) => markedIn(item, lane, before));
  return { ...lane, items: [...items, ...(old?.kind === "bars" ? goneOf(old, after) : [])] };
}

const markedIn = (item: Item, lane: BarLane, before: Set<string>): Item =>
  before.has(keyOf(item, lane)) ? item : { ...item, state: "proposed" };

function onlyGone(lane: Lane, after: Set<string>): Lane {
  return lane.kind === "bars" ? { ...lane, items: goneOf(lane, after) } : lane;
}

function goneOf(lane: BarLane, after: Set<string>): Item[] {
  return lane.items.filter((item) => !after.has(keyOf(item, lane))).map(goneItem);
}

const goneItem = (item: Item): Item => ({ ...item, id: `gone/${item.id}`, state: "gone" });
