import { make } from "../dom.ts";
import { isShown } from "../layout/prepared.ts";
import { type BarLane, eachItem, type Item, type TimelineDocument } from "../model.ts";
import { durationOf, momentOf } from "../time/format.ts";
import { stateOf, titleOf } from "../tip.ts";
import { type TimelineView, wholeView } from "../view.ts";

const PAGE = 200;
const COLUMNS = ["Item", "Where", "Agency", "Start, UTC", "End, UTC", "Duration", "State"];

/** Row of the table. */
interface Row {
  item: Item;
  lane: BarLane;
}

/** The items in view as a table: what a canvas cannot tell to a screen reader or to a keyboard alone. */
export class TwinTable {
  readonly element = make("div", { class: "twin", hidden: "" });
  readonly #choose: (id: string) => void;
  #limit = PAGE;

  constructor(choose: (id: string) => void) {
    this.#choose = choose;
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
    this.element.addEventListener("click", (event) => {
      const row = (event.target as Element).closest("tr[data-id]");
      if (row) this.#choose(row.getAttribute("data-id") ?? "");
    });
  }

  /** Writes the table anew for what is in view. */
  write(document: TimelineDocument, view: TimelineView, selectedId: string | null): void {
    if (this.element.hidden) return;
    const rows = rowsOf(document, view);
    const head = make("tr", {}, ...COLUMNS.map((title) => make("th", { scope: "col" }, title)));
    const body = rows.slice(0, this.#limit).map((row) => this.#row(row, row.item.id === selectedId));
    if (!body.some((row) => row.tabIndex === 0) && body[0]) body[0].tabIndex = 0;
    const caption = make("caption", { class: "live" }, "Items in view, by start");
    const table = make("table", { role: "grid" }, caption, make("thead", {}, head), make("tbody", {}, ...body));
    this.element.replaceChildren(table);
    if (!rows.length) this.element.append(make("p", {}, "Nothing is planned in this span."));
    if (rows.length > this.#limit) this.element.append(this.#more(rows.length, document, view, selectedId));
  }

  /** Gives the keyboard to the selected row, or the first. */
  focus(): void {
    this.element.querySelector<HTMLElement>("tr[tabindex='0']")?.focus();
  }

  #row({ item, lane }: Row, selected: boolean): HTMLTableRowElement {
    const cells = [
      titleOf(item),
      lane.title,
      item.agency ?? "",
      momentOf(item.startMs),
      momentOf(item.endMs),
      durationOf(item.endMs - item.startMs),
      stateOf(item),
    ];
    const attributes = { "data-id": item.id, "aria-selected": String(selected), tabindex: selected ? "0" : "-1" };
    return make("tr", attributes, ...cells.map((text) => make("td", {}, text)));
  }

  #more(count: number, document: TimelineDocument, view: TimelineView, selectedId: string | null): HTMLElement {
    const button = make("button", { type: "button" }, `Show more of ${count}`);
    button.addEventListener("click", () => {
      this.#limit += PAGE;
      this.write(document, view, selectedId);
    });
    return make("p", {}, button);
  }

  #onKey(event: KeyboardEvent): void {
    const row = (event.target as Element).closest("tr[data-id]");
    if (!row) return;
    const rows = [...this.element.querySelectorAll<HTMLElement>("tr[data-id]")];
    const at = rows.indexOf(row as HTMLElement);
    const targets: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + 10,
      PageUp: at - 10,
      Home: 0,
      End: rows.length - 1,
    };
    const target = targets[event.key];
    if (event.key === "Enter" || event.key === " ") this.#choose(row.getAttribute("data-id") ?? "");
    else if (target === undefined) return;
    else this.#move(rows, rows[Math.max(0, Math.min(rows.length - 1, target))]);
    event.preventDefault();
    event.stopPropagation();
  }

  #move(rows: HTMLElement[], next: HTMLElement | undefined): void {
    for (const row of rows) row.tabIndex = row === next ? 0 : -1;
    next?.focus();
  }
}

/** Returns the items that a view shows, by start. */
export function rowsOf(document: TimelineDocument, view: TimelineView): Row[] {
  const hidden = new Set(view.hiddenLanes);
  const rows: Row[] = [];
  eachItem(document, (item, lane) => {
    if (hidden.has(lane.id) || item.endMs <= view.startMs || item.startMs >= view.endMs) return;
    if (isShown(item, view)) rows.push({ item, lane });
  });
  return rows.sort((one, other) => one.item.startMs - other.item.startMs || one.item.id.localeCompare(other.item.id));
}

/** Returns the item after (1) or before (-1) another in the whole plan; where none is chosen, the first in view. */
export function nextId(document: TimelineDocument, view: TimelineView, chosenId: string | null, step: 1 | -1): string {
  const rows = rowsOf(document, wholeView(document, view));
  const at = rows.findIndex(({ item }) => item.id === chosenId);
  const first = rows.findIndex(({ item }) => item.endMs > view.startMs);
  const next = at < 0 ? Math.max(0, first) : Math.max(0, Math.min(rows.length - 1, at + step));
  return rows[next]?.item.id ?? "";
}
