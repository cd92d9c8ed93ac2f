import { make } from "./dom.ts";
import type { Filter } from "./looking.ts";
import { eachItem, type TimelineDocument } from "./model.ts";
import type { Theme } from "./theme.ts";
import { durationOf, momentOf } from "./time/format.ts";
import { parseSpan } from "./time/parse.ts";
import { clampSpan, DAY_MS, type Span } from "./time/scale.ts";
import type { TimelineView } from "./view.ts";

const PRESETS_DAYS = [30, 7, 1];

/** What the row of tools asks of the timeline. */
export interface ToolbarActions {
  show(span: Span): void;
  showDays(days: number | null): void;
  toggleMode(): void;
  toggleTable(): void;
  filter(filter: Partial<Filter>): void;
}

/** Presets, the typed span, the legend, and the switches of time and table. */
export class Toolbar {
  readonly element = make("div", { class: "tools", role: "toolbar", "aria-label": "Timeline" });
  readonly #presets = make("div", { class: "presets", role: "group", "aria-label": "Length of the view" });
  readonly #span = make("input", {
    type: "text",
    "aria-label": "Shown span",
    spellcheck: "false",
    autocomplete: "off",
  });
  readonly #length = make("span", { class: "length" });
  readonly #mode = make("button", { type: "button" });
  readonly #table = make("button", { type: "button", "aria-pressed": "false", title: "T" }, "Table");
  readonly #search = make("input", {
    type: "search",
    class: "search",
    placeholder: "Filter items",
    "aria-label": "Show items whose title holds",
    spellcheck: "false",
    autocomplete: "off",
  });
  readonly #legend = make("div", { class: "legend", role: "group", "aria-label": "Show items of" });
  readonly #actions: ToolbarActions;
  #document: TimelineDocument | null = null;
  #view: TimelineView | null = null;

  constructor(actions: ToolbarActions) {
    this.#actions = actions;
    this.#span.title = "26 Jan 02:24 – 28 Jan, 2029-01-26 7 d, D11 12 h";
    this.#span.addEventListener("change", () => this.#typed());
    this.#span.addEventListener("keydown", (event) => event.stopPropagation());
    this.#search.addEventListener("input", () => actions.filter({ search: this.#search.value.trim() }));
    this.#search.addEventListener("keydown", (event) => event.stopPropagation());
    this.#mode.addEventListener("click", () => actions.toggleMode());
    this.#table.addEventListener("click", () => actions.toggleTable());
    // What the page around adds of its own, such as what the lanes are by.
    const added = make("slot", { name: "tools" });
    const last = make("div", { class: "last" }, this.#search, this.#legend);
    this.element.append(this.#presets, this.#span, this.#length, this.#mode, this.#table, added, last);
  }

  /** Gives the keyboard to the typed span. */
  focusSpan(): void {
    this.#span.focus();
    this.#span.select();
  }

  /** Writes the presets and the legend of a document. */
  setDocument(document: TimelineDocument, theme: Theme): void {
    this.#document = document;
    const days = (document.endMs - document.startMs) / DAY_MS;
    const all = this.#preset(`${Number(days.toFixed(days < 10 ? 1 : 0))} d`, null);
    const shorter = PRESETS_DAYS.filter((preset) => preset < days).map((preset) => this.#preset(`${preset} d`, preset));
    this.#presets.replaceChildren(all, ...shorter);
    const agencies = document.agencies.map((agency) => {
      const swatch = make("i");
      swatch.style.background = theme.agencyColour(agency);
      const button = make("button", { type: "button", "data-agency": agency, "aria-pressed": "false" }, swatch, agency);
      button.title = `Only items of ${agency}, or of all again`;
      button.addEventListener("click", () => this.#toggle(agency));
      return button;
    });
    this.#legend.replaceChildren(...agencies);
    let hasItems = false;
    eachItem(document, () => {
      hasItems = true;
    });
    this.#search.hidden = !hasItems;
    if (this.#view) this.#writeFilter(this.#view);
  }

  /** Says what is in view. */
  setView(view: TimelineView, tableShown: boolean): void {
    this.#view = view;
    const length = view.endMs - view.startMs;
    if (!this.#span.matches(":focus")) this.#span.value = `${momentOf(view.startMs)} – ${momentOf(view.endMs)}`;
    this.#length.textContent = durationOf(length);
    this.#mode.textContent = view.mode === "utc" ? "UTC" : "Mission time";
    this.#mode.title = view.mode === "utc" ? "Change to mission time" : "Change to UTC";
    this.#table.setAttribute("aria-pressed", String(tableShown));
    this.#writeFilter(view);
    for (const button of this.#presets.querySelectorAll("button")) {
      const whole = this.#document ? this.#document.endMs - this.#document.startMs : 0;
      const wanted = Number(button.dataset.days) * DAY_MS || whole;
      button.setAttribute("aria-pressed", String(Math.abs(length - wanted) < 60_000));
    }
  }

  /** Shows an agency's items besides those that are shown, or no longer; with none chosen, all are shown. */
  #toggle(agency: string): void {
    const chosen = this.#view?.agencies ?? [];
    const agencies = chosen.includes(agency) ? chosen.filter((each) => each !== agency) : [...chosen, agency];
    this.#actions.filter({ agencies });
  }

  #writeFilter({ agencies, search }: TimelineView): void {
    if (!this.#search.matches(":focus")) this.#search.value = search;
    this.#legend.classList.toggle("chosen", agencies.length > 0);
    for (const button of this.#legend.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(agencies.includes(button.dataset.agency ?? "")));
    }
  }

  #preset(label: string, days: number | null): HTMLButtonElement {
    const button = make("button", { type: "button", "data-days": String(days ?? 0), "aria-pressed": "false" }, label);
    button.addEventListener("click", () => this.#actions.showDays(days));
    return button;
  }

  #typed(): void {
    if (!this.#document || !this.#view) return;
    const span = parseSpan(this.#span.value, this.#document.dayZeroMs, this.#view);
    const meets = span !== null && span.endMs > this.#document.startMs && span.startMs < this.#document.endMs;
    this.#span.setAttribute("aria-invalid", String(!meets));
    if (!span || !meets) {
      this.#span.title = span ? "this lies outside the plan" : `not read as a span of time: ${this.#span.title}`;
      return;
    }
    this.#span.blur();
    this.#actions.show(clampSpan(span, this.#document));
  }
}
