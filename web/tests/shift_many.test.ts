import { describe, expect, it } from "vitest";
import { shiftEdit, shiftedItems } from "../src/editing/shift_many.ts";
import type { PlanJson } from "../src/plan/plan_json.ts";

const at = (hour: string) => `2029-01-15T${hour}:00Z`;
const span = (start: string, end: string) => ({ start_time: at(start), end_time: at(end) });
const PLAN = {
  horizon: span("00:00", "23:00"),
  activities: [
    { activity_id: "early/0", kind: "REQUESTED", interval: span("01:00", "03:00") },
    { activity_id: "drill/0/warm-up", chain_id: "drill/0", kind: "REQUESTED", interval: span("03:00", "04:00") },
    { activity_id: "drill/0/drill", chain_id: "drill/0", kind: "REQUESTED", interval: span("04:00", "06:00") },
    { activity_id: "drive/0", kind: "DRIVE", place_id: "a", to_place_id: "b", interval: span("06:00", "07:00") },
    { activity_id: "held/0", kind: "REQUESTED", is_locked: true, interval: span("08:00", "09:00") },
    { activity_id: "", kind: "REQUESTED", is_busy: true, interval: span("08:00", "09:00") },
  ],
  contacts: [
    { station_id: "usuda", interval: span("02:00", "03:00") },
    { station_id: "usuda", interval: span("10:00", "11:00") },
  ],
  profiles: [],
} as unknown as PlanJson;
const shifted = (from: string, withContacts = false, lockedIds: string[] | null = null) =>
  shiftedItems(PLAN, { fromMs: Date.parse(at(from)), withContacts, lockedIds });

describe("all that is pushed later", () => {
  it("is each chain once, drives by the names edits know them by, and nothing locked or busy", () => {
    expect(shifted("03:00")).toEqual(["drill/0/warm-up", "a->b@21600"]);
  });

  it("leaves a chain that has begun", () => {
    expect(shifted("03:30")).toEqual(["a->b@21600"]);
  });

  it("takes contacts only where they are asked for", () => {
    expect(shifted("07:00", true)).toEqual(["usuda@36000"]);
  });

  it("takes what the edits have unlocked, and leaves what they have locked", () => {
    expect(shifted("03:00", false, ["drill/0/drill"])).toEqual(["a->b@21600", "held/0"]);
  });

  it("is one edit, which is earlier below zero", () => {
    expect(shiftEdit(["held/0"], -1_800_000).shift).toEqual({ item_ids: ["held/0"], offset_s: -1800 });
  });
});
