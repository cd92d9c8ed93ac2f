import { api, type Schemas, taken } from "../api/client.ts";
import { type Colours, type Layer, pixelsOf } from "./ground.ts";

/** A square of a stack of terrains, and of what its layers of light are the mean. */
export interface Square {
  stackId: string;
  center: Schemas["SurfacePoint"];
  sizeM: number;
  pixels: number;
}

/** Returns a layer of a square; those of light and Earth need a span and have the height of an eye. */
export function loadLayer(
  { stackId, center, sizeM, pixels }: Square,
  layer: Schemas["MapLayer"],
  ofLight?: { span: Schemas["Interval"]; heightM: number },
): Promise<Layer> {
  const { longitude_deg, latitude_deg } = center;
  const light = ofLight ? { ...ofLight.span, height_m: ofLight.heightM } : {};
  const query = { longitude_deg, latitude_deg, size_m: sizeM, pixel_count: pixels, ...light };
  const path = { terrain_stack_id: stackId, layer };
  return taken(api.GET("/api/v1/terrain-stacks/{terrain_stack_id}/layers/{layer}", { params: { path, query } }));
}

/** Returns relief and a layer over it as the address of an image. */
export function imageOf(relief: Layer, over: Layer | null, colours?: Colours): string {
  const canvas = document.createElement("canvas");
  canvas.width = relief.width_px;
  canvas.height = relief.height_px;
  const pixels = new ImageData(pixelsOf(relief, over, colours), relief.width_px, relief.height_px);
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
  return canvas.toDataURL();
}
