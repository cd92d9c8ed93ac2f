import { describe, expect, it } from "vitest";
import { readView } from "../src/timeline/view.ts";

const VIEW = { version: 1, startMs: 0, endMs: 1, mode: "utc", hiddenLanes: [], agencies: ["JAXA"], search: "" };

describe("a view", () => {
  it("comes back as it was kept", () => {
    expect(readView(JSON.stringify(VIEW))).toEqual(VIEW);
  });

  it("with faults is refused with each of them named", () => {
    const text = JSON.stringify({ ...VIEW, endMs: 0, mode: "local", lanes: [], search: 3 });
    expect(() => readView(text)).toThrow(/endMs: .*mode: .*search: .*lanes: not a part/);
  });

  it.each(["", "[]", "null", "3", "{"])("is not %s", (text) => {
    expect(() => readView(text)).toThrow(/a view is a JSON object/);
  });
});
