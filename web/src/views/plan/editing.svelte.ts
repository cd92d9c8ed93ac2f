import { api, type Plan, type Refusal, taken } from "../../api/client.ts";
import { type EditCheck, type PlanEdit, planEditOf } from "../../editing/edited_plan.ts";
import { History } from "../../editing/history.ts";
import type { PlanJson } from "../../plan/plan_json.ts";
import { Draft, OnceKeys } from "../../shell/draft.ts";
import { Loaded } from "../../shell/loaded.svelte.ts";
import type { Edit } from "../../timeline/edit/edits.ts";

type Kept = { contentHash: string; edits: PlanEdit[] };

/** Edits of a plan that somebody proposes: told what they break, mended, undone, made a plan of; until then they are kept in this tab alone. */
export class Editing {
  edits = $state.raw<readonly PlanEdit[]>([]);
  canUndo = $state(false);
  canRedo = $state(false);
  /** What the edits make of the plan, of the edits that were checked last; null without any. */
  check = $state.raw<EditCheck | null>(null);
  readonly asking: Loaded<EditCheck | null>;
  readonly #history = new History<readonly PlanEdit[]>([]);
  readonly #plan: () => Plan;
  readonly #draft: Draft<Kept>;
  readonly #onceKeys = new OnceKeys();
  #taken: { shown: PlanJson; itemId: string; kind: Edit["kind"] } | null = null;
  #mends = false;
  #asked = 0;

  constructor(plan: () => Plan, principalId: string, onRefusal: (met: Refusal) => void) {
    this.#plan = plan;
    this.#draft = new Draft(principalId, plan().plan_id, "edits");
    this.asking = new Loaded(() => this.#ask(), onRefusal);
    const kept = this.#draft.restore();
    // Edits are of a content: those of another mean something else there.
    if (kept?.contentHash === plan().content_hash && kept.edits.length) this.#go(() => this.#history.push(kept.edits));
  }

  /** Takes a gesture of the timeline; `from` is where the item stands in what is shown. */
  take(shown: PlanJson, edit: Edit, from: { startMs: number; endMs: number }): void {
    const made = planEditOf(shown, edit, from);
    if (!made) return;
    // Until a check has answered, the item is shown where it stood: the next gesture says where it goes instead.
    const same = this.#taken?.shown === shown && this.#taken.itemId === edit.itemId && this.#taken.kind === edit.kind;
    if (same) this.#go(() => this.#history.replace([...this.edits.slice(0, -1), made]));
    else this.add([made]);
    this.#taken = { shown, itemId: edit.itemId, kind: edit.kind };
  }

  add(made: readonly PlanEdit[]): void {
    this.#go(() => this.#history.push([...this.edits, ...made]));
  }

  undo = (): void => this.#go(() => this.#history.undo());
  redo = (): void => this.#go(() => this.#history.redo());
  dropAll = (): void => this.#go(() => this.#history.push([]));

  /** Asks the solver for the least further changes by which the edits keep every rule. */
  mend = async (): Promise<void> => {
    this.#mends = true;
    await this.asking.load();
    this.#mends = false;
  };

  /** Takes the changes of the mend that was found. */
  takeMend = (): void => {
    const edits = this.check?.mend?.edits ?? [];
    if (edits.length) this.add(edits);
  };

  /** Makes a new draft of the edits; returns its plan, or null where it was refused. */
  async apply(): Promise<string | null> {
    const { plan_id, content_hash } = this.#plan();
    const body = { content_hash, edits: [...this.edits], label: "", draft_id: "" };
    const params = { path: { plan_id }, header: { "Idempotency-Key": this.#onceKeys.of(body) } };
    let made: string | null = null;
    const done = await this.asking.run(async () => {
      made = (await taken(api.POST("/api/v1/plans/{plan_id}:apply-edits", { params, body }))).plan_id;
    });
    if (done) this.#draft.drop();
    return made;
  }

  #go(step: () => void): void {
    this.#taken = null;
    step();
    this.edits = this.#history.now;
    this.canUndo = this.#history.canUndo;
    this.canRedo = this.#history.canRedo;
    this.#draft.keep({ contentHash: this.#plan().content_hash, edits: [...this.edits] });
    void this.asking.load();
  }

  async #ask(): Promise<EditCheck | null> {
    const asked = ++this.#asked;
    const { plan_id, content_hash } = this.#plan();
    const edits = [...this.edits];
    if (!edits.length) {
      this.check = null;
      return null;
    }
    const body = { content_hash, edits, mend: this.#mends, with_profiles: true };
    const answer = await taken(
      api.POST("/api/v1/plans/{plan_id}:check-edits", { params: { path: { plan_id } }, body }),
    );
    // An answer that another edit overtook says nothing of what is shown.
    if (asked === this.#asked) this.check = answer;
    return answer;
  }
}
