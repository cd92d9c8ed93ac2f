import { describe, expect, it } from "vitest";
import type { Plan } from "../src/api/client.ts";
import { type EditCheck, editedDocument, editedPlan, editName, planEditOf } from "../src/editing/edited_plan.ts";
import type { PlanJson } from "../src/plan/plan_json.ts";
import { eachItem } from "../src/timeline/model.ts";

const at = (from: string, to: string) => ({ start_time: `2029-01-${from}:00Z`, end_time: `2029-01-${to}:00Z` });
const PLAN = {
  plan_id: "p",
  mission_id: "m",
  horizon: at("15T00:00", "20T00:00"),
  waypoints: [{ waypoint_id: "ridge", title: "Ridge" }],
  activities: [
    {
      activity_id: "drill/0/warm",
      chain_id: "drill/0",
      kind: "REQUESTED",
      request_id: "drill",
      title: "Drill: warm",
      agency_id: "JAXA",
      place_id: "ridge",
      interval: at("15T01:00", "15T02:00"),
    },
    {
      activity_id: "drill/0/heat",
      chain_id: "drill/0",
      kind: "REQUESTED",
      request_id: "drill",
      title: "Drill: heat",
      agency_id: "JAXA",
      place_id: "ridge",
      interval: at("15T02:00", "15T04:00"),
    },
    {
      activity_id: "drive/0",
      kind: "DRIVE",
      place_id: "ridge",
      to_place_id: "dip",
      interval: at("15T05:00", "15T06:00"),
    },
    { activity_id: "", kind: "REQUESTED", is_busy: true, place_id: "ridge", interval: at("16T00:00", "16T06:00") },
  ],
  contacts: [{ station_id: "esa-mlg", interval: at("15T09:00", "15T10:00"), capacity_bit: 1, sent_bit: 0 }],
  profiles: [],
} as unknown as PlanJson;
const NAMES = { stations: {}, requests: {} };
const checkOf = (more: object): EditCheck =>
  ({
    changes: [],
    violations: [],
    profiles: [],
    locked_item_ids: [],
    disabled_request_ids: [],
    valid: true,
    ...more,
  }) as unknown as EditCheck;
const asPlan = PLAN as unknown as Plan;

describe("a gesture in the timeline", () => {
  it.each([
    ["drill/0", "drill/0/warm"],
    ["drive/0", "ridge->dip@18000"],
    ["contact/esa-mlg/2029-01-15T09:00:00Z", "esa-mlg@32400"],
    ["busy/ridge/2029-01-16T00:00:00Z", null],
    ["gone/drill/0", null],
  ])("on %s names %s", (itemId, name) => {
    expect(editName(PLAN, itemId)).toBe(name);
  });

  it("becomes an edit in the words of the platform", () => {
    const from = { startMs: Date.UTC(2029, 0, 15, 1), endMs: Date.UTC(2029, 0, 15, 4) };
    const to = { itemId: "drill/0", startMs: from.startMs - 1_800_000, endMs: from.endMs - 1_800_000 };
    expect(planEditOf(PLAN, { kind: "move", ...to }, from)?.shift).toEqual({
      item_ids: ["drill/0/warm"],
      offset_s: -1800,
    });
    expect(planEditOf(PLAN, { kind: "resize", ...to }, from)?.place).toMatchObject({
      item_id: "drill/0/warm",
      end_time: "2029-01-15T03:30:00.000Z",
    });
    expect(planEditOf(PLAN, { kind: "lock", ...to }, from)?.lock).toEqual({ item_ids: ["drill/0/warm"] });
    expect(planEditOf(PLAN, { kind: "unlock", ...to }, from)?.unlock).toEqual({ item_ids: ["drill/0/warm"] });
    expect(planEditOf(PLAN, { kind: "move", ...to, itemId: "nothing" }, from)).toBeNull();
  });
});

describe("an edited plan", () => {
  const changes = [
    { kind: "MOVED", item_id: "drill/0/heat", before: at("15T02:00", "15T04:00"), after: at("15T03:00", "15T05:00") },
    { kind: "DROPPED", item_id: "ridge->dip@18000", before: at("15T05:00", "15T06:00"), after: null },
    { kind: "MOVED", item_id: "esa-mlg@32400", before: at("15T09:00", "15T10:00"), after: at("15T09:10", "15T10:10") },
    {
      kind: "ADDED",
      item_id: "look/0/inspect",
      request_id: "look",
      title: "Look",
      agency_id: "ISRO",
      before: null,
      after: at("17T00:00", "17T01:00"),
    },
    { kind: "ADDED", item_id: "esa-mlg@90000", before: null, after: at("16T01:00", "16T02:00") },
  ];

  it("holds items where the check says that they are", () => {
    const edited = editedPlan(asPlan, checkOf({ changes }));
    expect(edited.activities.map((each) => each.activity_id)).toEqual([
      "drill/0/warm",
      "drill/0/heat",
      "",
      "look/0/inspect",
    ]);
    expect(edited.activities[1]?.interval).toEqual(at("15T03:00", "15T05:00"));
    expect(edited.contacts.map((each) => each.interval)).toEqual([
      at("15T09:10", "15T10:10"),
      at("16T01:00", "16T02:00"),
    ]);
  });

  it("is shown with the old places, its locks and where rules are broken", () => {
    const check = checkOf({
      changes,
      locked_item_ids: ["drill/0/warm", "drill/0/heat"],
      violations: [{ interval: at("15T03:00", "15T04:00") }, { interval: null }],
    });
    const document = editedDocument(asPlan, check, [], NAMES);
    const states = new Map<string, [string, boolean]>();
    eachItem(document, (item) => states.set(item.id, [item.state, item.locked]));
    expect(states.get("drill/0")).toEqual(["proposed", true]);
    expect(states.get("gone/drill/0")).toEqual(["gone", false]);
    expect(states.get("gone/drive/0")?.[0]).toBe("gone");
    expect(document.groups[0]?.lanes[0]?.bands).toContainEqual({
      kind: "broken",
      startMs: Date.UTC(2029, 0, 15, 3),
      endMs: Date.UTC(2029, 0, 15, 4),
    });
  });
});
