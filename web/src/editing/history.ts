const MOST_KEPT = 20;

/** States of something that is edited, with those that can be gone back to, and forward to again. */
export class History<State> {
  #states: State[];
  #at = 0;

  constructor(first: State) {
    this.#states = [first];
  }

  /** The present state. */
  get now(): State {
    return this.#states[this.#at] as State;
  }

  get canUndo(): boolean {
    return this.#at > 0;
  }

  get canRedo(): boolean {
    return this.#at < this.#states.length - 1;
  }

  /** Goes on to a new state; what was undone is forgotten, and the oldest of more than twenty. */
  push(state: State): void {
    this.#states = [...this.#states.slice(0, this.#at + 1), state].slice(-MOST_KEPT - 1);
    this.#at = this.#states.length - 1;
  }

  /** Puts another state in the place of the present one. */
  replace(state: State): void {
    this.#states = [...this.#states.slice(0, this.#at), state];
  }

  undo(): void {
    if (this.canUndo) this.#at -= 1;
  }

  redo(): void {
    if (this.canRedo) this.#at += 1;
  }
}
