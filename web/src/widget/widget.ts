import { type Embedded, timelineOf } from "../report/drawing.ts";

/** The part of a notebook's model (https://anywidget.dev/en/afm/) that is used here. */
interface Model {
  get(name: "plans"): Embedded;
  on(event: "change:plans", listener: () => void): void;
  off(event: "change:plans", listener: () => void): void;
}

/** Draws a timeline in a notebook, anew whenever its plans are others; returns what ends that. */
function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const draw = (): void => {
    const timeline = timelineOf(model.get("plans"));
    el.replaceChildren(...(timeline ? [timeline] : []));
  };
  model.on("change:plans", draw);
  draw();
  return () => model.off("change:plans", draw);
}

export default { render };
