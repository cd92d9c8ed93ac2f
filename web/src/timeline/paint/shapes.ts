import type { Item, Step } from "../model.ts";
import { pxPerMs, toPx } from "../time/scale.ts";
import { isDetailed } from "../time/ticks.ts";
import type { Box } from "./bars.ts";
import { type Brush, hatch, type Scene } from "./surface.ts";

const EDGE_PX = 3;
const RADIUS_PX = 2.5;

/** Draws a bar: shape and pattern tell its state, colour its agency. */
export function paintItem(brush: Brush, scene: Scene, item: Item, box: Box): void {
  const { theme } = scene;
  const colour = item.state === "busy" ? theme.ink3 : theme.agencyColour(item.agency);
  const compact = !isDetailed(scene.scale) || box.width <= EDGE_PX + 1;
  if (item.state === "busy") paintBusy(brush, colour, box);
  else if (item.state === "disabled" || item.state === "gone") outline(brush, colour, box, item.state === "gone");
  else if (compact || item.state === "reserved" || item.state === "done") fill(brush, colour, box);
  else paintSteps(brush, scene, item, box, colour);
  if (item.state === "tentative") outline(brush, colour, box, true);
  if (item.state === "proposed") outline(brush, theme.ink, box, false, 2);
  if (item.state === "running") paintRunning(brush, scene, box);
  if (item.state === "failed") paintFailed(brush, scene, box);
  if (item.locked) paintLock(brush, scene, box, colour);
}

function paintSteps(brush: Brush, scene: Scene, item: Item, box: Box, colour: string): void {
  const { theme, scale } = scene;
  const whole: Pick<Step, "startMs" | "endMs" | "aside" | "marginMs"> = { ...item, aside: false };
  const steps = item.steps.length ? item.steps : [whole];
  brush.save();
  rounded(brush, box);
  brush.clip();
  for (const step of steps) {
    const left = Math.max(box.left, toPx(scale, step.startMs));
    const width = Math.max(1, (step.endMs - step.startMs) * pxPerMs(scale) - (steps.length > 1 ? 1 : 0));
    brush.fillStyle = `${colour}${theme.tint}`;
    brush.fillRect(left, box.top, Math.min(width, box.left + box.width - left), box.height);
    if (step.marginMs) {
      const margin = Math.min(width, step.marginMs * pxPerMs(scale));
      brush.fillStyle = hatch(brush, theme.margin);
      brush.fillRect(left + width - margin, box.top, margin, box.height);
    }
    if (!step.aside) continue;
    brush.fillStyle = hatch(brush, `${colour}99`);
    brush.fillRect(left, box.top, width, box.height);
  }
  brush.fillStyle = colour;
  brush.fillRect(box.left, box.top, EDGE_PX, box.height);
  brush.restore();
}

/** Draws a drive as an ink chevron. */
export function paintDrive(brush: Brush, scene: Scene, box: Box): void {
  const { left, top, width, height } = box;
  brush.fillStyle = scene.theme.ink;
  if (width < 8) {
    brush.fillRect(left, top, width, height);
    return;
  }
  const tip = Math.min(6, width / 3);
  brush.beginPath();
  brush.moveTo(left, top);
  brush.lineTo(left + width - tip, top);
  brush.lineTo(left + width, top + height / 2);
  brush.lineTo(left + width - tip, top + height);
  brush.lineTo(left, top + height);
  brush.lineTo(left + tip, top + height / 2);
  brush.closePath();
  brush.fill();
}

/** Draws a contact: a dashed box, solid from the left as far as its capacity is used; a reserved one has no dashes. */
export function paintContact(brush: Brush, scene: Scene, item: Item, box: Box): void {
  const colour = item.state === "busy" ? scene.theme.ink3 : scene.theme.agencyColour(item.agency);
  if (item.state === "busy") {
    paintBusy(brush, colour, box);
    return;
  }
  const share = Math.min(1, Math.max(0, item.filled ?? 0));
  brush.fillStyle = colour;
  if (box.width < 6) brush.fillRect(box.left, box.top, box.width, box.height);
  else brush.fillRect(box.left, box.top, share * box.width, box.height);
  if (box.width >= 6) outline(brush, colour, box, item.state !== "reserved");
  if (item.state === "gone") {
    brush.fillStyle = scene.theme.ink;
    brush.fillRect(box.left, box.top + box.height / 2, box.width, 1);
  }
}

function paintBusy(brush: Brush, colour: string, box: Box): void {
  brush.fillStyle = box.width < 5 ? colour : hatch(brush, colour, true);
  brush.fillRect(box.left, box.top, box.width, box.height);
  outline(brush, colour, box, false);
}

function fill(brush: Brush, colour: string, box: Box): void {
  brush.fillStyle = colour;
  if (box.width < 6) {
    brush.fillRect(box.left, box.top, box.width, box.height);
    return;
  }
  rounded(brush, box);
  brush.fill();
}

function paintRunning(brush: Brush, scene: Scene, box: Box): void {
  brush.fillStyle = scene.theme.surface;
  const right = box.left + box.width;
  brush.beginPath();
  brush.moveTo(right, box.top);
  brush.lineTo(right - 5, box.top + box.height / 2);
  brush.lineTo(right, box.top + box.height);
  brush.fill();
}

function paintFailed(brush: Brush, scene: Scene, box: Box): void {
  brush.strokeStyle = scene.theme.bad;
  brush.lineWidth = 2;
  const right = box.left + box.width;
  const size = Math.min(box.height / 2, 4);
  const middle = box.top + box.height / 2;
  brush.beginPath();
  brush.moveTo(right - 2 * size, middle - size);
  brush.lineTo(right, middle + size);
  brush.moveTo(right, middle - size);
  brush.lineTo(right - 2 * size, middle + size);
  brush.stroke();
}

function paintLock(brush: Brush, scene: Scene, box: Box, colour: string): void {
  outline(brush, colour, box, false, 1.5);
  if (box.width < 16 || box.height < 10) return;
  const [left, middle] = [box.left + 6, box.top + box.height / 2];
  brush.strokeStyle = brush.fillStyle = scene.theme.ink;
  brush.lineWidth = 1.2;
  brush.fillRect(left, middle - 0.5, 6, 4.5);
  brush.beginPath();
  brush.arc(left + 3, middle - 0.5, 2, Math.PI, 0);
  brush.stroke();
}

/** Draws the outline of a bar, dashed where what it shows is not certain. */
export function outline(brush: Brush, colour: string, box: Box, dashed: boolean, width = 1): void {
  brush.strokeStyle = colour;
  brush.lineWidth = width;
  brush.setLineDash(dashed ? [2.5, 1.5] : []);
  const { left, top } = box;
  brush.strokeRect(left + width / 2, top + width / 2, Math.max(1, box.width - width), Math.max(1, box.height - width));
  brush.setLineDash([]);
}

function rounded(brush: Brush, box: Box): void {
  brush.beginPath();
  brush.roundRect(box.left, box.top, box.width, box.height, Math.min(RADIUS_PX, box.width / 2));
}
