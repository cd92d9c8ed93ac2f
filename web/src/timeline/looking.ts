import type { TimelineDocument } from "./model.ts";
import { atEnd, centred, clampSpan, middleOf, panned, type Span, wholeDays, zoomed } from "./time/scale.ts";
import { type TimelineView, wholeView } from "./view.ts";

/** What of a view says which items are shown. */
export type Filter = Pick<TimelineView, "agencies" | "search">;

/** How a document is looked at: the span of time, the way times are written, and which items are shown. */
export class Looking {
  #document: TimelineDocument | null = null;
  #view: TimelineView | null = null;
  /** Called after somebody looks at another span or in another way; `filters` where other items are shown. */
  readonly #onChange: (filters: boolean) => void;

  constructor(onChange: (filters: boolean) => void) {
    this.#onChange = onChange;
  }

  get view(): TimelineView | null {
    return this.#view;
  }

  get span(): Span {
    return this.#view ?? { startMs: 0, endMs: 1 };
  }

  /** Looks at another document: at the whole of it, unless it has the span of the one before. */
  turnTo(document: TimelineDocument | null): void {
    const before = this.#document;
    this.#document = document;
    const spans = before?.startMs !== document?.startMs || before?.endMs !== document?.endMs;
    if (document && (!this.#view || spans)) this.#view = wholeView(document, this.#view);
  }

  /** Takes a view that was kept. */
  take(view: TimelineView): void {
    if (this.#document) this.#view = { ...view, ...clampSpan(view, this.#document) };
  }

  show(span: Span): void {
    if (!this.#document || !this.#view) return;
    const { startMs, endMs } = clampSpan(span, this.#document);
    if (startMs === this.#view.startMs && endMs === this.#view.endMs) return;
    this.#view = { ...this.#view, startMs, endMs };
    this.#onChange(false);
  }

  /** Shows whole days around a time; null shows all. */
  showDays(days: number | null, middleMs: number): void {
    if (this.#document) this.show(days === null ? this.#document : wholeDays(middleMs, days));
  }

  panBy(share: number): void {
    const { startMs, endMs } = this.span;
    if (this.#document) this.show(panned(this.span, share * (endMs - startMs), this.#document));
  }

  /** Zooms around a time that is in view, or around the middle. */
  zoomBy(factor: number, anchorMs: number): void {
    const { startMs, endMs } = this.span;
    const anchor = anchorMs > startMs && anchorMs < endMs ? anchorMs : middleOf(this.span);
    if (this.#document) this.show(zoomed(this.span, factor, anchor, this.#document));
  }

  goto(end: "start" | "end"): void {
    if (this.#document) this.show(atEnd(end, this.span, this.#document));
  }

  /** Moves a span into view that is out of it. */
  reveal(span: Span): void {
    const shown = this.span;
    if (span.endMs < shown.startMs || span.startMs > shown.endMs) this.show(centred(shown, middleOf(span)));
  }

  toggleMode(): void {
    if (!this.#view) return;
    this.#view = { ...this.#view, mode: this.#view.mode === "utc" ? "mission" : "utc" };
    this.#onChange(false);
  }

  /** Shows the items of some agencies, or those whose titles hold a text. */
  filter(filter: Partial<Filter>): void {
    if (!this.#view) return;
    this.#view = { ...this.#view, ...filter };
    this.#onChange(true);
  }
}
