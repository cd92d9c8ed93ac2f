/** The parts of a plan of the API that a timeline is made from. */
export interface PlanJson {
  plan_id: string;
  mission_id: string;
  horizon: IntervalJson;
  waypoints?: { waypoint_id: string; title?: string; mean_sun_fraction?: number }[];
  activities: ActivityJson[];
  contacts: ContactJson[];
  profiles: ProfileJson[];
}

export interface IntervalJson {
  start_time: string;
  end_time: string;
}

export interface ActivityJson {
  activity_id?: string;
  kind: string;
  request_id?: string;
  activity_type_id?: string;
  title?: string;
  agency_id?: string;
  asset_id?: string;
  interval: IntervalJson;
  place_id?: string;
  to_place_id?: string;
  power_w?: number;
  data_bit?: number;
  resource_ids?: string[];
  chain_id?: string;
  value?: number;
  is_busy?: boolean;
  /** Of its time the part that it takes only where it goes worse than predicted. */
  margin_s?: number;
  /** Held where it is by an edit. */
  is_locked?: boolean;
}

export interface ContactJson {
  station_id?: string;
  interval: IntervalJson;
  place_id?: string;
  capacity_bit?: number;
  sent_bit?: number;
  contact_id?: string;
}

export interface ProfileJson {
  resource_id: string;
  unit?: string;
  offset_s: number[];
  value: number[];
  floor?: number | null;
  capacity?: number | null;
}

/** Window of light or contact, as far as its ground is drawn. */
export interface WindowJson {
  kind: string;
  place_id?: string;
  station_id?: string;
  orbiter_id?: string;
  interval: IntervalJson;
}

/** Names and owners that a plan's identifiers stand for. */
export interface Names {
  stations: Record<string, { title: string; agency: string | null }>;
  /** Titles of requests. */
  requests: Record<string, string>;
}
