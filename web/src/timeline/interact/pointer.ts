import type { Edit } from "../edit/edits.ts";
import { isMovable, moved, resized } from "../edit/edits.ts";
import { type Hit, hitAt } from "../hit/hits.ts";
import type { Item } from "../model.ts";
import { navigatorScale } from "../paint/navigator.ts";
import type { Scene } from "../paint/surface.ts";
import { panned, pxPerMs, type Span, toMs, toPx, zoomed } from "../time/scale.ts";
import { isDetailed } from "../time/ticks.ts";

/** What gestures ask of the timeline. */
export interface GestureTarget {
  scene(): Scene | null;
  span(): Span;
  show(span: Span): void;
  scrollLanes(px: number): void;
  select(id: string | null): void;
  cursorAt(ms: number | null): void;
  hover(hit: Hit | null, x: number, y: number): void;
  /** Shows an edit while it is dragged; null ends it. */
  preview(item: Item, edit: Edit | null): void;
  propose(edit: Edit): void;
  readonly editable: boolean;
  readonly wheelNeedsCtrl: boolean;
}

type Drag =
  | { kind: "pan"; x: number; y: number; from: Span; hit: Hit; moved: boolean }
  | { kind: "navigate"; x: number; from: Span; part: "window" | "start" | "end" }
  | { kind: "edit"; x: number; hit: Hit; item: Item; edit: Edit | null };

const CLICK_SLACK_PX = 4;
const WHEEL_STEP = 0.0015;
const GRIP_PX = 8;

/** Mouse and touch on the surface: pan, zoom, pinch, select, drag and resize items, move the navigator's window. */
export class Gestures {
  readonly #surface: HTMLElement;
  readonly #target: GestureTarget;
  readonly #pointers = new Map<number, { x: number; y: number }>();
  #drag: Drag | null = null;
  #pinchPx = 0;

