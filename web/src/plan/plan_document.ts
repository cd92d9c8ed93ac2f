import type { Band, BarLane, Item, Lane, LaneGroup, Stay, StripLane, TimelineDocument } from "../timeline/model.ts";
import { numberOf } from "../timeline/time/format.ts";
import { HOUR_MS } from "../timeline/time/scale.ts";
import { contactOf, driveOf, itemsOf, msOf, spanOf } from "./items.ts";
import type { ActivityJson, Names, PlanJson, WindowJson } from "./plan_json.ts";
import { curveOf, resourceLanes } from "./resources.ts";

const SNAP_MS = 300_000;
const MOST_WINDOW_LANES = 14;

/** What a plan's items have a lane for: where they are, what they are, or whose. */
export type LanesBy = "place" | "type" | "agency";

/** Returns a plan as a timeline shows it: sky, asset and places (or types, or agencies), stations, resources. */
export function planDocument(
  plan: PlanJson,
  windows: readonly WindowJson[],
  names: Names,
  lanesBy: LanesBy = "place",
): TimelineDocument {
  const { startMs, endMs } = spanOf(plan.horizon);
  const places = placesOf(plan, windows, { startMs, endMs });
  const requested = itemsOf(
    plan.activities.filter((activity) => activity.kind !== "DRIVE"),
    names,
  );
  const sky = places.length ? skyGroup(plan, windows, places[0]?.id ?? "") : windowGroup(windows);
  const atPlaces = lanesBy === "place" && places.length > 0;
  const groups = [sky, atPlaces ? assetGroup(plan, places, requested) : sortGroup(plan, places, requested, lanesBy)];
  groups.push(stationGroup(plan, names), resourceGroup(plan));
  const agencies = new Set<string>();
  for (const { item } of requested) if (item.agency) agencies.add(item.agency);
  for (const contact of plan.contacts) {
    const agency = names.stations[contact.station_id ?? ""]?.agency;
    if (agency) agencies.add(agency);
  }
  return {
    startMs,
    endMs,
    dayZeroMs: startMs,
    snapMs: SNAP_MS,
    agencies: [...agencies].sort(),
    groups: groups.filter((group) => group.lanes.length),
    path: atPlaces ? pathOf(plan, startMs, endMs) : [],
  };
}

interface Place {
  id: string;
  title: string;
  lit: Band[];
  share: number | null;
}

function placesOf(plan: PlanJson, windows: readonly WindowJson[], span: { startMs: number; endMs: number }): Place[] {
  return (plan.waypoints ?? []).map(({ waypoint_id, title, mean_sun_fraction }) => {
    const lit = bandsOf(windows, "ILLUMINATION", "light", waypoint_id);
    const inSpan = lit.map((band) => Math.min(band.endMs, span.endMs) - Math.max(band.startMs, span.startMs));
    const total = inSpan.reduce((sum, ms) => sum + Math.max(0, ms), 0);
    const known = windows.some((each) => each.kind === "ILLUMINATION" && each.place_id === waypoint_id);
    return {
      id: waypoint_id,
      title: nameOf(title || waypoint_id),
      lit,
      // Until the windows are there the site search's figure orders the places.
      share: known ? total / (span.endMs - span.startMs) : (mean_sun_fraction ?? null),
    };
  });
}

/** Returns the part of a place's title before its colon. */
const nameOf = (title: string): string => title.split(": ", 1)[0] ?? title;

function bandsOf(windows: readonly WindowJson[], kind: string, as: Band["kind"], placeId: string): Band[] {
  return windows
    .filter((window) => window.kind === kind && (window.place_id ?? "") === placeId)
    .map((window) => ({ kind: as, ...spanOf(window.interval) }));
}

function skyGroup(plan: PlanJson, windows: readonly WindowJson[], siteId: string): LaneGroup {
  const sun = plan.profiles.find((profile) => profile.resource_id === "sun_elevation_deg");
  const base = { kind: "strip", note: "", agency: null } as const;
  const light = bandsOf(windows, "ILLUMINATION", "light", siteId);
  const earth = bandsOf(windows, "EARTH_VISIBILITY", "earth", siteId);
  const span = spanOf(plan.horizon);
  const lanes: StripLane[] = [
    {
      ...base,
      id: "sun",
      title: "Sun at site",
      total: shareOf(light, span),
      bands: light,
      curve: sun?.offset_s.length ? { ...curveOf(plan, { ...sun, unit: "°" }, "sun"), title: "Sun" } : null,
      says: ["lit", "dark"],
    },
    {
      ...base,
      id: "earth",
      title: "Earth",
      total: shareOf(earth, span),
      bands: earth,
      curve: null,
      says: ["in view", "below"],
    },
  ];
  return { id: "sky", title: "", note: "", unit: "", lanes };
}

function shareOf(bands: readonly Band[], span: { startMs: number; endMs: number }): string {
  const ms = bands.reduce(
    (sum, band) => sum + Math.max(0, Math.min(band.endMs, span.endMs) - Math.max(band.startMs, span.startMs)),
    0,
  );
  return bands.length ? `${((100 * ms) / (span.endMs - span.startMs)).toFixed(1)} %` : "";
}

function assetGroup(plan: PlanJson, places: Place[], requested: { item: Item; first: ActivityJson }[]): LaneGroup {
  const titles = new Map(places.map((place) => [place.id, place.title]));
  const ordered = [...places].sort((one, other) => (other.share ?? 0) - (one.share ?? 0));
  const lanes: Lane[] = ordered.map((place) => {
    const items = requested.filter(({ first }) => first.place_id === place.id).map(({ item }) => item);
    const note = place.share === null ? "" : `${Math.round(100 * place.share)} % lit`;
    return { ...barLane(`place/${place.id}`, place.title, "place", items), note, bands: place.lit };
  });
  const elsewhere = requested.filter(({ first }) => !titles.has(first.place_id ?? "")).map(({ item }) => item);
  if (elsewhere.length) lanes.push(barLane("place/", "Anywhere", "other", elsewhere));
  const drives = driveLane(plan, titles);
  if (drives) lanes.unshift(drives);
  return { id: "asset", title: "Rover", note: noteOf(requested.length, drives), unit: "h work", lanes };
}

