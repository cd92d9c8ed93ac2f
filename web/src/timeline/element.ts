import { make } from "./dom.ts";
import { type Edit, isMovable, moved } from "./edit/edits.ts";
import { findItem, laneTitle } from "./hit/found.ts";
import type { Hit } from "./hit/hits.ts";
import { KEY_HELP, type KeyTarget, onKey } from "./interact/keyboard.ts";
import { Gestures, type GestureTarget } from "./interact/pointer.ts";
import { layoutOf, sidesOf, wholeHeight } from "./layout/lanes.ts";
import { Prepared } from "./layout/prepared.ts";
import { type Filter, Looking } from "./looking.ts";
import type { Item, TimelineDocument } from "./model.ts";
import { Canvases, LAYERS, type Layer } from "./paint/canvases.ts";
import type { Found, Marks } from "./paint/overlay.ts";
import { pictureOf, wholeScene } from "./paint/picture.ts";
import type { Scene } from "./paint/surface.ts";
import { styleOf } from "./styles.ts";
import { type Theme, type ThemeName, themeOf } from "./theme.ts";
import { middleOf, type Span, type TimeScale } from "./time/scale.ts";
import { sentenceOf, Tip } from "./tip.ts";
import { Toolbar } from "./toolbar.ts";
import { nextId, TwinTable } from "./twin/table.ts";
import type { TimelineView } from "./view.ts";

const LEAST_WHOLE_PX = 140;
const MOST_WHOLE_PX = 1600;

/**
 * Timeline of a plan on canvas: `<malapert-timeline theme="auto" editable fit="content" wheel="ctrl">`.
 *
 * Set `data` to a document. Events: `select` (item or null), `cursor` (ms or null), `viewchange` (view), `open` (item),
 * `proposed` (edit), `undone` and `redone`: who listens holds the edits, and takes them back.
 */
