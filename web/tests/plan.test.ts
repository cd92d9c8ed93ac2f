import { describe, expect, it } from "vitest";
import { bandedDocument, comparisonDocument } from "../src/plan/comparison_document.ts";
import { planDocument } from "../src/plan/plan_document.ts";
import type { ActivityJson, PlanJson } from "../src/plan/plan_json.ts";
import { eachItem, type Item, type TimelineDocument } from "../src/timeline/model.ts";

const at = (start: string, end: string) => ({ start_time: `2029-01-${start}:00Z`, end_time: `2029-01-${end}:00Z` });
const activity = (id: string, start: string, end: string, more: Partial<ActivityJson> = {}): ActivityJson => ({
  activity_id: id,
  kind: "REQUESTED",
  title: id,
  agency_id: "JAXA",
  place_id: "ridge",
  interval: at(start, end),
  ...more,
});
const planOf = (activities: ActivityJson[], more: Partial<PlanJson> = {}): PlanJson => ({
  plan_id: "p",
  mission_id: "m",
  horizon: at("15T00:00", "25T00:00"),
  waypoints: [
    { waypoint_id: "ridge", title: "Ridge: lit" },
    { waypoint_id: "dip", title: "Dip" },
  ],
  activities,
  contacts: [],
  profiles: [],
  ...more,
});
const NAMES = { stations: { mlg: { title: "Malargüe", agency: "ESA" } }, requests: {} };
const itemsOf = (document: TimelineDocument): Item[] => {
  const items: Item[] = [];
  eachItem(document, (item) => items.push(item));
  return items;
};
const lanesOf = (document: TimelineDocument, group: string): string[] =>
  document.groups.find((each) => each.id === group)?.lanes.map((lane) => lane.title) ?? [];

describe("a plan", () => {
  it("shows the steps of a chain as one item with its whole title", () => {
    const steps = [
      activity("drill/0/warm", "16T00:00", "16T01:00", { chain_id: "drill/0", title: "Drill: Heat: warm up" }),
      activity("drill/0/heat", "16T01:00", "16T05:00", { chain_id: "drill/0", title: "Drill: Heat" }),
    ];
    const [item] = itemsOf(planDocument(planOf(steps), [], NAMES));
    expect(item).toMatchObject({ id: "drill/0", title: "Drill", steps: [{ title: "Drill: Heat: warm up" }, {}] });
    expect((item?.endMs ?? 0) - (item?.startMs ?? 0)).toBe(5 * 3_600_000);
  });

  it("tells the margin of a step, and none of one that has none", () => {
    const steps = [
      activity("drill/0/heat", "16T00:00", "16T05:00", { chain_id: "drill/0", margin_s: 1800 }),
      activity("drill/0/drill", "16T05:00", "16T06:00", { chain_id: "drill/0", margin_s: 0 }),
    ];
    const [item] = itemsOf(planDocument(planOf(steps), [], NAMES));
    expect(item?.steps.map((step) => step.marginMs)).toEqual([1_800_000, undefined]);
    expect(item?.facts).toContainEqual(["Margin", "30 min"]);
  });

  it("shows a chain as locked of which a step is held where it is", () => {
    const steps = [
      activity("drill/0/heat", "16T00:00", "16T05:00", { chain_id: "drill/0" }),
      activity("drill/0/drill", "16T05:00", "16T06:00", { chain_id: "drill/0", is_locked: true }),
      activity("image/0", "17T05:00", "17T06:00"),
    ];
    expect(itemsOf(planDocument(planOf(steps), [], NAMES)).map((item) => item.locked)).toEqual([true, false]);
  });

  it("tells of a busy item its interval and nothing else", () => {
    const busy = activity("x", "16T00:00", "16T05:00", {
      is_busy: true,
      title: "secret",
      agency_id: "",
      power_w: 9,
      request_id: "r",
    });
    const [item] = itemsOf(planDocument(planOf([busy]), [], NAMES));
    expect(item).toMatchObject({ state: "busy", title: "Busy", agency: null, facts: [] });
    expect(JSON.stringify({ ...item, steps: [] })).not.toMatch(/secret|"r"/);
  });

  it("orders places by light, and follows the asset from place to place", () => {
    const drive = activity("d", "17T00:00", "17T02:00", { kind: "DRIVE", to_place_id: "dip" });
    const windows = [{ kind: "ILLUMINATION", place_id: "dip", interval: at("15T00:00", "20T00:00") }];
    const document = planDocument(planOf([drive]), windows, NAMES);
    expect(lanesOf(document, "asset")).toEqual(["Drives", "Dip", "Ridge"]);
    expect(document.path.map((stay) => stay.laneId)).toEqual(["place/ridge", "place/dip"]);
    expect(document.path[1]?.startMs).toBe(Date.UTC(2029, 0, 17, 2));
  });

  it("without a ground has lanes of windows and of types of activity", () => {
    const windows = [{ kind: "RELAY", orbiter_id: "m.orb", station_id: "m.mlg", interval: at("15T00:00", "16T00:00") }];
    const plan = planOf([activity("a", "16T00:00", "16T01:00", { activity_type_id: "m.image" })], { waypoints: [] });
    const document = planDocument(plan, windows, NAMES);
    expect(lanesOf(document, "windows")).toEqual(["relay orb mlg"]);
    expect(lanesOf(document, "activities")).toEqual(["image"]);
  });

  it("has lanes by what its items are or whose, with the drives and the sky, and no path then", () => {
    const drive = activity("d", "17T00:00", "17T02:00", { kind: "DRIVE", to_place_id: "dip" });
    const busy = activity("", "18T00:00", "18T01:00", { is_busy: true, agency_id: "", activity_type_id: "secret" });
    const items = [
      activity("a", "16T00:00", "16T01:00", { activity_type_id: "m/image@2", agency_id: "ESA" }),
      drive,
      busy,
    ];
    const byAgency = planDocument(planOf(items), [], NAMES, "agency");
    expect(lanesOf(byAgency, "activities")).toEqual(["Drives", "Busy", "ESA"]);
    expect(lanesOf(byAgency, "sky")).toHaveLength(2);
    expect(byAgency.path).toEqual([]);
    expect(lanesOf(planDocument(planOf(items), [], NAMES, "type"), "activities")).toEqual([
      "Drives",
      "Busy",
      "image@2",
    ]);
  });

  it("of nothing is an empty timeline", () => {
    const document = planDocument(planOf([], { waypoints: [] }), [], NAMES);
    expect(document.groups).toEqual([]);
  });

  it("shows how much of a contact is used, and that it is booked", () => {
    const contacts = [
      { station_id: "mlg", interval: at("16T00:00", "16T01:00"), capacity_bit: 4, sent_bit: 1, contact_id: "c" },
    ];
    const [item] = itemsOf(planDocument(planOf([], { contacts }), [], NAMES));
    expect(item).toMatchObject({ title: "Malargüe", agency: "ESA", filled: 0.25, state: "reserved", shape: "contact" });
  });
});

