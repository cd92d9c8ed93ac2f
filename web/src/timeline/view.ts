import type { TimelineDocument } from "./model.ts";
import type { TimeMode } from "./time/ticks.ts";

/** How a document is looked at: saved and shared as JSON. */
export interface TimelineView {
  version: 1;
  startMs: number;
  endMs: number;
  mode: TimeMode;
  hiddenLanes: string[];
  /** Agencies whose items are shown; empty means all. */
  agencies: string[];
  /** Text that titles must hold; empty means any. */
  search: string;
}

/** Returns the view of a whole document, with what else was chosen before. */
export function wholeView(document: TimelineDocument, before: TimelineView | null): TimelineView {
  const { startMs, endMs } = document;
  const kept = before ?? { version: 1, mode: "utc", hiddenLanes: [], agencies: [], search: "" };
  return { ...kept, version: 1, startMs, endMs };
}

/** Returns the view that a text says, or says what is wrong with it. */
export function readView(text: string): TimelineView {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new Error("a view is a JSON object; this is no JSON");
  }
  if (typeof read !== "object" || read === null || Array.isArray(read)) throw new Error("a view is a JSON object");
  const view = read as Record<string, unknown>;
  const faults = Object.entries(CHECKS)
    .filter(([name, [holds]]) => !holds(view[name], view))
    .map(([name, [, rule]]) => `${name}: ${rule}`);
  faults.push(
    ...Object.keys(view)
      .filter((name) => !(name in CHECKS))
      .map((name) => `${name}: not a part of a view`),
  );
  if (faults.length) throw new Error(`not a view: ${faults.slice(0, 20).join("; ")}`);
  return view as unknown as TimelineView;
}

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === "string");

const CHECKS: Record<keyof TimelineView, [(value: unknown, view: Record<string, unknown>) => boolean, string]> = {
  version: [(value) => value === 1, "must be 1"],
  startMs: [(value) => Number.isFinite(value), "must be a number of milliseconds"],
  endMs: [
    (value, view) => Number.isFinite(value) && (value as number) > (view.startMs as number),
    "must be a number of milliseconds after startMs",
  ],
  mode: [(value) => value === "utc" || value === "mission", 'must be "utc" or "mission"'],
  hiddenLanes: [isTexts, "must be a list of lane identifiers"],
  agencies: [isTexts, "must be a list of agencies"],
  search: [(value) => typeof value === "string", "must be a text"],
};