export class TimelineElement extends HTMLElement implements GestureTarget, KeyTarget {
  static readonly observedAttributes = ["theme", "fit", "editable"];
  readonly #root = this.attachShadow({ mode: "open" });
  readonly #sheet = new CSSStyleSheet();
  readonly #surface = make("div", {
    class: "surface",
    tabindex: "0",
    role: "application",
    "aria-roledescription": "timeline",
  });
  readonly #live = make("div", { class: "live", "aria-live": "polite" });
  readonly #tip = new Tip();
  readonly #toolbar = new Toolbar(this);
  readonly #twin = new TwinTable((id) => this.reveal(id));
  readonly #canvases = new Canvases();
  readonly #resizes = new ResizeObserver(() => this.#resized());
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #onScheme = (): void => this.#themed();
  readonly #gestures = new Gestures(this.#surface, this);
  #document: TimelineDocument | null = null;
  #prepared: Prepared | null = null;
  readonly #looking = new Looking((filters) => this.#looked(filters));
  #theme: Theme = themeOf("light", []);
  #scene: Scene | null = null;
  #scrollPx = 0;
  #frame = 0;
  #marks: Marks = { cursorMs: null, nowMs: null, selectedId: null, hoveredId: null, proposed: null };

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [this.#sheet];
    this.#surface.append(...this.#canvases.elements, this.#tip.element, this.#live);
    this.#surface.setAttribute("aria-description", KEY_HELP);
    this.#surface.addEventListener("keydown", (event) => {
      if (!onKey(event, this)) return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.#root.append(this.#toolbar.element, this.#surface, this.#twin.element);
  }

  connectedCallback(): void {
    this.#resizes.observe(this.#surface);
    this.#dark.addEventListener("change", this.#onScheme);
    this.#themed();
  }

  disconnectedCallback(): void {
    this.#resizes.disconnect();
    this.#dark.removeEventListener("change", this.#onScheme);
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  attributeChangedCallback(): void {
    this.#themed();
  }

  /** What is shown. */
  get data(): TimelineDocument | null {
    return this.#document;
  }

  set data(document: TimelineDocument | null) {
    this.#document = document;
    this.#marks = { ...this.#marks, hoveredId: null, proposed: null };
    this.#looking.turnTo(document);
    this.#surface.setAttribute("aria-label", this.getAttribute("aria-label") ?? "Timeline of the plan");
    this.#prepare();
  }

  /** How it is looked at, as JSON that can be kept. */
  get view(): TimelineView | null {
    const { view } = this.#looking;
    return view && { ...view };
  }

  set view(view: TimelineView | null) {
    if (!view || !this.#document) return;
    this.#looking.take(view);
    this.#prepare();
  }

  /** Identifier of the selected item. */
  get selection(): string | null {
    return this.#marks.selectedId;
  }

  set selection(id: string | null) {
    this.#mark({ selectedId: id });
  }

  /** Time of the cursor. */
  get cursorMs(): number | null {
    return this.#marks.cursorMs;
  }

  set cursorMs(ms: number | null) {
    this.#mark({ cursorMs: ms });
  }

  /** The present; null where it is not marked. */
  set nowMs(ms: number | null) {
    this.#mark({ nowMs: ms });
  }

  get nowMs(): number | null {
    return this.#marks.nowMs;
  }

  get editable(): boolean {
    return this.hasAttribute("editable");
  }

  get wheelNeedsCtrl(): boolean {
    return this.getAttribute("wheel") === "ctrl";
  }

  scene(): Scene | null {
    return this.#scene;
  }

  span(): Span {
    return this.#looking.span;
  }

  show(span: Span): void {
    this.#looking.show(span);
  }

  showDays(days: number | null): void {
    this.#looking.showDays(days, this.#marks.cursorMs ?? middleOf(this.span()));
  }

  panBy(share: number): void {
    this.#looking.panBy(share);
  }

  zoomBy(factor: number): void {
    this.#looking.zoomBy(factor, middleOf(this.#find(this.#marks.selectedId)?.item ?? this.span()));
  }

  goto(end: "start" | "end"): void {
    this.#looking.goto(end);
  }

  filter(filter: Partial<Filter>): void {
    this.#looking.filter(filter);
  }

  scrollLanes(px: number): void {
    const layout = this.#scene?.layout;
    if (!layout) return;
    const wanted = Math.max(0, Math.min(layout.contentPx - layout.windowPx, this.#scrollPx + px));
    if (wanted === this.#scrollPx) return;
    this.#scrollPx = wanted;
    this.#invalidate(...LAYERS);
  }

  select(id: string | null): void {
    this.#mark({ selectedId: id });
    const found = this.#find(id);
    this.#live.textContent = found ? sentenceOf(found.item, laneTitle(this.#document, found.laneId)) : "";
    this.dispatchEvent(new CustomEvent("select", { detail: found?.item ?? null }));
  }

  selectNext(step: 1 | -1): void {
    const { view } = this.#looking;
    if (this.#document && view) this.reveal(nextId(this.#document, view, this.#marks.selectedId, step));
  }

  cursorAt(ms: number | null): void {
    if (ms === this.#marks.cursorMs) return;
    this.#mark({ cursorMs: ms });
    this.dispatchEvent(new CustomEvent("cursor", { detail: ms }));
  }

  hover(hit: Hit | null, x: number, y: number): void {
    this.#mark({ hoveredId: hit?.item?.id ?? null });
    this.#tip.show(hit, x, y, { width: this.#surface.clientWidth, height: this.#surface.clientHeight });
  }

  preview(item: Item, edit: Edit | null): void {
    const laneId = this.#find(item.id)?.laneId ?? "";
    this.#mark({ proposed: edit && { item, laneId, startMs: edit.startMs, endMs: edit.endMs } });
    if (edit) this.cursorAt(edit.startMs);
  }

  propose(edit: Edit): void {
    const found = this.#find(edit.itemId);
    if (!found) return;
    this.select(edit.itemId);
    this.preview(found.item, edit);
    this.dispatchEvent(new CustomEvent("proposed", { detail: edit }));
  }

  nudge(steps: number): void {
    const found = this.#find(this.#marks.selectedId);
    if (!this.editable || !this.#document || !found || !isMovable(found.item)) return;
    const { proposed } = this.#marks;
    const { startMs, endMs } = proposed?.item.id === found.item.id ? proposed : found.item;
    this.propose(moved({ ...found.item, startMs, endMs }, steps * this.#document.snapMs, this.#document));
  }

  toggleLock(): void {
    const found = this.#find(this.#marks.selectedId);
    if (!this.editable || !found || found.item.state === "busy") return;
    const { id, startMs, endMs, locked } = found.item;
    this.dispatchEvent(
      new CustomEvent("proposed", { detail: { kind: locked ? "unlock" : "lock", itemId: id, startMs, endMs } }),
    );
  }

  undo(): void {
    this.#mark({ proposed: null });
    this.dispatchEvent(new CustomEvent("undone"));
  }

  redo(): void {
    this.dispatchEvent(new CustomEvent("redone"));
  }

  escape(): void {
    if (this.#gestures.cancelDrag()) return;
    if (this.#marks.proposed) this.undo();
    else this.select(null);
  }

  open(): void {
    const found = this.#find(this.#marks.selectedId);
    if (found) this.dispatchEvent(new CustomEvent("open", { detail: found.item }));
  }

  toggleTable(): void {
    this.#twin.element.hidden = !this.#twin.element.hidden;
    this.#writeTexts();
    if (!this.#twin.element.hidden) this.#twin.focus();
    else this.#surface.focus();
  }

  toggleMode(): void {
    this.#looking.toggleMode();
  }

  typeSpan(): void {
    this.#toolbar.focusSpan();
  }

  /** Draws now what waits to be drawn; returns the milliseconds of script that it took. */
  drawNow(): number {
    const began = performance.now();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#draw();
    return performance.now() - began;
  }

  /** Returns what is shown as a PNG with a title. Raises where there is nothing to draw, or the browser makes none. */
  async picture(title: string): Promise<Blob> {
    if (!this.#scene) throw new Error("there is nothing to draw yet");
    return pictureOf(wholeScene(this.#scene), this.#marks, (id) => this.#find(id), title);
  }

  /** Selects an item, and moves it into view. */
  reveal(id: string): void {
    const found = this.#find(id);
    if (!found) return;
    this.#looking.reveal(found.item);
    this.select(id);
    this.#writeTexts();
  }

  #looked(filters: boolean): void {
    if (filters) this.#prepare();
    else this.#invalidate(...LAYERS);
    this.dispatchEvent(new CustomEvent("viewchange", { detail: this.view }));
  }

  #find(id: string | null): Found | null {
    return findItem(this.#document, this.#scene, id);
  }

  #mark(marks: Partial<Marks>): void {
    this.#marks = { ...this.#marks, ...marks };
    this.#invalidate("overlay");
  }

  #themed(): void {
    const asked = this.getAttribute("theme");
    const name: ThemeName = asked === "light" || asked === "dark" ? asked : this.#dark.matches ? "dark" : "light";
    this.#theme = themeOf(name, this.#document?.agencies ?? []);
    this.#sheet.replaceSync(styleOf(this.#theme));
    this.#prepare();
  }

  #prepare(): void {
    const { view } = this;
    if (!this.#document || !view) return;
    this.#theme = themeOf(this.#theme.name, this.#document.agencies);
    this.#prepared = new Prepared(this.#document, view, (item) => this.#canvases.labelPx(item, this.#theme));
    this.#toolbar.setDocument(this.#document, this.#theme);
    this.#resized();
  }

  #scale(): TimeScale {
    const { gutterPx, marginPx } = sidesOf(this.#surface.clientWidth);
    return { ...this.span(), leftPx: gutterPx, widthPx: Math.max(20, this.#surface.clientWidth - gutterPx - marginPx) };
  }

  #resized(): void {
    const { view } = this.#looking;
    if (!this.#prepared || !view || !this.#surface.clientWidth) return;
    if (this.getAttribute("fit") === "content" && this.#document) {
      const whole = wholeHeight(this.#prepared, view, { ...this.#scale(), ...this.#document });
      this.#surface.style.height = `${Math.min(MOST_WHOLE_PX, Math.max(LEAST_WHOLE_PX, whole))}px`;
    }
    this.#canvases.resize(this.#surface.clientWidth, this.#surface.clientHeight);
    // A canvas is empty after its size was set: it is drawn in the same frame.
    this.drawNow();
  }

  #invalidate(...layers: Layer[]): void {
    this.#canvases.spoil(...layers);
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw(): void {
    const { view } = this.#looking;
    if (!this.#prepared || !view || !this.#surface.clientWidth) return;
    const scale = this.#scale();
    const isArranged = this.#scene !== null && !this.#canvases.isSpoiled("ground");
    if (!isArranged) this.#scene = this.#arrange(this.#prepared, view, scale);
    if (!this.#scene) return;
    this.#canvases.draw(this.#scene, this.#marks, (id) => this.#find(id));
    if (!isArranged) this.#writeTexts();
  }

  #arrange(prepared: Prepared, view: TimelineView, scale: TimeScale): Scene {
    const { clientWidth, clientHeight } = this.#surface;
    const layout = layoutOf(prepared, view, scale, clientWidth, clientHeight);
    this.#scrollPx = Math.max(0, Math.min(layout.contentPx - layout.windowPx, this.#scrollPx));
    return { prepared, view, scale, layout, theme: this.#theme, scrollPx: this.#scrollPx };
  }

  #writeTexts(): void {
    const { view } = this.#looking;
    if (!this.#document || !view) return;
    this.#toolbar.setView(view, !this.#twin.element.hidden);
    this.#twin.write(this.#document, view, this.#marks.selectedId);
  }
}

/** Makes the element known to the page, once. */
export function defineTimeline(): void {
  if (!customElements.get("malapert-timeline")) customElements.define("malapert-timeline", TimelineElement);
}

declare global {
  interface HTMLElementTagNameMap {
    "malapert-timeline": TimelineElement;
  }
}
