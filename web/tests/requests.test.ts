import { describe, expect, it } from "vitest";
import { opportunityDocument } from "../src/requests/opportunity_document.ts";
import {
  type ActivityRequest,
  type ActivityType,
  emptyForm,
  faultsAt,
  formOf,
  keptAsItIs,
  requestOf,
} from "../src/requests/request_form.ts";

const HORIZON = Date.UTC(2029, 0, 15);
const TYPE = {
  activity_type_id: "drill",
  title: "Drill",
  parameters: [
    { parameter_id: "power", title: "Power", unit: "W" },
    { parameter_id: "depth", title: "Depth", unit: "m" },
  ],
} as unknown as ActivityType;
const REQUEST = {
  request_id: "JAXA:deep",
  title: "Deep",
  activity_type_id: "drill",
  agency_id: "JAXA",
  value: 12.5,
  mandatory: true,
  visibility: "OWNER",
  place_ids: ["haven"],
  windows: [{ start_time: "2029-01-26T02:24:30Z", end_time: "2029-02-01T00:00:00Z" }],
  relations: [{ kind: "AFTER", request_id: "survey", min_lag_s: 86_400, max_lag_s: 0 }],
  repetition: {
    count: 3,
    period_s: 432_000,
    tolerance_s: 5_400,
    largest_gap_s: 0,
    when_missed: "SKIP",
    least_count: 0,
  },
  preset_id: "full",
  arguments: [{ parameter_id: "depth", value: 1.2, unit: "m" }],
  tags: ["volatiles", "drill"],
  campaign: null,
  decay: { every_s: 3600, factor: 0.9 },
  products: [{ product_id: "spectra" }],
  modes: [{ mode_id: "long" }],
  activity_type_version: 2,
  version: 4,
} as unknown as ActivityRequest;

describe("a request's form", () => {
  it("says again what was handed in, and keeps what it does not show", () => {
    const { request, faults } = requestOf(formOf(REQUEST), TYPE, "JAXA", HORIZON, REQUEST);
    expect(faults).toEqual([]);
    const { version: _, ...same } = REQUEST;
    expect(request).toEqual({
      ...same,
      windows: [{ start_time: "2029-01-26T02:24:30.000Z", end_time: "2029-02-01T00:00:00.000Z" }],
    });
    expect(keptAsItIs(REQUEST)).toEqual([
      "ways to do it",
      "decay of value",
      "data products",
      "what becomes of missed repetitions",
      "version of the activity type",
    ]);
  });

  it("reads mission days and days of the horizon's year", () => {
    const form = { ...emptyForm(), typeId: "drill", windows: [{ start: "D11 02:24", end: "1 Feb 12:00" }] };
    const { request } = requestOf(form, TYPE, "ESA", HORIZON, null);
    expect(request.windows).toEqual([{ start_time: "2029-01-26T02:24:00.000Z", end_time: "2029-02-01T12:00:00.000Z" }]);
  });

  it("tells everything at once that is no number and no time, by its field", () => {
    const form = {
      ...emptyForm(),
      value: "much",
      amounts: { depth: "1,2" },
      windows: [{ start: "soon", end: "" }],
      repeats: true,
      periodD: "",
      relations: [{ kind: "AFTER" as const, requestId: "a", leastH: "x", mostH: "−1" }],
    };
    const { faults } = requestOf(form, TYPE, "ESA", HORIZON, null);
    expect(faults.map((fault) => fault.path)).toEqual([
      "value",
      "windows[0].start_time",
      "windows[0].end_time",
      "relations[0].min_lag_s",
      "repetition.period_s",
      "arguments[0].value",
      "activity_type_id",
    ]);
  });

  it("leaves out amounts that nobody typed, so that those of the preset hold", () => {
    const form = { ...emptyForm(), typeId: "drill", amounts: { power: " ", depth: "0.4" } };
    expect(requestOf(form, TYPE, "ESA", HORIZON, null).request.arguments).toEqual([
      { parameter_id: "depth", value: 0.4, unit: "m" },
    ]);
  });

  it("finds the faults of its fields by either path of the platform", () => {
    const faults = [
      { path: "requests[0].arguments[1].value", message: "a" },
      { path: "request.arguments[1]", message: "b" },
      { path: "requests[0].arguments[10].value", message: "c" },
    ];
    expect(faultsAt(faults, "arguments[1]")).toEqual(["a", "b"]);
  });
});

describe("opportunities", () => {
  it("are strips of places, as long as the request takes", () => {
    const at = (time: string) => `2029-01-${time}:00Z`;
    const opportunities = [
      { place_id: "plain", first_start_time: at("16T00:00"), last_start_time: at("16T06:00") },
      { place_id: "haven", first_start_time: at("17T00:00"), last_start_time: at("17T00:00") },
    ];
    const span = { startMs: HORIZON, endMs: HORIZON + 86_400_000 };
    const document = opportunityDocument(
      { key: "r", opportunities, opportunity_count: 2 },
      3600,
      span,
      new Map([["haven", "Haven"]]),
    );
    const lanes = document.groups[0]?.lanes ?? [];
    expect(lanes.map((lane) => lane.title)).toEqual(["Haven", "plain"]);
    expect(lanes.map((lane) => (lane.bands[0]?.endMs ?? 0) - (lane.bands[0]?.startMs ?? 0))).toEqual([
      3_600_000, 25_200_000,
    ]);
  });
});
