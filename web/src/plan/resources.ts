import type { Curve, CurveLane } from "../timeline/model.ts";
import { msOf } from "./items.ts";
import type { PlanJson, ProfileJson } from "./plan_json.ts";

const TITLES: Record<string, string> = {
  battery_wh: "Battery",
  storage_bit: "Storage",
  generation_w: "Array",
  load_w: "Load",
};
const MOST_OTHERS = 8;

/** Returns a profile of a plan as a curve. */
export function curveOf(plan: PlanJson, profile: ProfileJson, look: Curve["look"]): Curve {
  const startMs = msOf(plan.horizon.start_time);
  return {
    id: profile.resource_id,
    title: TITLES[profile.resource_id] ?? wordsOf(profile.resource_id),
    unit: profile.unit ?? "1",
    timesMs: profile.offset_s.map((offset) => startMs + 1000 * offset),
    values: profile.value,
    floor: profile.floor ?? null,
    capacity: profile.capacity ?? null,
    look,
  };
}

/** Returns the lanes of a plan's resources: battery, storage and power first. */
export function resourceLanes(plan: PlanJson): CurveLane[] {
  const profiles = new Map(plan.profiles.map((profile) => [profile.resource_id, profile]));
  const take = (id: string, look: Curve["look"]): Curve[] => {
    const profile = profiles.get(id);
    profiles.delete(id);
    return profile?.offset_s.length ? [curveOf(plan, profile, look)] : [];
  };
  profiles.delete("sun_elevation_deg");
  const lanes = [
    lane("battery", "above floor", take("battery_wh", "line")),
    lane("storage", "free", take("storage_bit", "filled")),
    lane("power", "", [...take("generation_w", "sun"), ...take("load_w", "line")]),
  ];
  const others = [...profiles.keys()].slice(0, MOST_OTHERS);
  lanes.push(...others.map((id) => lane(`resource/${id}`, "", take(id, "line"))));
  return lanes.filter((each) => each.curves.length);
}

function lane(id: string, note: string, curves: Curve[]): CurveLane {
  const title = curves.map((curve) => curve.title).join(", ");
  const limited = curves.some((curve) => curve.floor !== null || curve.capacity !== null);
  return { kind: "curve", id, title, note: limited ? note : "", total: "", agency: null, bands: [], curves };
}

const wordsOf = (id: string): string => {
  const words = id.replaceAll(/[._-]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};
