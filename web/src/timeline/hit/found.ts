import type { TimelineDocument } from "../model.ts";
import type { Found } from "../paint/overlay.ts";
import type { Scene } from "../paint/surface.ts";

/** Returns an item with its lane, and with its row where it is drawn; null where the document has none of that name. */
export function findItem(document: TimelineDocument | null, scene: Scene | null, id: string | null): Found | null {
  if (id === null) return null;
  for (const group of document?.groups ?? []) {
    for (const lane of group.lanes) {
      if (lane.kind !== "bars") continue;
      const item = lane.items.find((each) => each.id === id);
      if (!item) continue;
      const row = scene?.prepared.stack(lane, scene.scale).placed.find((each) => each.item === item)?.row;
      return { item, laneId: lane.id, row: row ?? 0 };
    }
  }
  return null;
}

/** Returns the title of a lane; empty where there is none of that name. */
export function laneTitle(document: TimelineDocument | null, id: string): string {
  const lanes = document?.groups.flatMap((group) => group.lanes) ?? [];
  return lanes.find((lane) => lane.id === id)?.title ?? "";
}