describe("two plans", () => {
  const one = planDocument(
    planOf([activity("same", "16T00:00", "16T01:00"), activity("gone", "17T00:00", "17T01:00")]),
    [],
    NAMES,
  );
  const other = planDocument(
    planOf([activity("same", "16T00:00", "16T01:00"), activity("new", "18T00:00", "18T01:00")]),
    [],
    NAMES,
  );

  it("are one timeline: what both hold, what is gone and what is new", () => {
    const states = itemsOf(comparisonDocument(one, other)).map((item) => [item.title, item.state]);
    expect(states).toEqual([
      ["same", "planned"],
      ["new", "proposed"],
      ["gone", "gone"],
    ]);
  });

  it("have a band each where they differ, and one lane where they do not", () => {
    const banded = bandedDocument(one, other);
    const lanes = banded.groups.flatMap((group) => group.lanes).filter((lane) => lane.kind === "bars");
    const told = lanes.map((lane) => [lane.id, lane.title, lane.items.map((item) => `${item.title} ${item.state}`)]);
    expect(told).toEqual([
      ["before/place/ridge", "before: Ridge", ["same planned", "gone gone"]],
      ["place/ridge", "now: Ridge", ["same planned", "new proposed"]],
      ["place/dip", "Dip", []],
    ]);
    const ids = itemsOf(banded).map((item) => item.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(bandedDocument(one, one).groups).toEqual(comparisonDocument(one, one).groups);
  });

  it("that are the same differ in nothing", () => {
    expect(itemsOf(comparisonDocument(one, one)).every((item) => item.state === "planned")).toBe(true);
  });

  it("show an item that moved at both times", () => {
    const late = planDocument(planOf([activity("same", "16T06:00", "16T07:00")]), [], NAMES);
    expect(itemsOf(comparisonDocument(one, late)).filter((item) => item.title === "same")).toHaveLength(2);
  });
});
