import type { Schemas } from "../api/client.ts";
import { parseTime } from "../timeline/time/parse.ts";
import { DAY_MS, HOUR_MS } from "../timeline/time/scale.ts";

export type ActivityType = Schemas["ActivityType"];
export type ActivityRequest = Schemas["ActivityRequest"];
export type NewRequest = Schemas["NewActivityRequest"];
type RelationKind = Schemas["RelationKind"];

/** A request as it is typed: every figure a text, in the unit that stands beside its field. */
export interface RequestForm {
  requestId: string;
  title: string;
  typeId: string;
  presetId: string;
  /** Values by parameter, in the parameter's unit; empty takes the preset's or the default. */
  amounts: Record<string, string>;
  value: string;
  mandatory: boolean;
  visibility: Schemas["Visibility"];
  placeIds: string[];
  windows: { start: string; end: string }[];
  repeats: boolean;
  count: string;
  periodD: string;
  toleranceH: string;
  relations: { kind: RelationKind; requestId: string; leastH: string; mostH: string }[];
  tags: string;
}

/** What is wrong with a field, by the path that the platform gives the same field. */
export interface FormFault {
  path: string;
  message: string;
}

/** Returns the form of a request that nobody has typed yet. */
export function emptyForm(): RequestForm {
  return {
    requestId: "",
    title: "",
    typeId: "",
    presetId: "",
    amounts: {},
    value: "1",
    mandatory: false,
    visibility: "MISSION",
    placeIds: [],
    windows: [],
    repeats: false,
    count: "2",
    periodD: "1",
    toleranceH: "0",
    relations: [],
    tags: "",
  };
}

/** Returns a request as its form shows it. */
export function formOf(request: ActivityRequest): RequestForm {
  const { repetition } = request;
  return {
    requestId: request.request_id,
    title: request.title,
    typeId: request.activity_type_id,
    presetId: request.preset_id,
    amounts: Object.fromEntries(request.arguments.map((each) => [each.parameter_id, String(each.value)])),
    value: String(request.value),
    mandatory: request.mandatory,
    visibility: request.visibility,
    placeIds: [...request.place_ids],
    windows: request.windows.map(({ start_time, end_time }) => ({ start: typed(start_time), end: typed(end_time) })),
    repeats: repetition != null,
    count: String(repetition?.count ?? 2),
    periodD: String((repetition?.period_s ?? 86_400) / 86_400),
    toleranceH: String((repetition?.tolerance_s ?? 0) / 3600),
    relations: request.relations.map((each) => ({
      kind: each.kind,
      requestId: each.request_id,
      leastH: String((each.min_lag_s ?? 0) / 3600),
      mostH: String((each.max_lag_s ?? 0) / 3600),
    })),
    tags: request.tags.join(", "),
  };
}

/** A time as it is typed: "2029-01-26 02:24", to the second where it has one. */
function typed(time: string): string {
  const [day = "", clock = ""] = new Date(time).toISOString().split(/[TZ]/);
  return `${day} ${clock.endsWith(":00.000") ? clock.slice(0, 5) : clock.slice(0, 8)}`;
}

/** Whether more is said of a series than its period. */
function forgives(repetition: ActivityRequest["repetition"]): boolean {
  if (repetition == null) return false;
  return repetition.when_missed === "SKIP" || !!repetition.largest_gap_s || !!repetition.least_count;
}

/** Names of what a form does not show and an edit leaves as it is. */
export function keptAsItIs(request: ActivityRequest): string[] {
  const parts: [string, boolean][] = [
    ["ways to do it", request.modes.length > 0],
    ["campaign", request.campaign != null],
    ["decay of value", request.decay != null],
    ["data products", request.products.length > 0],
    ["what becomes of missed repetitions", forgives(request.repetition)],
    ["version of the activity type", request.activity_type_version > 0],
  ];
  return parts.filter(([, has]) => has).map(([name]) => name);
}

/**
 * Returns the request that a form says, with what is no number and no time in it; `base` is the request that is
 * revised, of which everything stays that the form does not show.
 */
