import { describe, expect, it } from "vitest";
import {
  awaits,
  type Contact,
  contactDocument,
  holdLeft,
  hoursOfProviders,
  inOutage,
  isHolding,
  noticeEndsMs,
  type Outage,
  type Station,
} from "../src/contacts/contact_document.ts";
import type { BarLane } from "../src/timeline/model.ts";

const AT = Date.UTC(2029, 0, 16);
const hour = (from: number, to: number) => ({
  start_time: new Date(AT + from * 3_600_000).toISOString(),
  end_time: new Date(AT + to * 3_600_000).toISOString(),
});
const contactOf = (id: string, more: object = {}): Contact =>
  ({
    contact_id: id,
    station_id: "esa-mlg",
    station_agency_id: "ESA",
    agency_id: "JAXA",
    mission_id: "m",
    asset_id: "rover",
    interval: hour(1, 2),
    occupied: hour(0, 3),
    state: "TENTATIVE",
    awaiting_agency_ids: ["ESA"],
    hold_until_time: null,
    notice_s: 7200,
    ...more,
  }) as unknown as Contact;
const STATIONS = [
  { station_id: "esa-mlg", name: "Malargüe", agency_id: "ESA" },
  { station_id: "idle", name: "Idle", agency_id: "NASA" },
  { station_id: "udsc", name: "Usuda", agency_id: "JAXA" },
] as unknown as Station[];
const SPAN = { startMs: AT, endMs: AT + 86_400_000 };
const OUTAGE = { outage_id: "o", station_id: "esa-mlg", interval: hour(2.5, 9) } as unknown as Outage;

describe("contacts by antenna", () => {
  it("show the own antennas first, idle ones of others not, and what is given back nowhere", () => {
    const contacts = [
      contactOf("a"),
      contactOf("b", { state: "REJECTED" }),
      contactOf("c", { station_id: "udsc", station_agency_id: "JAXA", state: "COMMITTED" }),
    ];
    const document = contactDocument(STATIONS, contacts, [OUTAGE], "ESA", SPAN);
    const lanes = document.groups.map((group) => group.lanes.map((lane) => lane.title));
    expect(lanes).toEqual([["Malargüe"], ["Usuda"]]);
    const [own, other] = document.groups.flatMap((group) => group.lanes) as BarLane[];
    expect(own?.items.map((item) => [item.id, item.state])).toEqual([["a", "tentative"]]);
    expect(own?.bands[0]?.kind).toBe("outage");
    expect(other?.items[0]?.state).toBe("reserved");
  });

  it("tell of what others booked on others' antennas that it is taken", () => {
    const document = contactDocument(STATIONS, [contactOf("a", { agency_id: "", mission_id: "" })], [], "NASA", SPAN);
    const lanes = document.groups.flatMap((group) => group.lanes) as BarLane[];
    expect(lanes.flatMap((lane) => lane.items)).toMatchObject([{ title: "Taken", state: "busy", agency: null }]);
  });
});

describe("contacts that a plan asks for", () => {
  const asked = [
    { station_id: "idle", interval: hour(4, 6), mission_id: "m", agency_id: "JAXA", plan_id: "p" },
    { station_id: "unknown", interval: hour(4, 6), mission_id: "m", agency_id: "JAXA", plan_id: "p" },
  ];

  it("are told from those that are booked", () => {
    const document = contactDocument(STATIONS, [contactOf("a")], [], "ESA", SPAN, asked);
    const lanes = document.groups.flatMap((group) => group.lanes) as BarLane[];
    expect(lanes.map((lane) => [lane.title, lane.items.map((item) => item.state)])).toEqual([
      ["Malargüe", ["tentative"]],
      ["Idle", ["planned"]],
    ]);
    expect(new Set(lanes.flatMap((lane) => lane.items.map((item) => item.id))).size).toBe(2);
  });

  it("count in the hours on each agency's antennas, those given back do not", () => {
    const contacts = [contactOf("a"), contactOf("b", { state: "REJECTED", interval: hour(5, 9) })];
    expect(hoursOfProviders(STATIONS, contacts, asked)).toEqual([
      ["NASA", 2],
      ["ESA", 1],
    ]);
  });
});

describe("a contact", () => {
  it.each([
    ["ESA", {}, true],
    ["JAXA", {}, false],
    ["ESA", { state: "COMMITTED" }, false],
    ["DLR", { awaiting_agency_ids: ["ESA", "DLR"] }, true],
  ])("waits for %s: %o is %s", (agency, more, waits) => {
    expect(awaits(contactOf("a", more), agency)).toBe(waits);
  });

  it("is held for so long", () => {
    const held = contactOf("a", { hold_until_time: new Date(AT + 90 * 60_000).toISOString() });
    expect(holdLeft(held, AT)).toBe("1 h 30 min");
    expect(holdLeft(held, AT + 89.5 * 60_000)).toBe("less than a minute");
    expect(holdLeft(held, AT + 90 * 60_000)).toBe("has run out");
    expect(holdLeft(contactOf("a"), AT)).toBe("");
  });

  it("can be taken back until its notice, and is in an outage where its antenna is taken then", () => {
    expect(noticeEndsMs(contactOf("a"))).toBe(AT - 2 * 3_600_000);
    expect(inOutage(contactOf("a"), [OUTAGE])).toBe(OUTAGE);
    expect(inOutage(contactOf("a", { occupied: hour(0, 2.5) }), [OUTAGE])).toBeNull();
    expect(inOutage(contactOf("a", { station_id: "udsc" }), [OUTAGE])).toBeNull();
  });

  it.each(["TENTATIVE", "COMMITTED", "ACTIVE", "COMPLETED", "FAILED"])("holds its antenna while %s", (state) => {
    expect(isHolding(contactOf("a", { state }))).toBe(true);
  });
});