  constructor(surface: HTMLElement, target: GestureTarget) {
    this.#surface = surface;
    this.#target = target;
    surface.addEventListener("pointerdown", (event) => this.#down(event));
    surface.addEventListener("pointermove", (event) => this.#move(event));
    surface.addEventListener("pointerup", (event) => this.#up(event));
    surface.addEventListener("pointercancel", (event) => this.#cancel(event));
    surface.addEventListener("pointerleave", () => {
      if (this.#drag) return;
      target.hover(null, 0, 0);
    });
    surface.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  /** Ends a drag without its effect. */
  cancelDrag(): boolean {
    const drag = this.#drag;
    this.#drag = null;
    if (drag?.kind === "edit") this.#target.preview(drag.item, null);
    return drag?.kind === "edit";
  }

  #at(event: PointerEvent | WheelEvent): { x: number; y: number } {
    const box = this.#surface.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #down(event: PointerEvent): void {
    const scene = this.#target.scene();
    if (!scene || event.button > 0) return;
    const { x, y } = this.#at(event);
    this.#pointers.set(event.pointerId, { x, y });
    this.#surface.setPointerCapture(event.pointerId);
    if (this.#pointers.size === 2) {
      this.cancelDrag();
      this.#pinchPx = this.#spread();
      return;
    }
    const hit = hitAt(scene, x, y);
    if (hit.region === "navigator") this.#drag = this.#navigation(scene, x);
    else if (hit.item && this.#canEdit(scene, hit.item))
      this.#drag = { kind: "edit", x, hit, item: hit.item, edit: null };
    else this.#drag = { kind: "pan", x, y, from: this.#target.span(), hit, moved: false };
  }

  #canEdit(scene: Scene, item: Item): boolean {
    return this.#target.editable && isDetailed(scene.scale) && isMovable(item);
  }

  #navigation(scene: Scene, x: number): Drag {
    const whole = navigatorScale(scene);
    const from = this.#target.span();
    const [left, right] = [toPx(whole, from.startMs), toPx(whole, from.endMs)];
    if (Math.abs(x - left) < GRIP_PX && right - left > GRIP_PX) return { kind: "navigate", x, from, part: "start" };
    if (Math.abs(x - right) < GRIP_PX) return { kind: "navigate", x, from, part: "end" };
    if (x > left && x < right) return { kind: "navigate", x, from, part: "window" };
    const middle = toMs(whole, x);
    const half = (from.endMs - from.startMs) / 2;
    this.#target.show({ startMs: middle - half, endMs: middle + half });
    return { kind: "navigate", x, from: this.#target.span(), part: "window" };
  }

  #move(event: PointerEvent): void {
    const scene = this.#target.scene();
    if (!scene) return;
    const { x, y } = this.#at(event);
    const last = this.#pointers.get(event.pointerId);
    if (last) this.#pointers.set(event.pointerId, { x, y });
    if (this.#pointers.size === 2) {
      this.#pinch(scene);
      return;
    }
    if (this.#drag) this.#dragTo(scene, this.#drag, x, y, last ?? { x, y });
    else this.#hover(scene, x, y);
    const { leftPx, widthPx } = scene.scale;
    this.#target.cursorAt(x >= leftPx && x <= leftPx + widthPx ? toMs(scene.scale, x) : null);
  }

  #hover(scene: Scene, x: number, y: number): void {
    const hit = hitAt(scene, x, y);
    this.#target.hover(hit, x, y);
    const grabs = hit.item !== null && this.#canEdit(scene, hit.item);
    this.#surface.style.cursor = grabs ? (hit.edge ? "ew-resize" : "grab") : hit.item ? "pointer" : "default";
  }

  #dragTo(scene: Scene, drag: Drag, x: number, y: number, last: { x: number; y: number }): void {
    const { document } = scene.prepared;
    if (drag.kind === "pan") {
      drag.moved ||= Math.hypot(x - drag.x, y - drag.y) > CLICK_SLACK_PX;
      if (!drag.moved) return;
      this.#target.hover(null, 0, 0);
      this.#target.show(panned(drag.from, (drag.x - x) / pxPerMs(scene.scale), document));
      this.#target.scrollLanes(last.y - y);
    } else if (drag.kind === "navigate") {
      this.#target.show(navigated(drag, (x - drag.x) / pxPerMs(navigatorScale(scene)), document));
    } else {
      if (drag.edit === null && Math.abs(x - drag.x) <= CLICK_SLACK_PX) return;
      const byMs = (x - drag.x) / pxPerMs(scene.scale);
      const { edge } = drag.hit;
      drag.edit = edge
        ? resized(drag.item, edge, (edge === "start" ? drag.item.startMs : drag.item.endMs) + byMs, document)
        : moved(drag.item, byMs, document);
      this.#target.hover(null, 0, 0);
      this.#target.preview(drag.item, drag.edit);
    }
  }

  #spread(): number {
    const [one, other] = [...this.#pointers.values()];
    return one && other ? Math.max(10, Math.abs(one.x - other.x)) : 0;
  }

  #pinch(scene: Scene): void {
    const [one, other] = [...this.#pointers.values()];
    const spread = this.#spread();
    if (!one || !other || !this.#pinchPx) return;
    const anchor = toMs(scene.scale, (one.x + other.x) / 2);
    this.#target.show(zoomed(this.#target.span(), this.#pinchPx / spread, anchor, scene.prepared.document));
    this.#pinchPx = spread;
  }

  #up(event: PointerEvent): void {
    this.#pointers.delete(event.pointerId);
    const drag = this.#drag;
    this.#drag = null;
    if (drag?.kind === "pan" && !drag.moved) {
      this.#target.select(drag.hit.item?.id ?? null);
      const { cluster, ms } = drag.hit;
      const scene = this.#target.scene();
      if (cluster.length && scene) this.#target.show(zoomed(this.#target.span(), 0.25, ms, scene.prepared.document));
    }
    if (drag?.kind === "edit") {
      if (drag.edit) this.#target.propose(drag.edit);
      else this.#target.select(drag.item.id);
    }
  }

  #cancel(event: PointerEvent): void {
    this.#pointers.delete(event.pointerId);
    this.cancelDrag();
  }

  #wheel(event: WheelEvent): void {
    const scene = this.#target.scene();
    if (!scene || (this.#target.wheelNeedsCtrl && !event.ctrlKey && !event.metaKey && !event.shiftKey)) return;
    const { x, y } = this.#at(event);
    event.preventDefault();
    const hit = hitAt(scene, x, y);
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (hit.region === "gutter") this.#target.scrollLanes(event.deltaY * lines);
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.#target.show(
        panned(this.#target.span(), (sideways * lines) / pxPerMs(scene.scale), scene.prepared.document),
      );
    } else {
      const factor = Math.exp(Math.max(-200, Math.min(200, event.deltaY * lines)) * WHEEL_STEP);
      this.#target.show(zoomed(this.#target.span(), factor, hit.ms, scene.prepared.document));
    }
  }
}

function navigated(drag: Extract<Drag, { kind: "navigate" }>, byMs: number, limits: Span): Span {
  if (drag.part === "window") return panned(drag.from, byMs, limits);
  const least = 600_000;
  if (drag.part === "start")
    return { ...drag.from, startMs: Math.min(drag.from.startMs + byMs, drag.from.endMs - least) };
  return { ...drag.from, endMs: Math.max(drag.from.endMs + byMs, drag.from.startMs + least) };
}
