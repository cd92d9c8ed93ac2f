import type { Span } from "../time/scale.ts";

/** What keys ask of the timeline. */
export interface KeyTarget {
  span(): Span;
  panBy(share: number): void;
  zoomBy(factor: number): void;
  showDays(days: number | null): void;
  selectNext(step: 1 | -1): void;
  scrollLanes(px: number): void;
  nudge(steps: number): void;
  toggleLock(): void;
  toggleTable(): void;
  toggleMode(): void;
  typeSpan(): void;
  open(): void;
  escape(): void;
  undo(): void;
  redo(): void;
  goto(end: "start" | "end"): void;
}

type Action = (target: KeyTarget) => void;

const KEYS: Record<string, Action> = {
  ArrowLeft: (target) => target.panBy(-0.1),
  ArrowRight: (target) => target.panBy(0.1),
  ArrowDown: (target) => target.selectNext(1),
  ArrowUp: (target) => target.selectNext(-1),
  PageDown: (target) => target.scrollLanes(120),
  PageUp: (target) => target.scrollLanes(-120),
  Home: (target) => target.goto("start"),
  End: (target) => target.goto("end"),
  "+": (target) => target.zoomBy(1 / 1.5),
  "=": (target) => target.zoomBy(1 / 1.5),
  "-": (target) => target.zoomBy(1.5),
  "0": (target) => target.showDays(null),
  "1": (target) => target.showDays(1),
  "7": (target) => target.showDays(7),
  "3": (target) => target.showDays(30),
  t: (target) => target.toggleTable(),
  m: (target) => target.toggleMode(),
  g: (target) => target.typeSpan(),
  l: (target) => target.toggleLock(),
  Enter: (target) => target.open(),
  Escape: (target) => target.escape(),
};

/** Keys of the surface, in the words of a help text. */
export const KEY_HELP =
  "Arrows left and right pan, up and down select, plus and minus zoom, 0 shows all, 1 a day, 7 a week, 3 thirty days, " +
  "G types a span, T shows the table, M changes to mission time, Alt with arrows moves the selected item, L locks it, " +
  "Control with Z takes an edit back and with Shift and Z does it again, Enter opens it, Escape puts back.";

/** Takes a key; returns whether it meant something. */
export function onKey(event: KeyboardEvent, target: KeyTarget): boolean {
  if ((event.ctrlKey || event.metaKey) && /^[zy]$/i.test(event.key)) {
    if (event.shiftKey || event.key.toLowerCase() === "y") target.redo();
    else target.undo();
    return true;
  }
  if (event.ctrlKey || event.metaKey) return false;
  if (event.altKey) {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return false;
    target.nudge((event.key === "ArrowLeft" ? -1 : 1) * (event.shiftKey ? 12 : 1));
    return true;
  }
  const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  action?.(target);
  return action !== undefined;
}
