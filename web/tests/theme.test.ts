import {
  type Color,
  differenceEuclidean,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  parse,
  wcagContrast,
} from "culori";
import { describe, expect, it } from "vitest";
import tokens from "$tokens";
import { huesOf, themeOf } from "../src/timeline/theme.ts";

const distance = differenceEuclidean("lab65");
/** Returns a colour as somebody sees it. */
const seenBy =
  (filter: (colour: Color) => Color | undefined) =>
  (text: string): Color =>
    filter(parse(text) as Color) as Color;
const SIGHTS = {
  usual: seenBy((colour) => colour),
  deuteranopia: seenBy(filterDeficiencyDeuter(1)),
  protanopia: seenBy(filterDeficiencyProt(1)),
  tritanopia: seenBy(filterDeficiencyTrit(1)),
};

describe.each(["light", "dark"] as const)("%s theme", (name) => {
  const { agency, ...colours } = tokens[name];
  const hues = tokens.agencies.order.map((hue) => (agency as Record<string, string>)[hue] as string);

  it.each(Object.entries(SIGHTS))("tells agencies apart with %s", (_, seen) => {
    for (const [at, one] of hues.entries()) {
      for (const other of hues.slice(0, at)) {
        expect(distance(seen(one), seen(other)), `${one} and ${other}`).toBeGreaterThanOrEqual(17.5);
      }
    }
  });

  it("has text of at least 4.5 to 1 and bars of at least 3.2 to 1 on every ground", () => {
    for (const ground of [colours.surface, colours.night, colours.bg]) {
      for (const bar of hues) expect(wcagContrast(bar, ground), bar).toBeGreaterThanOrEqual(3.2);
    }
    for (const ground of [colours.surface, colours.bg, colours.sunk, colours.raised]) {
      for (const text of ["ink", "ink2", "ink3", "bad", "warn", "ok"] as const) {
        expect(wcagContrast(colours[text], ground), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      }
    }
  });
});

describe("agencies", () => {
  it("keep their own hue, others take the next free one by name", () => {
    expect([...huesOf(["KARI", "JAXA", "CNSA"])]).toEqual([
      ["CNSA", "copper"],
      ["JAXA", "indigo"],
      ["KARI", "teal"],
    ]);
  });

  it("beyond the palette are neutral, and so is what is not told", () => {
    const many = Array.from({ length: 10 }, (_, at) => `A${at}`);
    expect([...huesOf(many).values()].slice(8)).toEqual(["neutral", "neutral"]);
    expect(themeOf("light", many).agencyColour(null)).toBe(tokens.light.agency.neutral);
  });
});
