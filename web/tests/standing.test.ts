import { describe, expect, it } from "vitest";
import type { Plan, Schemas } from "../src/api/client.ts";
import {
  baseOf,
  type Delegation,
  namedChanges,
  sortedChanges,
  speaksFor,
  standingsOf,
} from "../src/review/standing.ts";

const HOUR = { start_time: "2029-01-16T00:00:00Z", end_time: "2029-01-16T01:00:00Z" };
const review = (agency_id: string, more: object = {}) => ({
  agency_id,
  approved: true,
  content_hash: "h",
  comment: "",
  conditions: [],
  delegate_agency_id: "",
  ...more,
});
const planOf = (reviews: object[], more: object = {}): Plan =>
  ({
    plan_id: "p",
    state: "SUBMITTED",
    content_hash: "h",
    reviews,
    activities: [
      { activity_id: "a/1", chain_id: "a", kind: "REQUESTED", agency_id: "ESA", interval: HOUR },
      { activity_id: "a/2", chain_id: "a", kind: "REQUESTED", agency_id: "ESA", interval: HOUR },
      { activity_id: "d", chain_id: "", kind: "DRIVE", agency_id: "ESA", interval: HOUR },
    ],
    objective: { agency_shares: [{ agency_id: "ESA", requested_value: 9, planned_value: 4 }] },
    sign_off: {
      needed_agency_ids: ["ESA", "JAXA"],
      approved_agency_ids: [],
      sufficient: [{ agency_ids: ["ESA", "JAXA"] }],
      not_counted: {},
    },
    ...more,
  }) as unknown as Plan;
const markOf = (plan: Plan, agency = "ESA") => standingsOf(plan, null, []).find((each) => each.agency === agency)?.mark;

describe("an agency under review", () => {
  it("is told with its value, its chains and hours, and without drives", () => {
    const [esa] = standingsOf(planOf([]), null, []);
    expect(esa).toMatchObject({
      agency: "ESA",
      requestedValue: 9,
      plannedValue: 4,
      itemCount: 1,
      hours: 2,
      mark: "waiting",
    });
  });

  it.each([
    ["approved", review("ESA")],
    ["rejected", review("ESA", { approved: false })],
    ["conditional", review("ESA", { conditions: [{ state: "OPEN", text: "more" }] })],
    ["approved", review("ESA", { conditions: [{ state: "MET", text: "more" }] })],
    ["stale", review("ESA", { content_hash: "other" })],
    ["stale", review("ESA", { content_hash: "other", conditions: [{ state: "OPEN", text: "more" }] })],
    ["waiting", review("ESA", { decision: "WITHDRAWN" })],
  ])("is %s by what it said last", (mark, said) => {
    expect(markOf(planOf([review("ESA", { approved: false, decision: "WITHDRAWN" }), said]))).toBe(mark);
  });

  it("whose approval does not count is told why", () => {
    const plan = planOf([review("ESA")]);
    if (plan.sign_off) plan.sign_off.not_counted = { ESA: "a notice came in since" };
    expect(standingsOf(plan, null, [])[0]).toMatchObject({ mark: "stale", text: "a notice came in since" });
  });

  it("that the rule does not name, and before a plan is sent, is not asked", () => {
    expect(standingsOf(planOf([]), null, ["DLR"]).find((each) => each.agency === "DLR")?.mark).toBe("not-asked");
    expect(markOf(planOf([], { state: "DRAFT" }))).toBe("not-asked");
  });
});

it("somebody speaks for an agency as long as its delegation lasts, and nobody else does", () => {
  const given = {
    agency_id: "ESA",
    to_agency_id: "JAXA",
    to_principal_id: "",
    since: HOUR.start_time,
    until: HOUR.end_time,
    revoked_time: null,
  };
  const at = Date.parse("2029-01-16T00:30:00Z");
  const voices = (each: object, now = at) => speaksFor("JAXA", "key:1", [{ ...given, ...each } as Delegation], now);
  expect(voices({})).toEqual(["JAXA", "ESA"]);
  expect(voices({ to_principal_id: "key:1" })).toEqual(["JAXA", "ESA"]);
  for (const none of [{ to_principal_id: "key:2" }, { revoked_time: HOUR.start_time }, { to_agency_id: "NASA" }])
    expect(voices(none)).toEqual(["JAXA"]);
  expect(voices({}, Date.parse(HOUR.end_time))).toEqual(["JAXA"]);
});

it("a plan is compared with what it was made from, else with the last before it", () => {
  const plan = (id: string, created_time: string, more: object = {}): Plan =>
    ({ plan_id: id, created_time, ...more }) as unknown as Plan;
  const [a, b, c] = [plan("a", "1"), plan("b", "2"), plan("c", "3")];
  expect(baseOf(plan("x", "4", { replan: { base_plan_id: "b" } }), [a, b, c])).toBe("b");
  expect(baseOf(b, [c, b, a])).toBe("a");
  expect(baseOf(a, [a, b, c])).toBeNull();
});

it("changes have the names that the plans and the stations have", () => {
  const change = (item_id: string, agency_id: string, more: object = {}) =>
    ({ item_id, agency_id, title: item_id, after: HOUR, ...more }) as unknown as Schemas["PlanChange"];
  const plan = { activities: [{ activity_id: "look/0", title: "Look", agency_id: "ISRO" }] } as unknown as Plan;
  const changes = [
    change("esa-mlg@3600", ""),
    change("unknown@1", ""),
    change("look/0", ""),
    change("look/0", "", { is_busy: true, title: "" }),
  ];
  const named = namedChanges(changes, [plan], { "esa-mlg": { title: "Malargüe", agency: "ESA" } });
  expect(named.map((each) => [each.title, each.agency_id])).toEqual([
    ["Malargüe", "ESA"],
    ["unknown@1", ""],
    ["Look", "ISRO"],
    ["look/0", ""],
  ]);
  expect(sortedChanges(named, "ESA").own).toHaveLength(1);
});
