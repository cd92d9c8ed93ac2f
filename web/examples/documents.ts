import { bandedDocument } from "../src/plan/comparison_document.ts";
import type { BarLane, Curve, CurveLane, Item, ItemState, TimelineDocument } from "../src/timeline/model.ts";
import { DAY_MS, HOUR_MS } from "../src/timeline/time/scale.ts";

const START_MS = Date.UTC(2029, 0, 15);
const AGENCIES = ["JAXA", "ISRO", "ESA", "NASA", "DLR", "CNSA", "KARI", "CSA"];
const STATES: ItemState[] = [
  "planned",
  "proposed",
  "tentative",
  "reserved",
  "disabled",
  "busy",
  "running",
  "done",
  "failed",
  "gone",
];

/** Returns an item of an example. */
function itemOf(
  id: string,
  title: string,
  agency: string | null,
  startMs: number,
  hours: number,
  state: ItemState,
): Item {
  const endMs = startMs + hours * HOUR_MS;
  return { id, title, agency, startMs, endMs, state, shape: "bar", locked: false, steps: [], filled: null, facts: [] };
}

function barLane(id: string, title: string, items: Item[]): BarLane {
  return { kind: "bars", role: "place", id, title, note: "", total: "", agency: null, bands: [], items };
}

/** Returns one item of every state for each agency, with a locked one, a chain and a contact. */
export function states(): TimelineDocument {
  const lanes = STATES.map((state, row) =>
    barLane(
      state,
      state,
      AGENCIES.map((agency, at) =>
        itemOf(`${state}/${agency}`, `${agency} ${state}`, agency, START_MS + at * DAY_MS + row * HOUR_MS, 9, state),
      ),
    ),
  );
  const chain = itemOf("chain", "Warm up, measure, cool down", "ESA", START_MS + DAY_MS, 20, "planned");
  chain.steps = [4, 12, 4].map((hours, at) => {
    const startMs = chain.startMs + ([0, 4, 16][at] ?? 0) * HOUR_MS;
    return { title: "step", startMs, endMs: startMs + hours * HOUR_MS, aside: at !== 1 };
  });
  const locked = { ...itemOf("locked", "Locked", "JAXA", START_MS + 3 * DAY_MS, 16, "planned"), locked: true };
  const contact = {
    ...itemOf("contact", "Half used", "NASA", START_MS + 5 * DAY_MS, 10, "tentative"),
    shape: "contact" as const,
    filled: 0.5,
  };
  const names = itemOf(
    "names",
    "観測 Überprüfung der Wärmeleitfähigkeit الملاحظة תצפית наблюдение การสังเกต प्रेक्षण 관측 🌔 ".repeat(3),
    "CSA",
    START_MS + 6 * DAY_MS,
    5,
    "planned",
  );
  lanes.push(barLane("others", "Chain, lock, contact, long name", [chain, locked, contact, names]));
  return documentOf(9, lanes, []);
}

/** Returns a plan as crowded as the page must bear: `items` over 40 lanes and 100 days, and long courses. */
export function crowded(items: number, curves: number, samples: number): TimelineDocument {
  const random = randomNumbers(42);
  const lanes = Array.from({ length: 40 }, (_, at) => barLane(`lane-${at}`, `Lane ${at + 1}`, []));
  for (let at = 0; at < items; at++) {
    const startMs = START_MS + Math.floor(random() * 99.5 * 288) * 300_000;
    const agency = AGENCIES[at % AGENCIES.length] ?? null;
    lanes[at % 40]?.items.push(
      itemOf(`item-${at}`, `Observation ${at + 1}`, agency, startMs, 0.25 + 6 * random(), "planned"),
    );
  }
  const courses = Array.from({ length: curves }, (_, at): CurveLane => {
    const curve = courseOf(`course-${at}`, samples, random);
    return {
      kind: "curve",
      id: curve.id,
      title: `Course ${at + 1}`,
      note: "above floor",
      total: "",
      agency: null,
      bands: [],
      curves: [curve],
    };
  });
  return documentOf(100, lanes, courses);
}

/** Returns two plans of a few items that differ in three places, with a band for each. */
export function banded(): TimelineDocument {
  const before = crowded(400, 2, 4000);
  const after = crowded(400, 2, 4000);
  for (const [at, lane] of (after.groups[0]?.lanes ?? []).entries()) {
    if (lane.kind !== "bars" || at % 13 !== 0) continue;
    lane.items = lane.items.map((item, number) =>
      number % 3 === 0 ? { ...item, startMs: item.startMs + DAY_MS, endMs: item.endMs + DAY_MS } : item,
    );
  }
  return bandedDocument(before, after);
}

function courseOf(id: string, samples: number, random: () => number): Curve {
  const timesMs = new Float64Array(samples);
  const values = new Float64Array(samples);
  let value = 50;
  for (let at = 0; at < samples; at++) {
    timesMs[at] = START_MS + (at * 100 * DAY_MS) / samples;
    value = Math.max(5, Math.min(100, value + 4 * (random() - 0.5)));
    values[at] = value;
  }
  return { id, title: id, unit: "Wh", timesMs, values, floor: 10, capacity: 100, look: "line" };
}

function documentOf(days: number, lanes: BarLane[], courses: CurveLane[]): TimelineDocument {
  const groups = [
    { id: "places", title: "Places", note: "", unit: "", lanes },
    { id: "resources", title: "Resources", note: "", unit: "", lanes: courses },
  ];
  return {
    startMs: START_MS,
    endMs: START_MS + days * DAY_MS,
    dayZeroMs: START_MS,
    snapMs: 300_000,
    agencies: AGENCIES,
    groups: groups.filter((group) => group.lanes.length),
    path: [],
  };
}

/** Numbers from 0 to 1 that are the same in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
