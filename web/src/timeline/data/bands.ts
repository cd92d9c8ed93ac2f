import type { Band } from "../model.ts";
import { pxPerMs, type TimeScale, toPx } from "../time/scale.ts";
import { type IntervalIndex, indexOfIntervals, visibleRange } from "./search.ts";

/** Bands of one kind in order of their starts. */
export interface BandRow {
  kind: Band["kind"];
  bands: Band[];
  index: IntervalIndex;
}

/** Returns the bands of a lane by kind, each in order of its starts. */
export function bandRows(bands: readonly Band[]): BandRow[] {
  const byKind = new Map<Band["kind"], Band[]>();
  for (const band of bands) {
    const own = byKind.get(band.kind);
    if (own) own.push(band);
    else byKind.set(band.kind, [band]);
  }
  return [...byKind].map(([kind, own]) => {
    const sorted = own.sort((one, other) => one.startMs - other.startMs);
    return { kind, bands: sorted, index: indexOfIntervals(sorted) };
  });
}

/** Calls `paint` with left and width of what is visible; bands with less than a pixel between them are one. */
export function eachVisibleBand(
  row: BandRow,
  scale: TimeScale,
  paint: (leftPx: number, widthPx: number) => void,
): void {
  const [from, to] = visibleRange(row.index, scale.startMs, scale.endMs);
  const right = scale.leftPx + scale.widthPx;
  const gapMs = 1 / pxPerMs(scale);
  let openMs = Number.NaN;
  let closeMs = Number.NaN;
  const flush = (): void => {
    if (Number.isNaN(openMs)) return;
    const left = Math.max(scale.leftPx, toPx(scale, openMs));
    const width = Math.min(right, toPx(scale, closeMs)) - left;
    if (width > 0) paint(left, width);
  };
  for (let at = from; at < to; at++) {
    const startMs = row.index.starts[at] as number;
    const endMs = row.index.ends[at] as number;
    if (endMs <= scale.startMs) continue;
    if (startMs - closeMs < gapMs) {
      closeMs = Math.max(closeMs, endMs);
    } else {
      flush();
      openMs = startMs;
      closeMs = endMs;
    }
  }
  flush();
}
