import { describe, expect, it } from "vitest";
import { nextAfter, standing, startsOf } from "../src/plan/now_next.ts";
import type { PlanJson } from "../src/plan/plan_json.ts";

const at = (time: string) => Date.parse(`2029-01-${time}:00Z`);
const span = (start: string, end: string) => ({ start_time: `2029-01-${start}:00Z`, end_time: `2029-01-${end}:00Z` });
const PLAN = {
  horizon: span("15T00:00", "25T00:00"),
  activities: [
    { activity_id: "b", kind: "REQUESTED", title: "Image", interval: span("17T00:00", "17T02:00") },
    { activity_id: "a", kind: "REQUESTED", title: "Drill", interval: span("16T00:00", "16T05:00") },
    { activity_id: "", kind: "REQUESTED", is_busy: true, interval: span("15T12:00", "15T13:00") },
  ],
  contacts: [{ station_id: "mlg", interval: span("15T08:00", "15T09:00") }],
  profiles: [],
} as unknown as PlanJson;
const NAMES = { stations: { mlg: { title: "Malargüe", agency: "ESA" } }, requests: {} };
const STARTS = startsOf(PLAN, NAMES);
const CURSOR = at("15T23:30");

describe("what comes next", () => {
  it("is the first to start, whatever the order of the plan, and nothing that is only busy", () => {
    expect(nextAfter(STARTS, at("15T00:00"))).toEqual({
      item: { title: "Drill", startMs: at("16T00:00") },
      contact: { title: "Malargüe", startMs: at("15T08:00") },
    });
  });

  it("is a drive by where it goes, and times are told to the minute", () => {
    const drive = { kind: "DRIVE", activity_id: "d", to_place_id: "dip", interval: span("19T00:00", "19T01:00") };
    const waypoints = [{ waypoint_id: "dip", title: "Dip: the least lit ground" }];
    const driven = { ...PLAN, waypoints, activities: [...PLAN.activities, drive] } as unknown as PlanJson;
    expect(standing(startsOf(driven, NAMES), at("14T00:00"), at("18T00:00") + 16_000)[1]).toMatch(
      /^From 18 Jan 00:00: next drive to Dip in/,
    );
  });

  it("is nothing after the last", () => {
    expect(nextAfter(STARTS, at("18T00:00"))).toEqual({ item: null, contact: null });
  });

  it("counts from now on while the plan runs, whatever the cursor points at", () => {
    expect(standing(STARTS, at("15T07:00"), CURSOR).join("; ")).toMatch(
      /^Now 15 Jan 07:00, .*; From now: next Drill in 17 h, next contact Malargüe in 1 h$/,
    );
  });

  it("counts from the cursor on before the plan begins and after it has ended", () => {
    expect(standing(STARTS, at("14T22:00"), CURSOR)).toEqual([
      "Now 14 Jan 22:00, begins in 2 h",
      "From 15 Jan 23:30: next Drill in 30 min",
    ]);
    expect(standing(STARTS, at("25T03:00"), null)).toEqual(["Now 25 Jan 03:00, ended 3 h ago"]);
    expect(standing(STARTS, at("25T03:00"), at("24T00:00"))[1]).toBe("From 24 Jan 00:00: nothing comes after");
  });
});
