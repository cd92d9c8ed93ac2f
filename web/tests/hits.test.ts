import { describe, expect, it } from "vitest";
import { crowded, states } from "../examples/documents.ts";
import { History } from "../src/editing/history.ts";
import { isMovable, moved, resized, snapped } from "../src/timeline/edit/edits.ts";
import { hitAt } from "../src/timeline/hit/hits.ts";
import { AXIS_PX, layoutOf, sidesOf, wholeHeight } from "../src/timeline/layout/lanes.ts";
import { Prepared } from "../src/timeline/layout/prepared.ts";
import { eachItem, type Item, type TimelineDocument } from "../src/timeline/model.ts";
import { boxOf } from "../src/timeline/paint/bars.ts";
import type { Scene } from "../src/timeline/paint/surface.ts";
import { topOf } from "../src/timeline/paint/surface.ts";
import { themeOf } from "../src/timeline/theme.ts";
import { DAY_MS } from "../src/timeline/time/scale.ts";
import type { TimelineView } from "../src/timeline/view.ts";

function sceneOf(document: TimelineDocument, days: number, width = 1200, height = 900): Scene {
  const { startMs } = document;
  const endMs = startMs + days * DAY_MS;
  const view: TimelineView = { version: 1, startMs, endMs, mode: "utc", hiddenLanes: [], agencies: [], search: "" };
  const { gutterPx, marginPx } = sidesOf(width);
  const scale = { startMs, endMs, leftPx: gutterPx, widthPx: width - gutterPx - marginPx };
  const prepared = new Prepared(document, view, () => 40);
  const layout = layoutOf(prepared, view, scale, width, height);
  return { prepared, view, scale, layout, theme: themeOf("light", []), scrollPx: 0 };
}

function itemsOf(document: TimelineDocument): Item[] {
  const items: Item[] = [];
  eachItem(document, (item) => items.push(item));
  return items;
}

describe("hit tests", () => {
  it.each([9, 2, 0.5])("find every bar at its middle, %f days in view", (days) => {
    const scene = sceneOf(states(), days, 1200, 1400);
    let tried = 0;
    for (const placed of scene.layout.scrolling) {
      if (placed.lane?.kind !== "bars") continue;
      for (const { item, row } of scene.prepared.stack(placed.lane, scene.scale).placed) {
        const box = boxOf(scene, placed, item, row, topOf(scene, placed, true));
        const x = box.left + box.width / 2;
        if (x < scene.scale.leftPx || x > scene.scale.leftPx + scene.scale.widthPx) continue;
        expect(hitAt(scene, x, box.top + box.height / 2).item?.id).toBe(item.id);
        tried++;
      }
    }
    expect(tried).toBeGreaterThan(5);
  });

  it("tell axis, gutter, ground and navigator apart", () => {
    const scene = sceneOf(states(), 9, 1200, 1400);
    expect(hitAt(scene, 600, 10).region).toBe("axis");
    expect(hitAt(scene, 20, AXIS_PX + 40).region).toBe("gutter");
    expect(hitAt(scene, 600, scene.layout.navigatorTopPx + 10).region).toBe("navigator");
    expect(hitAt(scene, 1150, AXIS_PX + 25)).toMatchObject({ region: "lanes", item: null });
  });

  it("find the ends of a bar that is wide enough to be resized", () => {
    const scene = sceneOf(states(), 2, 1200, 1400);
    const placed = scene.layout.scrolling.find((each) => each.lane?.id === "planned");
    if (placed?.lane?.kind !== "bars") throw new Error("no lane");
    const item = placed.lane.items[0] as Item;
    const box = boxOf(scene, placed, item, 0, topOf(scene, placed, true));
    const y = box.top + box.height / 2;
    expect(hitAt(scene, box.left + 1, y).edge).toBe("start");
    expect(hitAt(scene, box.left + box.width - 1, y).edge).toBe("end");
    expect(hitAt(scene, box.left + box.width / 2, y).edge).toBeNull();
  });
});

describe("layout", () => {
  it.each([
    [400, 500],
    [600, 700],
    [1280, 860],
    [1920, 1040],
  ])("of a crowded plan fits %i × %i", (width, height) => {
    const { layout } = sceneOf(crowded(500, 4, 50), 100, width, height);
    expect(layout.navigatorTopPx).toBeLessThanOrEqual(height);
    expect(layout.windowPx).toBeGreaterThan(0.3 * (height - AXIS_PX - 52));
  });

  it("says which height shows all", () => {
    const scene = sceneOf(crowded(500, 4, 50), 100);
    const whole = wholeHeight(scene.prepared, scene.view, scene.scale);
    const { layout } = sceneOf(crowded(500, 4, 50), 100, 1200, whole);
    expect(layout.contentPx).toBe(layout.windowPx);
  });
});

describe("edits", () => {
  const document = states();
  const item = itemsOf(document)[1] as Item;

  it("snap to the plan's grid and stay in the plan", () => {
    expect(snapped(document.startMs + 149_999, document)).toBe(document.startMs);
    const far = moved(item, 1e12, document);
    expect([far.endMs, far.endMs - far.startMs]).toEqual([document.endMs, item.endMs - item.startMs]);
    expect(moved(item, -1e12, document).startMs).toBe(document.startMs);
  });

  it("keep an item at least a step long", () => {
    expect(resized(item, "end", 0, document).endMs).toBe(item.startMs + document.snapMs);
    expect(resized(item, "start", 1e15, document).startMs).toBe(item.endMs - document.snapMs);
  });

  it("leave alone what is locked, busy, or begun", () => {
    expect(isMovable(item)).toBe(true);
    expect(isMovable({ ...item, locked: true })).toBe(false);
    for (const state of ["busy", "running", "done", "failed", "gone", "reserved"] as const) {
      expect(isMovable({ ...item, state })).toBe(false);
    }
  });

  it("can be taken back twenty deep and done again, until another one is made", () => {
    const history = new History(0);
    for (let at = 1; at <= 25; at++) history.push(at);
    for (let at = 0; at < 30; at++) history.undo();
    expect([history.now, history.canUndo]).toEqual([5, false]);
    history.redo();
    history.push(99);
    history.redo();
    expect([history.now, history.canRedo]).toEqual([99, false]);
    history.replace(100);
    expect(history.now).toBe(100);
    history.undo();
    expect(history.now).toBe(6);
  });
});
