import { describe, expect, it } from "vitest";
import { documentChanges, shortValue } from "../src/missions/document_changes.ts";
import { readMissionText } from "../src/missions/mission_text.ts";

const TEXT = `mission:
  id: ridge
  title: "観測"
requests:
  - id: one
    value: 3
  - {id: two, value: 0o17}
`;

describe("the text of a mission", () => {
  it("is read by the core schema of YAML 1.2", () => {
    const text = "a: yes\nb: 2029-01-15\nc: 010\nd: 0x1F\ne: ~\nf: .5\n<<: text\n";
    // By YAML 1.1 these would be true, a date and 8, and the last a merge.
    expect(readMissionText(text).document).toEqual({
      a: "yes",
      b: "2029-01-15",
      c: 10,
      d: 31,
      e: null,
      f: 0.5,
      "<<": "text",
    });
  });

  it("may be JSON", () => {
    expect(readMissionText('{"mission": {"id": "x", "notes": []}}').document).toEqual({
      mission: { id: "x", notes: [] },
    });
  });

  it("tells the line of what a path names, or of the nearest part around it", () => {
    const { document, lineOf } = readMissionText(TEXT);
    expect(document).toMatchObject({ requests: [{ value: 3 }, { value: 15 }] });
    expect(lineOf("mission.title")).toBe(3);
    expect(lineOf("requests[1].value")).toBe(7);
    expect(lineOf("requests[1].place")).toBe(7);
    expect(lineOf("requests[9].value")).toBe(5);
    expect(lineOf("horizon")).toBe(1);
    expect(lineOf("")).toBe(1);
  });

  it.each([
    ["a: 1\na: 2\n", 2],
    ["a: [1, 2\nb: 3\n", 2],
    ["\ta: 1\n", 1],
    ["- 1\n- 2\n", 1],
    ["only words", 1],
    ["a: !python/object x\n", 1],
    ["a: 1\n---\nb: 2\n", 2],
  ])("%j is refused at its line", (text, line) => {
    const read = readMissionText(text);
    expect(read.document).toBeNull();
    expect(read.faults[0]?.line).toBe(line);
  });

  it.each([
    ["id: a\nb: .nan\n", 2],
    ["b: [1, -.inf]\n", 1],
    ["b: 1e999\n", 1],
    ["id: a\nseed: 9007199254740993\n", 2],
    ["seed: 0xFFFFFFFFFFFFFFFF\n", 1],
    ["id: a\n\nb: &b\n  - [*b]\n", 4],
    ["b: !!binary aGk=\n", 1],
    ["b: !!set {x}\n", 1],
    ["b: !!omap [x: 1]\n", 1],
    ["b:\n  1: x\n", 2],
    ["b:\n  ? [x]\n  : y\n", 2],
    ["a: &a 1\nb:\n  *a : y\n", 3],
    [`a: ${"[".repeat(5000)}${"]".repeat(5000)}`, 1],
  ])("%j, which JSON cannot hold, is refused at its line", (text, line) => {
    const read = readMissionText(text);
    expect(read.document).toBeNull();
    expect(read.faults[0]?.line).toBe(line);
  });

  it("keeps what JSON can hold: aliases, whole numbers as large as a page keeps, texts that look like numbers", () => {
    const text = 'a: &a [1]\nb: *a\nc: 9007199254740991\nd: 1.0e300\n"1": ".nan"\ne: !!str 1\nf: &f x\n*f : 2\n';
    expect(readMissionText(text).document).toEqual({
      a: [1],
      b: [1],
      c: 9007199254740991,
      d: 1e300,
      "1": ".nan",
      e: "1",
      f: "x",
      x: 2,
    });
  });

  it("tells so many faults at once and no more", () => {
    expect(readMissionText(`a: [${".nan, ".repeat(500)}]`).faults).toHaveLength(50);
  });

  it("with aliases that grow without bound is refused", () => {
    const grown = Array.from(
      { length: 12 },
      (_, at) => `a${at + 1}: &a${at + 1} [${Array(9).fill(`*a${at}`).join(", ")}]`,
    );
    const read = readMissionText(["a0: &a0 [x, x, x]", ...grown].join("\n"));
    expect(read.document).toBeNull();
    expect(read.faults).toHaveLength(1);
  });
});

describe("what differs between two documents", () => {
  const before = {
    mission: { id: "m", title: "Old" },
    requests: [
      { id: "one", value: 1 },
      { id: "two", value: 2 },
    ],
  };

  it("is nothing for the same content in another order of keys", () => {
    expect(documentChanges({ a: 1, b: { c: [], d: 2 } }, { b: { d: 2, c: [] }, a: 1 })).toEqual([]);
  });

  it("is told by identifiers, so that an entry put in between is one change", () => {
    const requests = [
      { id: "one", value: 1 },
      { id: "new", value: 9 },
      { id: "two", value: 3 },
    ];
    expect(documentChanges(before, { mission: { id: "m", title: "New" }, requests })).toEqual([
      { path: "mission.title", before: "Old", after: "New" },
      { path: "requests[two].value", before: 2, after: 3 },
      { path: "requests[new]", before: undefined, after: { id: "new", value: 9 } },
    ]);
  });

  it("is told also where entries of a list only change places", () => {
    const requests = [...before.requests].reverse();
    expect(documentChanges(before, { ...before, requests }).map(({ path }) => path)).toEqual(["requests"]);
  });

  it("ends at as many as are asked for", () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`k${at}`, at]));
    expect(documentChanges({}, many, 20)).toHaveLength(20);
  });

  it("is written on one line", () => {
    expect(shortValue(undefined)).toBe("none");
    expect(shortValue({ a: "x".repeat(300) }).length).toBe(160);
  });
});
