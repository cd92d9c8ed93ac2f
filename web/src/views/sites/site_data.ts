import { allPages, api, type Schemas, taken } from "../../api/client.ts";
import { lightOf, type PointLight } from "../../sites/light_document.ts";
import { distinctSearches } from "../../sites/ranking.ts";
import { DAY_MS } from "../../timeline/time/scale.ts";

export type SiteSearch = Schemas["SiteSearch"];
export type Site = Schemas["Site"];
export type Place = Schemas["SurfacePoint"];

const YEAR_MS = 365.25 * DAY_MS;

/** Returns the searches that are open to the caller, newest first. */
export async function loadSearches(): Promise<SiteSearch[]> {
  const searches = await allPages(
    (page_token) => taken(api.GET("/api/v1/site-searches", { params: { query: { page_token, page_size: 100 } } })),
    (page) => page.site_searches,
    5,
  );
  return distinctSearches(searches.filter((each) => each.request));
}

/** Returns the stack of terrains of a search. */
export const loadStack = (stackId: string): Promise<Schemas["TerrainStack"]> =>
  taken(api.GET("/api/v1/terrain-stacks/{terrain_stack_id}", { params: { path: { terrain_stack_id: stackId } } }));

/** What is seen from a point: its skyline, and its light over a year. */
export interface PointView {
  profile: Schemas["HorizonProfile"];
  light: PointLight | null;
}

/** Returns the skyline of a point and its light over the year that begins with a time, hour by hour. */
export async function loadPoint(
  terrain_stack_id: string,
  point: Place,
  startTime: string,
  height_m: number,
): Promise<PointView | null> {
  const end_time = new Date(Date.parse(startTime) + YEAR_MS).toISOString();
  const asked = { terrain_stack_id, points: [point], height_m };
  const span = { start_time: startTime, end_time };
  const [skylines, light] = await Promise.all([
    taken(api.POST("/api/v1/horizon-profiles:compute", { body: { ...asked, azimuth_count: 720 } })),
    taken(api.POST("/api/v1/light-series:compute", { body: { ...asked, span, step_s: 3600, with_directions: true } })),
  ]);
  const [profile] = skylines.profiles;
  return profile ? { profile, light: lightOf(light) } : null;
}
