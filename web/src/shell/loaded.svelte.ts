import { Refusal } from "../api/client.ts";

/** Something of the platform as a view shows it: loading, loaded, or refused; what was loaded stays when a later call is refused. */
export class Loaded<Value> {
  value = $state.raw<Value | null>(null);
  refusal = $state.raw<Refusal | null>(null);
  isBusy = $state(false);
  readonly #ask: () => Promise<Value>;
  readonly #onRefusal: (met: Refusal) => void;

  constructor(ask: () => Promise<Value>, onRefusal: (met: Refusal) => void) {
    this.#ask = ask;
    this.#onRefusal = onRefusal;
  }

  /** Asks, or asks again. */
  load = async (): Promise<void> => {
    await this.run(async () => {
      this.value = await this.#ask();
    });
  };

  /** Does a step whose refusal is told like that of loading; returns whether it was done. */
  async run(step: () => Promise<void>): Promise<boolean> {
    this.isBusy = true;
    try {
      await step();
      this.refusal = null;
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.refusal = error;
      this.#onRefusal(error);
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}
