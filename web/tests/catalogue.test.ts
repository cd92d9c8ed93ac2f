import { describe, expect, it } from "vitest";
import {
  type ActivityType,
  durationS,
  figureText,
  type Instrument,
  instrumentsOf,
  named,
  sourceText,
  usersOf,
  wordsOfStep,
} from "../src/catalogue/catalogue.ts";

const figure = (value: number, unit: string) => ({ value, unit, source: "a paper", confidence: "ASSUMPTION" as const });
const step = (more: object) => ({
  step_id: "s",
  title: "Step",
  duration_s: figure(1800, "s"),
  instruments: [],
  conditions: [],
  effects: [],
  makes: [],
  needs_quiet: [],
  ...more,
});
const TYPE = {
  activity_type_id: "drill",
  title: "Bohrprobe 掘削",
  steps: [
    step({ instruments: [{ instrument_id: "ns" }, { instrument_id: "gpr" }] }),
    step({
      duration_s: null,
      instruments: [{ instrument_id: "ns" }],
      conditions: [{ kind: "ILLUMINATION", outside: true }],
      needs_quiet: ["MOTION"],
      makes: ["VIBRATION"],
      effects: [{ parameter_id: "depth", quantity: "DURATION", per_unit: figure(5, "h"), resource_id: "" }],
    }),
  ],
} as unknown as ActivityType;

describe("the catalogue of a mission", () => {
  it("writes figures as they are read, and nothing where none is given", () => {
    expect([figure(1800, "s"), figure(4000, "bit/s"), figure(5, "kg"), null].map(figureText)).toEqual([
      "30 min",
      "4 kbit/s",
      "5 kg",
      "",
    ]);
    expect([sourceText(figure(1, "W")), sourceText(null)]).toEqual(["a paper: assumption", ""]);
  });

  it("sums the steps that say how long they take, and names each instrument once", () => {
    expect([durationS(TYPE), instrumentsOf(TYPE)]).toEqual([1800, ["ns", "gpr"]]);
  });

  it("knows which types use an instrument", () => {
    const of = (instrument_id: string) => usersOf({ instrument_id } as Instrument, [TYPE]).length;
    expect([of("ns"), of("drill")]).toEqual([1, 0]);
  });

  it("says what must hold for a step and what its parameters add", () => {
    expect(TYPE.steps[1] && wordsOfStep(TYPE.steps[1])).toEqual([
      "outside illumination",
      "quiet of motion",
      "makes vibration",
      "duration + 5 h for each unit of depth",
    ]);
  });

  it("is searched in any script", () => {
    expect(named([TYPE], " 掘削", (type) => type.title)).toEqual([TYPE]);
    expect(named([TYPE], "laser", (type) => type.title)).toEqual([]);
  });
});