function driveLane(plan: PlanJson, titles: ReadonlyMap<string, string>): BarLane | null {
  const drives = plan.activities.filter((activity) => activity.kind === "DRIVE");
  const driven = drives.map((drive) => driveOf(drive, titles));
  return drives.length ? { ...barLane("drives", "Drives", "drive", driven), total: String(drives.length) } : null;
}

const noteOf = (items: number, drives: BarLane | null): string =>
  `${items} items${drives ? ` · ${drives.items.length} drives` : ""}`;

function barLane(id: string, title: string, role: BarLane["role"], items: Item[]): BarLane {
  const hours = items.reduce((sum, item) => sum + (item.endMs - item.startMs) / HOUR_MS, 0);
  return {
    kind: "bars",
    id,
    title,
    note: "",
    total: items.length ? numberOf(hours, 1) : "",
    agency: null,
    bands: [],
    role,
    items,
  };
}

/** Lanes of a mission without a ground: its windows by kind and ends, those that are open longest. */
function windowGroup(windows: readonly WindowJson[]): LaneGroup {
  const opened = new Map<string, Band[]>();
  for (const window of windows) {
    const ends = [window.place_id, window.orbiter_id, window.station_id]
      .filter(Boolean)
      .map((id) => id?.split(".").at(-1));
    const name = [window.kind.toLowerCase().replaceAll("_", " "), ...ends].join(" ");
    opened.set(name, [...(opened.get(name) ?? []), { kind: "earth", ...spanOf(window.interval) }]);
  }
  const length = (bands: Band[]): number => bands.reduce((sum, band) => sum + band.endMs - band.startMs, 0);
  const longest = [...opened].sort((one, other) => length(other[1]) - length(one[1])).slice(0, MOST_WINDOW_LANES);
  const lanes = longest.map(([title, bands]): StripLane => {
    return {
      kind: "strip",
      id: `window/${title}`,
      title,
      note: "",
      total: "",
      agency: null,
      bands,
      curve: null,
      says: ["open", "shut"],
    };
  });
  return { id: "windows", title: "Windows", note: "", unit: "", lanes };
}

/** Lanes of items by what they are, or by whose they are. */
function sortGroup(
  plan: PlanJson,
  places: readonly Place[],
  requested: { item: Item; first: ActivityJson }[],
  lanesBy: LanesBy,
): LaneGroup {
  const byName = new Map<string, Item[]>();
  for (const { item, first } of requested) {
    const type = (first.activity_type_id ?? "").split(/[./]/).at(-1) || "Activities";
    const name = first.is_busy ? "Busy" : lanesBy === "agency" ? (first.agency_id ?? "") || "Nobody's" : type;
    byName.set(name, [...(byName.get(name) ?? []), item]);
  }
  const lanes = [...byName]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([name, items]) => {
      const agency = lanesBy === "agency" ? (items[0]?.agency ?? null) : null;
      return { ...barLane(`${lanesBy === "agency" ? "agency" : "type"}/${name}`, name, "other", items), agency };
    });
  const drives = driveLane(plan, new Map(places.map((place) => [place.id, place.title])));
  if (drives) lanes.unshift(drives);
  return { id: "activities", title: "Activities", note: noteOf(requested.length, drives), unit: "h", lanes };
}

function stationGroup(plan: PlanJson, names: Names): LaneGroup {
  const byStation = new Map<string, Item[]>();
  for (const contact of plan.contacts) {
    const id = contact.station_id ?? "";
    byStation.set(id, [...(byStation.get(id) ?? []), contactOf(contact, names)]);
  }
  const lanes = [...byStation].map(([id, items]) => {
    const station = names.stations[id];
    return {
      ...barLane(`station/${id}`, station?.title ?? (id || "Station"), "station", items),
      agency: station?.agency ?? null,
    };
  });
  lanes.sort(
    (one, other) => (one.agency ?? "").localeCompare(other.agency ?? "") || one.title.localeCompare(other.title),
  );
  const reserved = plan.contacts.filter((contact) => contact.contact_id).length;
  const note = `${plan.contacts.length} contacts, ${reserved || "none"} reserved`;
  return { id: "stations", title: "Stations", note, unit: "h", lanes };
}

function resourceGroup(plan: PlanJson): LaneGroup {
  return { id: "resources", title: "Resources", note: "at the cursor", unit: "", lanes: resourceLanes(plan) };
}

/** Returns where the asset is: between two drives at the place to which the first went. */
function pathOf(plan: PlanJson, startMs: number, endMs: number): Stay[] {
  const drives = plan.activities
    .filter((activity) => activity.kind === "DRIVE" && activity.to_place_id)
    .sort((one, other) => msOf(one.interval.start_time) - msOf(other.interval.start_time));
  const stays: Stay[] = [];
  let [at, since] = [drives[0]?.place_id ?? plan.waypoints?.[0]?.waypoint_id ?? "", startMs];
  for (const drive of drives) {
    const { startMs: leaves, endMs: arrives } = spanOf(drive.interval);
    stays.push({ laneId: `place/${at}`, startMs: since, endMs: leaves });
    [at, since] = [drive.to_place_id ?? "", arrives];
  }
  stays.push({ laneId: `place/${at}`, startMs: since, endMs });
  return stays;
}
