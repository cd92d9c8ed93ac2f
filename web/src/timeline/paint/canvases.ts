import { make } from "../dom.ts";
import type { Item } from "../model.ts";
import type { Theme } from "../theme.ts";
import { paintAxis } from "./axis.ts";
import { LOCK_PX, paintBars, shortTitle } from "./bars.ts";
import { paintCurves } from "./curves.ts";
import { paintGrounds } from "./grounds.ts";
import { paintGutter } from "./gutter.ts";
import { paintNavigator } from "./navigator.ts";
import { type Found, type Marks, paintOverlay } from "./overlay.ts";
import { paintDestinations, paintPath } from "./path.ts";
import { paintScroll } from "./scroll.ts";
import { type Brush, face, type Scene } from "./surface.ts";

/** What is drawn on a canvas of its own, so that a cursor that moves redraws no bars. */
export type Layer = "ground" | "content" | "overlay";
export const LAYERS: readonly Layer[] = ["ground", "content", "overlay"];

/** Canvases of a timeline, one over the other: those that wait to be drawn, and how each is drawn. */
export class Canvases {
  readonly elements: readonly HTMLCanvasElement[];
  readonly #brushes = new Map<Layer, CanvasRenderingContext2D>();
  readonly #dirty = new Set<Layer>();
  readonly #widths = new Map<string, number>();

  constructor() {
    this.elements = LAYERS.map((layer) => {
      const canvas = make("canvas", { "aria-hidden": "true" });
      const brush = canvas.getContext("2d");
      if (brush) this.#brushes.set(layer, brush);
      return canvas;
    });
  }

  /** Has layers drawn when the time comes. */
  spoil(...layers: readonly Layer[]): void {
    for (const layer of layers) this.#dirty.add(layer);
  }

  isSpoiled(layer: Layer): boolean {
    return this.#dirty.has(layer);
  }

  /** Sets the size of all, which empties them. */
  resize(widthPx: number, heightPx: number): void {
    const ratio = globalThis.devicePixelRatio || 1;
    for (const brush of this.#brushes.values()) {
      brush.canvas.width = Math.round(widthPx * ratio);
      brush.canvas.height = Math.round(heightPx * ratio);
      brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    this.spoil(...LAYERS);
  }

  /** Returns the width of an item's label, measured once for each text. */
  labelPx(item: Item, theme: Theme): number {
    const text = shortTitle(item);
    let width = this.#widths.get(text);
    const brush = this.#brushes.get("content");
    if (width === undefined && brush) {
      face(brush, theme);
      width = brush.measureText(text).width;
      this.#widths.set(text, width);
    }
    return (width ?? 0) + (item.locked ? LOCK_PX : 0);
  }

  /** Draws the layers that wait for it. */
  draw(scene: Scene, marks: Marks, find: (id: string) => Found | null): void {
    for (const layer of LAYERS) {
      const brush = this.#waiting(layer);
      if (!brush) continue;
      if (layer !== "ground") brush.clearRect(0, 0, scene.layout.widthPx, scene.layout.heightPx);
      paintLayer(layer, brush, scene, marks, find);
    }
    this.#dirty.clear();
  }

  #waiting(layer: Layer): CanvasRenderingContext2D | undefined {
    return this.#dirty.has(layer) ? this.#brushes.get(layer) : undefined;
  }
}

/** Draws what belongs to a layer on ground that is empty, or is that of the layers below. */
export function paintLayer(
  layer: Layer,
  brush: Brush,
  scene: Scene,
  marks: Marks,
  find: (id: string) => Found | null,
): void {
  const steps = layer === "ground" ? GROUND : layer === "content" ? CONTENT : [];
  for (const step of steps) step(brush, scene);
  if (layer === "overlay") paintOverlay(brush, scene, marks, find);
}

const GROUND = [paintGrounds, paintAxis, paintGutter, paintNavigator];
const CONTENT = [paintPath, paintCurves, paintBars, paintDestinations, paintScroll];
