import { api, may, type Plan, type Refusal, type Session, taken } from "../../api/client.ts";
import { type EditCheck, type PlanEdit, planEditOf } from "../../editing/edited_plan.ts";
import { History } from "../../editing/history.ts";
import { type DraftRef, type EditDraft, passes, SavedEdits, type Saving } from "../../editing/saved_edits.ts";
import type { PlanJson } from "../../plan/plan_json.ts";
import { Draft, OnceKeys } from "../../shell/draft.ts";
import { Loaded } from "../../shell/loaded.svelte.ts";
import type { Edit } from "../../timeline/edit/edits.ts";
import { draftCalls, loadDrafts } from "./draft_calls.ts";

type Kept = { contentHash: string; edits: PlanEdit[]; ref: DraftRef | null };

/**
 * Edits of a plan that somebody proposes: told what they break, mended, undone, made a plan of. Until then this tab
 * keeps them at once, and the platform for the agency as soon as it can be reached.
 */
export class Editing {
  edits = $state.raw<readonly PlanEdit[]>([]);
  canUndo = $state(false);
  canRedo = $state(false);
  /** What the edits make of the plan, of the edits that were checked last; null without any. */
  check = $state.raw<EditCheck | null>(null);
  /** How they stand against what the platform keeps. */
  saving = $state.raw<Saving>({ state: "none" });
  /** What others of the agency have under way of this plan. */
  others = $state.raw<readonly EditDraft[]>([]);
  readonly asking: Loaded<EditCheck | null>;
  /** Null for those who may check edits and not keep them. */
  readonly #saved: SavedEdits | null;
  readonly #history = new History<readonly PlanEdit[]>([]);
  readonly #plan: () => Plan;
  readonly #draft: Draft<Kept>;
  readonly #onceKeys = new OnceKeys();
  #taken: { shown: PlanJson; itemId: string; kind: Edit["kind"] } | null = null;
  #mends = false;
  #asked = 0;

  constructor(plan: () => Plan, session: Session, onRefusal: (met: Refusal) => void) {
    const principalId = session.caller.principal_id;
    this.#plan = plan;
    this.#draft = new Draft(principalId, plan().plan_id, "edits");
    this.asking = new Loaded(() => this.#ask(), onRefusal);
    const kept = this.#draft.restore();
    // Edits are of a content: those of another mean something else there.
    const isHere = kept?.contentHash === plan().content_hash && kept.edits.length > 0;
    this.#saved = may(session, "create_edit_draft")
      ? new SavedEdits(draftCalls(plan().plan_id), isHere ? (kept.ref ?? null) : null, this.#onSaving)
      : null;
    if (isHere) this.#go(() => this.#history.push(kept.edits));
    if (this.#saved) void this.#open(principalId, isHere);
  }

  /** True where the platform keeps the edits, not this tab alone. */
  get isKept(): boolean {
    return this.#saved !== null;
  }

  /** Shows what the agency has under way; one's own is taken up again where this tab has nothing. */
  async #open(principalId: string, isHere: boolean): Promise<void> {
    const drafts = await loadDrafts(this.#plan().plan_id).catch(() => []);
    const own = isHere ? undefined : drafts.find((each) => each.updated_principal_id === principalId);
    const ownId = this.#saved?.ref?.draftId ?? own?.draft_id;
    this.others = drafts.filter((each) => each.draft_id !== ownId);
    if (own && !this.edits.length) await this.takeUp(own);
  }

  /** Goes on with edits that are kept by the platform, in the place of those here. */
  async takeUp({ draft_id }: EditDraft): Promise<void> {
    await this.asking.run(async () => {
      const path = { plan_id: this.#plan().plan_id, draft_id };
      const draft = await taken(api.GET("/api/v1/plans/{plan_id}/edit-drafts/{draft_id}", { params: { path } }));
      this.others = this.others.filter((each) => each.draft_id !== draft_id);
      this.takeTheirs(draft);
    });
  }

  /** Takes what somebody else made of the edits since; one's own can be had back by undoing. */
  takeTheirs(theirs: EditDraft): void {
    this.#saved?.see(theirs);
    this.saving = { state: "saved", time: theirs.updated_time ?? "" };
    this.#go(() => this.#history.push(theirs.edits), false);
  }

  /** Puts one's own over what somebody else made of the edits since. */
  putOver(theirs: EditDraft): void {
    this.#saved?.see(theirs);
    this.#saved?.save(this.edits);
  }

  /** Tries again what the platform could not be told. */
  again = (): void => this.#saved?.again();

  /** Ends what goes on in the background; what is here stays in the tab. */
  leave = (): void => void this.#saved?.stop();

  readonly #onSaving = (saving: Saving): void => {
    this.saving = saving;
    this.#keep();
    // What was asked while the platform was away is asked again.
    const { refusal } = this.asking;
    if (saving.state === "saved" && refusal && passes(refusal)) void this.asking.load();
  };

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

  /**
   * Asks the solver for room for what is not planned, by edits that add it without a time; it is planned where there is
   * room. Returns why there is none; empty where there is, and null where the question was refused.
   */
  async admit(wanted: readonly PlanEdit[]): Promise<string | null> {
    const { plan_id, content_hash } = this.#plan();
    const body = { content_hash, edits: [...this.edits, ...wanted], mend: true, with_profiles: false };
    let why: string | null = null;
    await this.asking.run(async () => {
      const call = api.POST("/api/v1/plans/{plan_id}:check-edits", { params: { path: { plan_id } }, body });
      const { mend } = await taken(call);
      why = mend?.found ? "" : mend?.explanation || "no room was found";
      // The mend says when what is added starts.
      if (mend?.found) this.add([...wanted.filter(({ add }) => !add), ...mend.edits]);
    });
    return why;
  }

  /** Makes a new draft of the edits; returns its plan, or null where it was refused. */
  async apply(): Promise<string | null> {
    const { plan_id, content_hash } = this.#plan();
    await this.#saved?.stop();
    const draft_id = this.#saved?.ref?.draftId ?? "";
    const body = { content_hash, edits: [...this.edits], label: "", draft_id };
    const params = { path: { plan_id }, header: { "Idempotency-Key": this.#onceKeys.of(body) } };
    let made: string | null = null;
    const done = await this.asking.run(async () => {
      made = (await taken(api.POST("/api/v1/plans/{plan_id}:apply-edits", { params, body }))).plan_id;
    });
    this.#saved?.resume(done);
    if (done) this.#draft.drop();
    return made;
  }

  #keep(): void {
    const { content_hash } = this.#plan();
    this.#draft.keep({ contentHash: content_hash, edits: [...this.edits], ref: this.#saved?.ref ?? null });
  }

  #go(step: () => void, saves = true): void {
    this.#taken = null;
    step();
    this.edits = this.#history.now;
    this.canUndo = this.#history.canUndo;
    this.canRedo = this.#history.canRedo;
    this.#keep();
    if (saves) this.#saved?.save(this.edits);
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
