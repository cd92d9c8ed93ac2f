import { describe, expect, it } from "vitest";
import type { Schemas } from "../src/api/client.ts";
import { bodyOf, differences, faultsOf, formOf, owns, signOffText } from "../src/charter/charter_form.ts";

const NOW = Date.UTC(2026, 10, 30);
type Charter = Schemas["Charter"];
const member = (agency_id: string, parts: Schemas["Part"][], until: string | null = null) => ({
  agency_id,
  parts,
  since: "2026-11-22T12:00:00Z",
  until,
  sees_earlier: false,
});
const CHARTER: Charter = {
  mission_id: "m",
  version: 3,
  members: [
    member("JAXA", ["OWNER", "APPROVER"]),
    member("ISRO", ["APPROVER"], "2029-12-31T00:00:00.500000Z"),
    member("DLR", ["OBSERVER"], "2026-11-29T00:00:00Z"),
  ],
  is_public: false,
  changed_time: "2026-11-22T12:00:00Z",
  asset_ids: [],
  consent: "ALL_OWNERS",
  sign_off: null,
};

describe("a charter as a form", () => {
  it("shows who is a member now, and changes nothing where nothing is typed", () => {
    const form = formOf(CHARTER, NOW);
    expect(form.members.map((each) => each.agency)).toEqual(["JAXA", "ISRO"]);
    expect(faultsOf(form, NOW).size).toBe(0);
    expect(differences(CHARTER, bodyOf(form, CHARTER, NOW), NOW)).toEqual([]);
  });

  it("says each thing that it changes", () => {
    const form = formOf(CHARTER, NOW);
    form.members[1] = { agency: "ISRO", parts: ["APPROVER", "PLANNER"], until: "", seesEarlier: true };
    form.members.push({ agency: "ESA", parts: ["CONTRIBUTOR"], until: "2030-01-01 06:00", seesEarlier: false });
    form.members.splice(0, 1);
    Object.assign(form, { isPublic: true, consent: "ANY_OWNER", signOff: "any", deadlineH: "72" });
    expect(differences(CHARTER, bodyOf(form, CHARTER, NOW), NOW)).toEqual([
      "ISRO: planner, approver, before approver",
      "ISRO stays without an end",
      "ISRO sees what was before it joined",
      "ESA joins: contributor",
      "ESA stays until 2030-01-01 06:00:00",
      "JAXA leaves",
      "what is marked public is open to every agency",
      "one owner is enough",
      "a plan needs any of the approvers; within 72 h, before all of the approvers",
    ]);
  });

  it("keeps a rule of sign-off that it does not write", () => {
    const term: Schemas["SignOffTerm"] = {
      kind: "ANY",
      agency_ids: ["JAXA"],
      count: 0,
      terms: [{ kind: "AT_LEAST", agency_ids: ["ISRO", "ESA"], count: 1 }],
    };
    const charter = {
      ...CHARTER,
      sign_off: { term, signatures_required: true, deadline_s: 0, silence_is_consent: false },
    };
    const form = formOf(charter, NOW);
    expect(form.signOff).toBe("own");
    expect(bodyOf(form, charter, NOW).sign_off?.term).toEqual(term);
    expect(signOffText(charter.sign_off)).toBe(
      "any of JAXA or at least 1 of ISRO, ESA; signed by the agencies' own keys",
    );
  });

  it.each([
    ["owner", (form: ReturnType<typeof formOf>) => form.members.splice(0, 1)],
    ["agency 2", (form) => form.members.push({ agency: "ISRO", parts: ["OBSERVER"], until: "", seesEarlier: false })],
    ["agency 2", (form) => form.members.push({ agency: " ", parts: ["OBSERVER"], until: "", seesEarlier: false })],
    ["parts 2", (form) => form.members.push({ agency: "ESA", parts: [], until: "", seesEarlier: false })],
    ["until 1", (form) => Object.assign(form.members[1] ?? {}, { until: "soon" })],
    ["count", (form) => Object.assign(form, { signOff: "count", count: "3" })],
    ["deadline", (form) => Object.assign(form, { deadlineH: "-1" })],
    ["deadline", (form) => Object.assign(form, { silence: true })],
  ] as [string, (form: ReturnType<typeof formOf>) => unknown][])("tells a fault of %s", (name, change) => {
    const form = formOf(CHARTER, NOW);
    change(form);
    expect([...faultsOf(form, NOW).keys()]).toContain(name);
  });

  it("knows who owns the mission now", () => {
    expect(owns(CHARTER, "JAXA", NOW)).toBe(true);
    expect(owns(CHARTER, "ISRO", NOW)).toBe(false);
    expect(owns({ ...CHARTER, members: [member("DLR", ["OWNER"], "2026-11-29T00:00:00Z")] }, "DLR", NOW)).toBe(false);
  });
});
