import { describe, expect, it } from "vitest";
import { lookOf, type PlanLook, readLook, viewOf, writeLook } from "../src/plan/plan_look.ts";
import { planAddress, routeOf } from "../src/shell/route.ts";

const at = (time: string) => Date.parse(time);
const WHOLE = { startMs: at("2029-01-15T00:00:00Z"), endMs: at("2029-04-25T00:00:00Z") };
const WEEK = { startMs: at("2029-01-26T02:24:00Z"), endMs: at("2029-02-02T02:24:00Z") };
const LOOK: PlanLook = {
  span: WEEK,
  lanesBy: "agency",
  agencies: ["JAXA", "ESA"],
  search: "観測 & 50 %",
  isMissionTime: true,
};

describe("a link to a plan", () => {
  it("says the times in UTC and in words that a person reads", () => {
    expect(writeLook({ span: WEEK })).toEqual([
      ["from", "2029-01-26T02:24:00Z"],
      ["to", "2029-02-02T02:24:00Z"],
    ]);
  });

  it("comes back as it was looked at, with what is selected", () => {
    expect(routeOf(planAddress("p/1", "drill/0", LOOK))).toEqual({
      view: "plan",
      planId: "p/1",
      itemId: "drill/0",
      look: LOOK,
    });
  });

  it("says nothing of what is as the plan opens", () => {
    expect(planAddress("p", null, lookOf(viewOf({}, WHOLE), WHOLE, "place"))).toBe("#/plans/p");
  });

  it.each([
    ["from=yesterday&to=2029-02-02"],
    ["from=2029-02-02T00:00:00Z&to=2029-01-26T00:00:00Z"],
    ["from=2029-02-02T00:00:00Z"],
    ["lanes=colour&of=&search=&time=local"],
  ])("leaves out what nobody can look at: %s", (query) => {
    expect(readLook(new URLSearchParams(query))).toEqual({});
  });

  it("is what a timeline shows, there and back", () => {
    expect(lookOf(viewOf(LOOK, WHOLE), WHOLE, "agency")).toEqual(LOOK);
  });
});
