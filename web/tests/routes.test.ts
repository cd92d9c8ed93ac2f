import { describe, expect, it } from "vitest";
import {
  contactsAddress,
  missionAddress,
  planAddress,
  replanAddress,
  requestAddress,
  reviewAddress,
  routeOf,
} from "../src/shell/route.ts";

describe("an address", () => {
  it.each([
    ["#/", { view: "missions" }],
    ["", { view: "missions" }],
    [planAddress("p/1", "drill/0"), { view: "plan", planId: "p/1", itemId: "drill/0", look: {} }],
    [reviewAddress("p"), { view: "review", planId: "p" }],
    [missionAddress("m", "requests"), { view: "requests", missionId: "m" }],
    [missionAddress("m", "instruments"), { view: "catalogue", missionId: "m" }],
    [missionAddress("m", "new-request"), { view: "request-edit", missionId: "m", requestId: null }],
    [requestAddress("m", "JAXA:drill ä"), { view: "request", missionId: "m", requestId: "JAXA:drill ä" }],
    [requestAddress("m", "new", true), { view: "request-edit", missionId: "m", requestId: "new" }],
    [replanAddress("m", "p?x"), { view: "solve", missionId: "m", planId: "p?x" }],
    [contactsAddress("m"), { view: "contacts", missionId: "m" }],
    ["#/plans/%E0%A4%A/review/more", { view: "unknown" }],
  ])("%s is read as it was written", (address, route) => {
    expect(routeOf(address)).toEqual(route);
  });

  it("that is no encoding is taken as it stands", () => {
    expect(routeOf("#/plans/%E0%A4%A")).toMatchObject({ view: "plan", planId: "%E0%A4%A" });
  });
});
