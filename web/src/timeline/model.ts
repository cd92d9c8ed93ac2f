/** What a timeline shows, as plain JSON. Times are milliseconds since 1970-01-01T00:00:00Z. */
export interface TimelineDocument {
  startMs: number;
  endMs: number;
  /** Start of mission day 0. */
  dayZeroMs: number;
  /** Grid on which edits snap. */
  snapMs: number;
  /** Agencies in the order of the legend. */
  agencies: string[];
  groups: LaneGroup[];
  /** Path of an asset over its places, in order of time. */
  path: Stay[];
}

/** Lanes under one head. */
export interface LaneGroup {
  id: string;
  title: string;
  note: string;
  /** Unit of the totals in the right margin. */
  unit: string;
  lanes: Lane[];
}

export type Lane = StripLane | BarLane | CurveLane;

interface LaneHead {
  id: string;
  title: string;
  /** Second text of the gutter, such as the share of light. */
  note: string;
  /** Total in the right margin. */
  total: string;
  agency: string | null;
  bands: Band[];
}

/** Ground of light or contact, with a line over it where one is known. */
export interface StripLane extends LaneHead {
  kind: "strip";
  curve: Curve | null;
  /** What the gutter says of the cursor's time inside a band, and outside. */
  says: [string, string] | null;
}

/** Items, stacked where they are at the same time. */
export interface BarLane extends LaneHead {
  kind: "bars";
  role: "drive" | "place" | "station" | "other";
  items: Item[];
}

/** One or two courses over time on one axis. */
export interface CurveLane extends LaneHead {
  kind: "curve";
  curves: Curve[];
}

export type BandKind = "light" | "earth" | "contact" | "outage" | "broken";

/** Interval that colours the ground of a lane. */
export interface Band {
  kind: BandKind;
  startMs: number;
  endMs: number;
}

export type ItemState =
  | "planned"
  | "proposed"
  | "tentative"
  | "reserved"
  | "disabled"
  | "busy"
  | "running"
  | "done"
  | "failed"
  | "gone";

export type ItemShape = "bar" | "drive" | "contact";

/** Something planned: a chain of steps, a drive or a contact. */
export interface Item {
  id: string;
  title: string;
  /** Null where the reader is not told. */
  agency: string | null;
  startMs: number;
  endMs: number;
  state: ItemState;
  shape: ItemShape;
  locked: boolean;
  steps: Step[];
  /** Share of a contact's capacity that is sent, 0 to 1; null where that has no meaning. */
  filled: number | null;
  /** What the table and the tip say beside title and time. */
  facts: [string, string][];
}

/** Part of an item. */
export interface Step {
  title: string;
  startMs: number;
  endMs: number;
  /** True for warm-up and cool-down. */
  aside: boolean;
  /** Part at its end that it takes only where it goes worse than predicted. */
  marginMs?: number;
}

/** Quantity over time; `timesMs` rises. */
export interface Curve {
  id: string;
  title: string;
  unit: string;
  timesMs: ArrayLike<number>;
  values: ArrayLike<number>;
  floor: number | null;
  capacity: number | null;
  look: "line" | "filled" | "dashed" | "sun" | "earth";
}

/** Stay of an asset in a lane. */
export interface Stay {
  laneId: string;
  startMs: number;
  endMs: number;
}

/** Calls `visit` for every item of a document, with its lane. */
export function eachItem(document: TimelineDocument, visit: (item: Item, lane: BarLane) => void): void {
  for (const group of document.groups) {
    for (const lane of group.lanes) {
      if (lane.kind === "bars") for (const item of lane.items) visit(item, lane);
    }
  }
}
