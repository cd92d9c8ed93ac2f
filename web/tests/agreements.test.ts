import { expect, it } from "vitest";
import { type Agreement, agreementsFor, monthsOf } from "../src/contacts/agreements.ts";

const agreement = (owner: string, partner: string, mission_id = "", more: Partial<Agreement> = {}) =>
  ({
    agreement_id: owner + partner,
    owner_agency_id: owner,
    partner_agency_id: partner,
    mission_id,
    uses: [],
    ...more,
  }) as unknown as Agreement;

it("the months of an agreement are in order, with the share of its hours that was used", () => {
  const uses = [
    { month: "2029-02", used_hours: 10, left_hours: 30 },
    { month: "2029-01", used_hours: 50, left_hours: 0 },
  ];
  expect(monthsOf(agreement("ESA", "JAXA", "", { uses, hours_per_month: 40 }))).toEqual([
    { month: "2029-01", usedH: 50, share: 1.25 },
    { month: "2029-02", usedH: 10, share: 0.25 },
  ]);
  expect(monthsOf(agreement("ESA", "JAXA", "", { uses, hours_per_month: 0 }))[0]?.share).toBe(0);
});

it("agreements that hold for a mission are shown, one's own first", () => {
  const all = [
    agreement("ESA", "NASA"),
    agreement("NASA", "JAXA", "lupex"),
    agreement("ISRO", "JAXA", "other"),
    agreement("DLR", "JAXA", "", { ended_time: "2029-01-01T00:00:00Z" }),
  ];
  const ids = (mission: string | null) => agreementsFor(all, mission, "JAXA").map((each) => each.agreement_id);
  expect(ids("lupex")).toEqual(["NASAJAXA", "ESANASA"]);
  expect(ids(null)).toEqual(["ISROJAXA", "NASAJAXA", "ESANASA"]);
});
