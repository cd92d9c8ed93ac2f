import { describe, expect, it } from "vitest";
import type { Plan, Schemas } from "../src/api/client.ts";
import { admittingEdits, chosenUnplanned, givingWay } from "../src/editing/admission.ts";

const PLAN = {
  activities: [
    { activity_id: "raman/0/drill", chain_id: "raman/0", request_id: "raman" },
    { activity_id: "raman/0/transfer", chain_id: "raman/0", request_id: "raman" },
    { activity_id: "raman/1", chain_id: "", request_id: "raman" },
    { activity_id: "other/0", chain_id: "", request_id: "other" },
    { activity_id: "", chain_id: "", request_id: "raman", is_busy: true },
  ],
} as unknown as Plan;
const WANTED = { request_id: "survey", repetition_index: 2 };
const left = (request_id: string, agency_id: string, reason: string, value: number) =>
  ({ request_id, title: request_id, agency_id, reason, value }) as Schemas["UnplannedRequest"];
const LEFT = [left("a", "JAXA", "BATTERY", 1), left("b", "ISRO", "BATTERY", 9), left("c", "JAXA", "TIME", 5)];
const NONE = { search: "", agencyId: "", reason: "" };

describe("room for what is not planned", () => {
  it("is asked for without a time, so that the solver finds one", () => {
    const [edit, ...more] = admittingEdits(PLAN, WANTED);
    expect(edit?.add).toEqual({ ...WANTED, start_time: null, place_id: "", mode_id: "" });
    expect(more).toEqual([]);
  });

  it("in the place of others takes each chain of them out once, and nothing busy", () => {
    const [out, into] = admittingEdits(PLAN, WANTED, ["raman"]);
    expect(out?.remove?.item_ids).toEqual(["raman/0/transfer", "raman/1"]);
    expect(into?.add?.request_id).toBe("survey");
  });

  it("in the place of what is not planned either takes nothing out", () => {
    expect(admittingEdits(PLAN, WANTED, ["gone"])).toHaveLength(1);
  });

  it("is made by requests only where the explanation says so", () => {
    const why = (kind: string) => ({ requests: ["raman"], admissions: [{ kind }] }) as Schemas["WhyNot"];
    expect([givingWay(why("WITHOUT_REQUESTS")), givingWay(why("DETOUR"))]).toEqual([["raman"], []]);
  });
});

describe("the list of what is not planned", () => {
  it("begins with what is worth most", () => {
    expect(chosenUnplanned(LEFT, NONE).map((each) => each.request_id)).toEqual(["b", "c", "a"]);
  });

  it("is cut by agency, reason and name", () => {
    expect(chosenUnplanned(LEFT, { ...NONE, agencyId: "JAXA", reason: "BATTERY" }).map((each) => each.value)).toEqual([
      1,
    ]);
    expect(chosenUnplanned(LEFT, { ...NONE, search: " C " }).map((each) => each.request_id)).toEqual(["c"]);
  });
});
