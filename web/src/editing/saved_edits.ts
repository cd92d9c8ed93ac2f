import { Refusal, type Schemas } from "../api/client.ts";
import type { PlanEdit } from "./edited_plan.ts";

export type EditDraft = Schemas["EditDraft"];

/** Which edits of the platform those of the page are, as they were seen last. */
export interface DraftRef {
  draftId: string;
  version: number;
}

/** The platform's calls by which edits under way are kept. */
export interface DraftCalls {
  create(edits: readonly PlanEdit[]): Promise<EditDraft>;
  update(ref: DraftRef, edits: readonly PlanEdit[]): Promise<EditDraft>;
  get(draftId: string): Promise<EditDraft>;
  remove(draftId: string): Promise<void>;
}

/** How edits under way stand against what the platform keeps of them. */
export type Saving =
  | { state: "none" }
  | { state: "saving" }
  | { state: "saved"; time: string }
  | { state: "unsaved"; refusal: Refusal }
  | { state: "conflict"; theirs: EditDraft };

const PAUSE_MS = 800;
const RETRY_MS = 4000;

/** True where the same may be taken later: a lost connection, an ended session, a part that is away, too much at once. */
export const passes = (refusal: Refusal): boolean =>
  refusal.status === 0 || refusal.endsSession || refusal.status === 429 || refusal.status >= 500;

/**
 * Keeps edits under way with the platform as they change: one call at a time, the newest edits only, again while they
 * could not be sent. Where somebody else changed them since, nothing is overwritten until it is said which shall stay.
 */
export class SavedEdits {
  ref: DraftRef | null;
  readonly #calls: DraftCalls;
  readonly #onSaving: (saving: Saving) => void;
  #wanted: readonly PlanEdit[] | null = null;
  /** Edits of which no answer says whether they were kept: they are sent again as they were before any others. */
  #inDoubt: readonly PlanEdit[] | null = null;
  #isBusy = false;
  #isStopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #settled: (() => void)[] = [];

  constructor(calls: DraftCalls, ref: DraftRef | null, onSaving: (saving: Saving) => void) {
    this.#calls = calls;
    this.ref = ref;
    this.#onSaving = onSaving;
  }

  /** Keeps edits in the place of those before, after a pause in which they may still change. */
  save(edits: readonly PlanEdit[]): void {
    this.#wanted = edits;
    this.#after(PAUSE_MS);
  }

  /** Tries again now what could not be sent. */
  again = (): void => {
    if (this.#wanted) this.#after(0);
  };

  /** Takes the version that somebody else kept as seen, so that the next edits stand in its place. */
  see({ draft_id, version }: EditDraft): void {
    this.ref = { draftId: draft_id, version };
    this.#wanted = null;
    this.#inDoubt = null;
  }

  /** Resolves once nothing is under way; what waits for its turn is not begun any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    if (this.#isBusy) await new Promise<void>((done) => this.#settled.push(done));
  }

  /** Goes on after `stop`; with `isGone` the platform keeps none of the edits any more. */
  resume(isGone: boolean): void {
    this.#isStopped = false;
    if (!isGone) {
      this.again();
      return;
    }
    this.ref = null;
    this.#wanted = null;
    this.#inDoubt = null;
    this.#onSaving({ state: "none" });
  }

  #after(ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.#go(), ms);
  }

  async #go(): Promise<void> {
    const edits = this.#inDoubt ?? this.#wanted;
    if (this.#isBusy || !edits) return;
    if (edits === this.#wanted) this.#wanted = null;
    this.#inDoubt = null;
    this.#isBusy = true;
    this.#onSaving({ state: "saving" });
    try {
      const draft = await this.#send(edits);
      this.ref = draft && { draftId: draft.draft_id, version: draft.version };
      this.#onSaving(draft ? { state: "saved", time: draft.updated_time ?? "" } : { state: "none" });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#wanted ??= edits;
      if (error.status === 0 || error.status >= 500) this.#inDoubt = edits;
      await this.#refused(error);
    } finally {
      this.#isBusy = false;
      for (const done of this.#settled.splice(0)) done();
    }
    if (this.#wanted && this.#wanted !== edits) this.#after(0);
  }

  async #send(edits: readonly PlanEdit[]): Promise<EditDraft | null> {
    if (edits.length) return this.ref ? this.#calls.update(this.ref, edits) : this.#calls.create(edits);
    if (this.ref) await this.#calls.remove(this.ref.draftId);
    return null;
  }

  async #refused(refusal: Refusal): Promise<void> {
    if (refusal.status === 404 && this.ref) {
      // Somebody else put them away: what is here is kept anew.
      this.ref = null;
      this.#after(0);
    } else if (refusal.reason === "STALE_VERSION" && this.ref) {
      const theirs = await this.#calls.get(this.ref.draftId).catch(() => null);
      this.#onSaving(theirs ? { state: "conflict", theirs } : { state: "unsaved", refusal });
      if (!theirs) this.#after(RETRY_MS);
    } else {
      this.#onSaving({ state: "unsaved", refusal });
      if (passes(refusal)) this.#after(RETRY_MS);
    }
  }
}
