import type { Schemas } from "../api/client.ts";
import { durationOf, numberOf, quantityOf } from "../timeline/time/format.ts";

type Part = Schemas["ScorePart"];

/** What each criterion says of a site, in the words of a table. */
const TITLES: Record<Schemas["SiteCriterion"], string> = {
  ILLUMINATION: "Sun's disc in view, mean",
  LONGEST_NIGHT: "Longest night",
  EARTH_VISIBILITY: "Earth in view",
  SUN_AND_EARTH: "Sun and Earth together",
  SLOPE: "Slope",
  ROUGHNESS: "Roughness",
  HAZARD: "Hazardous ground in the ellipse",
  SHADOW_DISTANCE: "Way to ground without light",
};

export const titleOf = (criterion: Part["criterion"]): string => TITLES[criterion] ?? String(criterion);

/** Returns the value of a part with its unit. */
export function partValue({ value, unit, criterion }: Part): string {
  if (criterion === "SHADOW_DISTANCE" && value < 0) return "none was found";
  if (unit === "s") return durationOf(value * 1000);
  if (unit === "deg") return quantityOf(value, "°");
  if (unit === "") return `${numberOf(100 * value)} %`;
  return quantityOf(value, unit);
}

/** Where the parts of a score lie on a bar of 100, one behind the other. */
export interface PartBar {
  part: Part;
  x: number;
  width: number;
  /** What the part lost: its weight less what it brought. */
  lost: number;
}

/** Returns the parts of a score as pieces of a bar that is full where every part is best; the parts sum up to the score. */
export function barOf(parts: readonly Part[]): PartBar[] {
  let x = 0;
  return parts.map((part) => {
    const bar = { part, x, width: 100 * part.contribution, lost: 100 * (part.weight - part.contribution) };
    x += bar.width + bar.lost;
    return bar;
  });
}

/** Returns a search for a person: its mission and landing. */
export function searchTitle(search: Schemas["SiteSearch"]): string {
  const { mission_id, landing_time } = search.request ?? {};
  return [mission_id || "Own search", landing_time ? `landing ${landing_time.slice(0, 10)}` : ""]
    .filter(Boolean)
    .join(", ");
}

/** Returns searches without those that say the same as a newer one. */
export function distinctSearches(searches: readonly Schemas["SiteSearch"][]): Schemas["SiteSearch"][] {
  const seen = new Set<string>();
  return searches.filter((search) => {
    const said = JSON.stringify(search.request);
    if (seen.has(said)) return false;
    seen.add(said);
    return true;
  });
}
