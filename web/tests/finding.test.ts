import { describe, expect, it } from "vitest";
import { type Findable, found } from "../src/shell/finding.ts";

const named = (title: string, also = "", kind: Findable["kind"] = "Request"): Findable => ({
  kind,
  title,
  also,
  to: `#/${title}`,
});
const ALL = [
  named("Survey at the haven", "survey-haven ISRO"),
  named("Haven pictures"),
  named("Überprüfung der Wärme", "DLR"),
  named("観測 ﾄﾞﾘﾙ"),
  named("LUPEX", "lupex", "Mission"),
];
const titles = (query: string): string[] => found(ALL, query).map((each) => each.title);

describe("what is looked for", () => {
  it.each([
    ["haven", ["Haven pictures", "Survey at the haven"]],
    ["isro survey", ["Survey at the haven"]],
    ["uberprufung", ["Überprüfung der Wärme"]],
    ["WÄRME dlr", ["Überprüfung der Wärme"]],
    ["ドリル", ["観測 ﾄﾞﾘﾙ"]],
    ["mission lup", ["LUPEX"]],
    ["haven dlr", []],
    ["  ", []],
  ])("by %j is found by all its words, titles first", (query, expected) => {
    expect(titles(query)).toEqual(expected);
  });

  it("is told in a length that can be read", () => {
    const many = Array.from({ length: 500 }, (_, at) => named(`Drill ${at}`));
    expect(found(many, "drill")).toHaveLength(12);
  });
});
