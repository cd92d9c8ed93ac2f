import { describe, expect, it } from "vitest";
import { durationOf, numberOf, quantityOf } from "../src/timeline/time/format.ts";
import { parseLength, parseSpan, parseTime } from "../src/timeline/time/parse.ts";
import { clampSpan, DAY_MS, HOUR_MS, panned, toMs, toPx, zoomed } from "../src/timeline/time/scale.ts";

const ZERO = Date.UTC(2029, 0, 15);
const LIMITS = { startMs: ZERO, endMs: ZERO + 100 * DAY_MS };

describe("scale", () => {
  const scale = { ...LIMITS, leftPx: 164, widthPx: 1000 };

  it("goes to pixels and back", () => {
    expect(toPx(scale, ZERO)).toBe(164);
    expect(toPx(scale, ZERO + 50 * DAY_MS)).toBe(664);
    expect(toMs(scale, toPx(scale, ZERO + 12345678))).toBeCloseTo(ZERO + 12345678, -1);
  });

  it("keeps the time under the pointer while zooming", () => {
    const span = { startMs: ZERO + 10 * DAY_MS, endMs: ZERO + 30 * DAY_MS };
    const anchor = ZERO + 14 * DAY_MS;
    const closer = zoomed(span, 0.5, anchor, LIMITS);
    expect(closer.endMs - closer.startMs).toBe(10 * DAY_MS);
    expect((anchor - closer.startMs) / (closer.endMs - closer.startMs)).toBeCloseTo(0.2, 9);
  });

  it("stays in its limits without changing its length", () => {
    const span = { startMs: ZERO, endMs: ZERO + 7 * DAY_MS };
    expect(panned(span, -DAY_MS, LIMITS)).toEqual(span);
    expect(panned(span, 1000 * DAY_MS, LIMITS)).toEqual({ startMs: ZERO + 93 * DAY_MS, endMs: LIMITS.endMs });
    expect(clampSpan({ startMs: ZERO, endMs: ZERO + 1 }, LIMITS).endMs - ZERO).toBe(600_000);
    expect(zoomed(span, 1e9, ZERO, LIMITS)).toEqual(LIMITS);
  });

  it("shows a plan that is shorter than the shortest view", () => {
    const tiny = { startMs: ZERO, endMs: ZERO + 60_000 };
    expect(clampSpan(tiny, tiny)).toEqual(tiny);
    expect(zoomed(tiny, 0.1, ZERO, tiny)).toEqual(tiny);
  });
});

describe("typed times", () => {
  it.each([
    ["2029-01-26T02:24:00Z", Date.UTC(2029, 0, 26, 2, 24)],
    ["2029-01-26 02:24", Date.UTC(2029, 0, 26, 2, 24)],
    ["2029-01-26", Date.UTC(2029, 0, 26)],
    ["26 Jan 02:24", Date.UTC(2029, 0, 26, 2, 24)],
    ["26 january", Date.UTC(2029, 0, 26)],
    ["1 Dec", Date.UTC(2028, 11, 1)],
    ["1 Dec 2029 24:00", Date.UTC(2029, 11, 2)],
    ["D11 02:24", ZERO + 11 * DAY_MS + 2.4 * HOUR_MS],
    ["d-1", ZERO - DAY_MS],
  ])("%s", (text, ms) => {
    expect(parseTime(text, ZERO, ZERO)).toBe(ms);
  });

  it.each([
    "",
    "tomorrow",
    "31 Feb",
    "2029-02-29",
    "2029-13-01",
    "26 Jan 25:00",
    "26 Jan 10:75",
    "24:30",
    "D",
    "D1 30:00",
  ])("%s is refused", (text) => {
    expect(parseTime(text, ZERO, ZERO)).toBeNull();
  });

  const shown = { startMs: ZERO, endMs: ZERO + 7 * DAY_MS };

  it.each([
    ["26 Jan 02:24 – 28 Jan", Date.UTC(2029, 0, 26, 2, 24), Date.UTC(2029, 0, 28)],
    ["2029-01-26 to 2029-01-27", Date.UTC(2029, 0, 26), Date.UTC(2029, 0, 27)],
    ["D11 7 d", ZERO + 11 * DAY_MS, ZERO + 18 * DAY_MS],
    ["26 Jan 02:24 + 90 min", Date.UTC(2029, 0, 26, 2, 24), Date.UTC(2029, 0, 26, 3, 54)],
    ["12 h", ZERO, ZERO + 12 * HOUR_MS],
    ["D11", ZERO + 11 * DAY_MS, ZERO + 18 * DAY_MS],
    ["30 Dec – 2 Jan", Date.UTC(2028, 11, 30), Date.UTC(2029, 0, 2)],
  ])("span %s", (text, startMs, endMs) => {
    expect(parseSpan(text, ZERO, shown)).toEqual({ startMs, endMs });
  });

  it.each(["28 Jan – 26 Jan", "26 Jan – ", "0 d", "a – b", "1 – 2 – 3"])("span %s is refused", (text) => {
    expect(parseSpan(text, ZERO, shown)).toBeNull();
  });

  it("lengths", () => {
    expect(parseLength("1.5 h")).toBe(5_400_000);
    expect(parseLength("-1 h")).toBeNull();
  });
});

describe("figures", () => {
  it.each([
    [277 * 60_000, "4 h 37 min"],
    [5 * 60_000, "5 min"],
    [3 * HOUR_MS, "3 h"],
    [0, "0 min"],
    [162 * HOUR_MS, "6 d 18 h"],
    [-105 * 60_000, "−1 h 45 min"],
    [48 * HOUR_MS, "2 d"],
    [47.999 * HOUR_MS, "2 d"],
  ])("%i ms are %s", (ms, text) => {
    expect(durationOf(ms)).toBe(text);
  });

  it("have true minus signs, thousands and units", () => {
    expect(numberOf(-1.117)).toBe("−1.12");
    expect(quantityOf(1604.2, "Wh")).toBe("1,604 Wh");
    expect(quantityOf(1.13e9, "bit")).toBe("1.13 Gbit");
    expect(quantityOf(Number.NaN, "W")).toBe("– W");
  });
});
