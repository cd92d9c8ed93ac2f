import tokens from "$tokens";

export type ThemeName = "light" | "dark";
type Colours = Omit<(typeof tokens)["light"], "agency">;

/** Colours and type of one theme, with a colour for each agency. */
export interface Theme extends Colours {
  name: ThemeName;
  family: string;
  mono: string;
  agencyColour: (agency: string | null) => string;
  /** Opacity, as two hexadecimal digits, of a planned bar's ground. */
  tint: string;
}

/** Returns the hue of each agency: its own where it has one, else the next free in order of names, else neutral. */
export function huesOf(agencies: readonly string[]): Map<string, string> {
  const named: Record<string, string> = tokens.agencies.named;
  const free = tokens.agencies.order.filter((hue) => !agencies.some((agency) => named[agency] === hue));
  const hues = new Map<string, string>();
  for (const agency of [...new Set(agencies)].sort()) {
    hues.set(agency, named[agency] ?? free.shift() ?? tokens.agencies.beyond);
  }
  return hues;
}

/** Returns a theme for the agencies of a document. */
export function themeOf(name: ThemeName, agencies: readonly string[]): Theme {
  const { agency, ...colours } = tokens[name];
  const hues = huesOf(agencies);
  const colourOf: Record<string, string> = agency;
  return {
    ...colours,
    name,
    family: tokens.type.family,
    mono: tokens.type.mono,
    agencyColour: (id) => colourOf[(id === null ? undefined : hues.get(id)) ?? "neutral"] ?? colours.ink3,
  };
}
