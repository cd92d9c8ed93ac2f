import { describe, expect, it } from "vitest";
import { missionTimeOf } from "../src/timeline/time/format.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, pxPerDay, type TimeScale } from "../src/timeline/time/scale.ts";
import { fineStepMs, ticksOf } from "../src/timeline/time/ticks.ts";

const ZERO = Date.UTC(2029, 0, 15);
const scaleOf = (days: number, widthPx = 800, startMs = ZERO): TimeScale => ({
  startMs,
  endMs: startMs + days * DAY_MS,
  leftPx: 0,
  widthPx,
});

describe("ticks", () => {
  it("are weeks from day 0 on a hundred days, with a bare line each day", () => {
    const ticks = ticksOf(scaleOf(100), ZERO, "utc");
    expect(ticks.major.map((tick) => tick.note).slice(0, 4)).toEqual(["D0", "D7", "D14", "D21"]);
    expect(ticks.major[1]).toMatchObject({ label: "22 Jan", ms: Date.UTC(2029, 0, 22) });
    expect(ticks.bare).toHaveLength(101);
  });

  it("are days with hours between from 60 px a day on", () => {
    const ticks = ticksOf(scaleOf(7), ZERO, "utc");
    expect(ticks.major[4]).toMatchObject({ label: "Fri 19 Jan", note: "D4" });
    expect(ticks.minor.slice(0, 3).map((tick) => tick.note)).toEqual(["06", "12", "18"]);
  });

  it("cross the 29th of February and the end of a year as the calendar does", () => {
    const leap = ticksOf(scaleOf(3, 800, Date.UTC(2028, 1, 28)), ZERO, "utc");
    expect(leap.major.map((tick) => tick.label)).toEqual(["Mon 28 Feb", "Tue 29 Feb", "Wed 1 Mar", "Thu 2 Mar"]);
    const months = ticksOf(scaleOf(900, 500, Date.UTC(2027, 10, 3)), ZERO, "utc");
    expect(months.major.map((tick) => tick.label)).toContain("Jan 2028");
    for (const tick of months.major) expect(new Date(tick.ms).getUTCDate()).toBe(1);
  });

  it.each([
    [60, 12],
    [110, 6],
    [220, 3],
    [625, 1],
  ])("step %i px a day by %i hours", (perDay, hours) => {
    expect(fineStepMs(perDay)).toBe(hours * HOUR_MS);
  });

  it("come down to a minute", () => {
    const scale = scaleOf(10 / 1440);
    expect(fineStepMs(pxPerDay(scale))).toBe(MINUTE_MS);
    expect(ticksOf(scale, ZERO, "utc").minor.map((tick) => tick.note)).toContain("00:07");
  });

  it("begin mission days where day 0 begins, at whatever hour", () => {
    const zero = ZERO + 6 * HOUR_MS;
    const ticks = ticksOf(scaleOf(7), zero, "mission");
    expect(ticks.major[0]).toMatchObject({ ms: zero, label: "D0" });
    expect(missionTimeOf(ZERO, zero)).toBe("D−1 18:00");
  });

  it("never overlap, whatever the zoom", () => {
    for (let days = 0.01; days < 4000; days *= 1.37) {
      const scale = scaleOf(days);
      const { major, minor } = ticksOf(scale, ZERO, "utc");
      const times = [...major, ...minor].map((tick) => tick.ms).sort((one, other) => one - other);
      const gaps = times.slice(1).map((ms, at) => ((ms - (times[at] as number)) / DAY_MS) * pxPerDay(scale));
      expect(Math.min(1e9, ...gaps)).toBeGreaterThanOrEqual(25.9);
      expect(times.length).toBeLessThan(200);
    }
  });
});
