import { make } from "../dom.ts";
import { layoutOf, wholeHeight } from "../layout/lanes.ts";
import { themeOf } from "../theme.ts";
import { LAYERS, paintLayer } from "./canvases.ts";
import type { Found, Marks } from "./overlay.ts";
import { type Brush, face, fitted, type Scene } from "./surface.ts";

const HEAD_PX = 34;
const ASIDE_PX = 16;
// What every browser draws: sides of Chromium's and Firefox's canvases, and the area of Safari's.
const MOST_SIDE_PX = 16_384;
const MOST_AREA_PX = 16_777_216;

/** Returns how many pixels of a picture make one of the surface: two, or as many as browsers can draw. */
export function pictureRatio(widthPx: number, heightPx: number): number {
  const bySide = MOST_SIDE_PX / Math.max(widthPx, heightPx);
  return Math.min(2, bySide, Math.sqrt(MOST_AREA_PX / (widthPx * heightPx)));
}

/** Returns a scene as a picture shows it: every lane, on light ground. */
export function wholeScene(scene: Scene): Scene {
  const { prepared, view, scale, layout } = scene;
  const heightPx = wholeHeight(prepared, view, scale);
  const whole = layoutOf(prepared, view, scale, layout.widthPx, heightPx);
  return { ...scene, layout: whole, theme: themeOf("light", prepared.document.agencies), scrollPx: 0 };
}

/** Returns a scene with its title and legend as a PNG; the layout has all lanes. Raises where the browser makes none. */
export async function pictureOf(
  scene: Scene,
  marks: Marks,
  find: (id: string) => Found | null,
  title: string,
): Promise<Blob> {
  const { widthPx } = scene.layout;
  const heightPx = scene.layout.heightPx + HEAD_PX;
  const ratio = pictureRatio(widthPx, heightPx);
  const canvas = make("canvas", {});
  canvas.width = Math.floor(widthPx * ratio);
  canvas.height = Math.floor(heightPx * ratio);
  const brush = canvas.getContext("2d");
  if (brush) {
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    paintHead(brush, scene, title);
    brush.translate(0, HEAD_PX);
    for (const layer of LAYERS) paintLayer(layer, brush, scene, { ...marks, hoveredId: null }, find);
  }
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error(`the browser makes no picture of ${canvas.width} by ${canvas.height} pixels`);
  return blob;
}

/** The title at the left, the agencies' colours at the right. */
function paintHead(brush: Brush, scene: Scene, title: string): void {
  const { theme, layout, prepared } = scene;
  brush.fillStyle = theme.surface;
  brush.fillRect(0, 0, layout.widthPx, HEAD_PX);
  brush.textBaseline = "middle";
  const middle = HEAD_PX / 2;
  let right = layout.widthPx - ASIDE_PX;
  face(brush, theme);
  for (const agency of [...prepared.document.agencies].reverse()) {
    const width = brush.measureText(agency).width + 26;
    if (right - width < layout.widthPx / 3) break;
    right -= width;
    brush.fillStyle = theme.agencyColour(agency);
    brush.fillRect(right, middle - 4, 9, 9);
    brush.fillStyle = theme.ink2;
    brush.fillText(agency, right + 14, middle + 1);
  }
  face(brush, theme, 600, 13);
  brush.fillStyle = theme.ink;
  brush.fillText(fitted(brush, title, right - 2 * ASIDE_PX), ASIDE_PX, middle + 1);
}
