import type { Item, TimelineDocument } from "../model.ts";

export type EditKind = "move" | "resize" | "lock" | "unlock";

/** An edit as the page proposes it; nothing is changed until whoever listens says so. */
export interface Edit {
  kind: EditKind;
  itemId: string;
  startMs: number;
  endMs: number;
}

/** Returns a time on the document's grid. */
export function snapped(ms: number, document: TimelineDocument): number {
  const { snapMs, startMs } = document;
  return snapMs > 0 ? startMs + Math.round((ms - startMs) / snapMs) * snapMs : ms;
}

/** Returns an item moved by a time, snapped, kept in the document and as long as it was. */
export function moved(item: Item, byMs: number, document: TimelineDocument): Edit {
  const length = item.endMs - item.startMs;
  const wanted = snapped(item.startMs + byMs, document);
  const startMs = Math.max(document.startMs, Math.min(document.endMs - length, wanted));
  return { kind: "move", itemId: item.id, startMs, endMs: startMs + length };
}

/** Returns an item with one end elsewhere, snapped and at least one step of the grid long. */
export function resized(item: Item, edge: "start" | "end", toMs: number, document: TimelineDocument): Edit {
  const least = Math.max(document.snapMs, 1000);
  const at = snapped(toMs, document);
  if (edge === "start") {
    const startMs = Math.max(document.startMs, Math.min(at, item.endMs - least));
    return { kind: "resize", itemId: item.id, startMs, endMs: item.endMs };
  }
  const endMs = Math.min(document.endMs, Math.max(at, item.startMs + least));
  return { kind: "resize", itemId: item.id, startMs: item.startMs, endMs };
}

/** True where an item can be dragged: its own agency's or shared, not begun, not locked. */
export function isMovable(item: Item): boolean {
  return !item.locked && (item.state === "planned" || item.state === "proposed" || item.state === "tentative");
}
