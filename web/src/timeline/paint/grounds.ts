import { type BandRow, eachVisibleBand } from "../data/bands.ts";
import type { Lane } from "../model.ts";
import { toPx } from "../time/scale.ts";
import { type Brush, eachLane, hairline, hatch, type Scene } from "./surface.ts";

/** Draws what lies under the bars: light and night, contact, outages, where the asset is. */
export function paintGrounds(brush: Brush, scene: Scene): void {
  const { theme, layout } = scene;
  brush.fillStyle = theme.surface;
  brush.fillRect(0, 0, layout.widthPx, layout.heightPx);
  eachLane(brush, scene, "lanes", (placed, top) => {
    if (placed.lane) paintGround(brush, scene, placed.lane, top, placed.heightPx);
  });
  eachLane(brush, scene, "whole", (placed, top) => {
    if (!placed.lane) {
      brush.fillStyle = theme.sunk;
      brush.fillRect(0, top, layout.widthPx, placed.heightPx);
    }
    brush.strokeStyle = theme.line;
    hairline(brush, 0, top + placed.heightPx - 1, layout.widthPx, top + placed.heightPx - 1);
  });
}

function paintGround(brush: Brush, scene: Scene, lane: Lane, top: number, height: number): void {
  const { theme, scale, prepared } = scene;
  const rows = prepared.bands.get(lane.id) ?? [];
  const isPlace = lane.kind === "bars" && rows.some((row) => row.kind === "light");
  if (isPlace) {
    brush.fillStyle = theme.night;
    brush.fillRect(scale.leftPx, top, scale.widthPx, height);
  }
  for (const row of rows) paintRow(brush, scene, row, lane.kind, top, height);
  brush.fillStyle = theme.here_band;
  for (const stay of prepared.document.path) {
    if (stay.laneId !== lane.id || stay.endMs <= scale.startMs || stay.startMs >= scale.endMs) continue;
    const left = toPx(scale, stay.startMs);
    brush.fillRect(left, top, toPx(scale, stay.endMs) - left, height);
  }
}

function paintRow(brush: Brush, scene: Scene, row: BandRow, kind: Lane["kind"], top: number, height: number): void {
  const { theme, scale } = scene;
  const [foot, thin] = [top + height - 3, 2];
  eachVisibleBand(row, scale, (left, width) => {
    if (row.kind === "light") {
      brush.fillStyle = kind === "strip" ? theme.sun_ground : theme.surface;
      brush.fillRect(left, kind === "strip" ? top + 3 : top, width, kind === "strip" ? height - 6 : height);
    } else if (row.kind === "earth") {
      brush.fillStyle = theme.earth_ground;
      brush.fillRect(left, top + 3, width, height - 6);
    } else if (row.kind === "contact") {
      brush.fillStyle = theme.earth;
      brush.fillRect(left, foot, width, thin);
    } else if (row.kind === "outage") {
      brush.fillStyle = hatch(brush, theme.ink3);
      brush.fillRect(left, top + 1, width, height - 3);
    } else {
      brush.fillStyle = `${theme.bad}14`;
      brush.fillRect(left, top, width, height);
    }
  });
}
