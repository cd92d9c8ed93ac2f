import type { Schemas } from "../api/client.ts";
import { durationOf, numberOf, quantityOf } from "../timeline/time/format.ts";

export type Instrument = Schemas["Instrument"];
export type ActivityType = Schemas["ActivityType"];
export type Step = ActivityType["steps"][number];
type Figure = Schemas["Figure"] | null | undefined;

/** Returns a figure as it is read; empty where none is given. */
export function figureText(figure: Figure): string {
  if (!figure) return "";
  if (figure.unit === "s") return durationOf(figure.value * 1000);
  if (figure.unit === "bit/s") return `${numberOf(figure.value / 1000)} kbit/s`;
  return quantityOf(figure.value, figure.unit);
}

const words = (code: string): string => code.toLowerCase().replaceAll("_", " ");

/** Returns where a figure comes from and how far it is believed; empty where none is given. */
export const sourceText = (figure: Figure): string =>
  [figure?.source, figure?.confidence && words(figure.confidence)].filter(Boolean).join(": ");

/** Returns how long a type takes by its own figures, in seconds, without what its parameters and instruments add. */
export const durationS = (type: ActivityType): number =>
  type.steps.reduce((sum, step) => sum + (step.duration_s?.value ?? 0), 0);

/** Returns the instruments that a type uses, each once. */
export const instrumentsOf = (type: ActivityType): string[] => [
  ...new Set(type.steps.flatMap((step) => (step.instruments ?? []).map((use) => use.instrument_id))),
];

/** Returns the activity types that use an instrument. */
export const usersOf = (instrument: Instrument, types: readonly ActivityType[]): ActivityType[] =>
  types.filter((type) => instrumentsOf(type).includes(instrument.instrument_id));

/** Returns what must hold for a step and what its parameters add to it, in words. */
export function wordsOfStep(step: Step): string[] {
  const { conditions = [], needs_quiet = [], makes = [], effects = [] } = step;
  const holds = conditions.map((each) => `${each.outside ? "outside " : ""}${words(each.kind)}`);
  const quiet = needs_quiet.length ? [`quiet of ${needs_quiet.map(words).join(", ")}`] : [];
  const made = makes.length ? [`makes ${makes.map(words).join(", ")}`] : [];
  const added = effects.map(
    ({ quantity, resource_id, parameter_id, per_unit }) =>
      `${resource_id || words(quantity)} + ${per_unit ? `${numberOf(per_unit.value)} ${per_unit.unit}` : "?"} for each unit of ${parameter_id}`,
  );
  return [...holds, ...quiet, ...made, ...added];
}

/** Returns what is called so, by any of its names. */
export function named<Thing>(things: readonly Thing[], search: string, namesOf: (thing: Thing) => string): Thing[] {
  const text = search.trim().toLowerCase();
  return things.filter((thing) => namesOf(thing).toLowerCase().includes(text));
}