export function requestOf(
  form: RequestForm,
  type: ActivityType | null,
  agencyId: string,
  horizonStartMs: number,
  base: ActivityRequest | null,
): { request: NewRequest; faults: FormFault[] } {
  const reading = new Reading(horizonStartMs);
  const request: NewRequest = {
    ...keptOf(base),
    request_id: form.requestId.trim(),
    title: form.title.trim(),
    activity_type_id: form.typeId,
    agency_id: agencyId,
    value: reading.number("value", form.value),
    mandatory: form.mandatory,
    visibility: form.visibility,
    place_ids: [...form.placeIds],
    windows: form.windows.map((each, at) => ({
      start_time: reading.time(`windows[${at}].start_time`, each.start),
      end_time: reading.time(`windows[${at}].end_time`, each.end),
    })),
    relations: form.relations.map((each, at) => ({
      kind: each.kind,
      request_id: each.requestId.trim(),
      min_lag_s: reading.number(`relations[${at}].min_lag_s`, each.leastH) * (HOUR_MS / 1000),
      max_lag_s: reading.number(`relations[${at}].max_lag_s`, each.mostH) * (HOUR_MS / 1000),
    })),
    repetition: form.repeats
      ? {
          largest_gap_s: 0,
          least_count: 0,
          ...base?.repetition,
          count: reading.number("repetition.count", form.count),
          period_s: reading.number("repetition.period_s", form.periodD) * (DAY_MS / 1000),
          tolerance_s: reading.number("repetition.tolerance_s", form.toleranceH) * (HOUR_MS / 1000),
        }
      : null,
    preset_id: form.presetId,
    arguments: argumentsOf(form, type, reading),
    tags: form.tags
      .split(",")
      .map((tag) => tag.trim())
      .filter(Boolean),
  };
  if (!form.typeId) reading.faults.push({ path: "activity_type_id", message: "choose what is to be done" });
  return { request, faults: reading.faults };
}

type Kept = Pick<NewRequest, "modes" | "products" | "activity_type_version" | "campaign" | "decay">;

function keptOf(base: ActivityRequest | null): Kept {
  return {
    modes: base?.modes ?? [],
    products: base?.products ?? [],
    activity_type_version: base?.activity_type_version ?? 0,
    campaign: base?.campaign ?? null,
    decay: base?.decay ?? null,
  };
}

function argumentsOf(form: RequestForm, type: ActivityType | null, reading: Reading): Schemas["Argument"][] {
  const given = (type?.parameters ?? []).filter((parameter) => (form.amounts[parameter.parameter_id] ?? "").trim());
  return given.map((parameter, at) => ({
    parameter_id: parameter.parameter_id,
    value: reading.number(`arguments[${at}].value`, form.amounts[parameter.parameter_id] ?? ""),
    unit: parameter.unit,
  }));
}

/** Reads what was typed, and notes what cannot be read. */
class Reading {
  readonly faults: FormFault[] = [];
  readonly #horizonStartMs: number;

  constructor(horizonStartMs: number) {
    this.#horizonStartMs = horizonStartMs;
  }

  number(path: string, text: string): number {
    const plain = text.trim().replace("−", "-");
    const value = plain === "" ? Number.NaN : Number(plain);
    if (Number.isFinite(value)) return value;
    this.faults.push({ path, message: plain === "" ? "give a number" : `"${text.trim()}" is no number` });
    return 0;
  }

  time(path: string, text: string): string {
    const ms = parseTime(text, this.#horizonStartMs, this.#horizonStartMs);
    if (ms !== null) return new Date(ms).toISOString();
    this.faults.push({
      path,
      message: `"${text.trim()}" is no time; such are 2029-01-26 02:24, 26 Jan 02:24 and D11 02:24`,
    });
    return "";
  }
}

/** Returns the faults of the fields whose paths begin so, of the form and of the platform's answer alike. */
export function faultsAt(faults: readonly FormFault[], path: string): string[] {
  return faults
    .filter((fault) => {
      const at = fault.path.replace(/^requests\[0\]\.|^request\./, "");
      return at === path || at.startsWith(`${path}.`) || at.startsWith(`${path}[`);
    })
    .map((fault) => fault.message);
}
