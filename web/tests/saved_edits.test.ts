import { beforeEach, describe, expect, it, vi } from "vitest";
import { Refusal } from "../src/api/client.ts";
import { editOf, type PlanEdit } from "../src/editing/edited_plan.ts";
import { type DraftCalls, type EditDraft, SavedEdits, type Saving } from "../src/editing/saved_edits.ts";

const edit = (hours: number): PlanEdit => editOf({ shift: { item_ids: ["a"], offset_s: 3600 * hours } });
const STALE = new Refusal(409, { reason: "STALE_VERSION", detail: "the edits are at version 5, not 1" });
const LOST = new Refusal(0, {});

/** The platform, as far as it keeps edits; the next calls can be made to fail. */
class Keeper implements DraftCalls {
  kept: EditDraft | null = null;
  log: string[] = [];
  failures: Refusal[] = [];
  #fail(call: string): void {
    this.log.push(call);
    const failure = this.failures.shift();
    if (failure) throw failure;
  }
  async create(edits: readonly PlanEdit[]): Promise<EditDraft> {
    this.#fail(`create ${edits.length}`);
    return this.put(1, edits, "me");
  }
  async update(ref: { draftId: string; version: number }, edits: readonly PlanEdit[]): Promise<EditDraft> {
    this.#fail(`update ${edits.length} of ${ref.version}`);
    if (!this.kept) throw new Refusal(404, {});
    if (this.kept.version !== ref.version) throw STALE;
    return this.put(ref.version + 1, edits, "me");
  }
  async get(): Promise<EditDraft> {
    this.#fail("get");
    if (!this.kept) throw new Refusal(404, {});
    return this.kept;
  }
  async remove(): Promise<void> {
    this.#fail("remove");
    this.kept = null;
  }
  put(version: number, edits: readonly PlanEdit[], who: string): EditDraft {
    const kept = { draft_id: "d", version, edits, updated_principal_id: who, updated_time: `at ${version}` };
    this.kept = kept as unknown as EditDraft;
    return this.kept;
  }
}

let keeper: Keeper;
let told: Saving[];
let saved: SavedEdits;
const last = (): Saving | undefined => told.at(-1);
const pass = (ms = 1000): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  keeper = new Keeper();
  told = [];
  saved = new SavedEdits(keeper, null, (saving) => told.push(saving));
});

describe("edits under way", () => {
  it("are kept once they rest, only the last of them, and put away when none is left", async () => {
    saved.save([edit(1)]);
    saved.save([edit(1), edit(2)]);
    await pass();
    saved.save([edit(3)]);
    await pass();
    saved.save([]);
    await pass();
    expect(keeper.log).toEqual(["create 2", "update 1 of 1", "remove"]);
    expect(last()).toEqual({ state: "none" });
  });

  it.each([
    ["a lost connection", LOST],
    ["an ended session", new Refusal(401, {})],
    ["a part that is away", new Refusal(503, {})],
    ["too much at once", new Refusal(429, {})],
  ])("that meet %s are sent again until they are kept", async (_, failure) => {
    keeper.failures = [failure, failure];
    saved.save([edit(1)]);
    await pass();
    expect(last()).toEqual({ state: "unsaved", refusal: failure });
    await pass(9000);
    expect(keeper.kept?.edits).toEqual([edit(1)]);
    expect(last()).toMatchObject({ state: "saved" });
  });

  it("of which no answer came are sent as they were before any others", async () => {
    saved.save([edit(1)]);
    await pass();
    keeper.failures = [LOST];
    saved.save([edit(1), edit(2)]);
    await pass();
    saved.save([edit(1), edit(2), edit(3)]);
    await pass(5000);
    expect(keeper.log).toEqual(["create 1", "update 2 of 1", "update 2 of 1", "update 3 of 2"]);
  });

  it("that nobody will take are told and not sent again by themselves", async () => {
    keeper.failures = [new Refusal(412, { reason: "TOO_MANY_DRAFTS" })];
    saved.save([edit(1)]);
    await pass(60_000);
    expect(keeper.log).toEqual(["create 1"]);
    saved.again();
    await pass();
    expect(last()).toMatchObject({ state: "saved" });
  });

  it("that somebody else changed since overwrite nothing until it is said", async () => {
    saved.save([edit(1)]);
    await pass();
    const theirs = keeper.put(5, [edit(9)], "other");
    saved.save([edit(2)]);
    await pass(60_000);
    expect(last()).toEqual({ state: "conflict", theirs });
    expect(keeper.kept?.edits).toEqual([edit(9)]);
    saved.see(theirs);
    saved.save([edit(2)]);
    await pass();
    expect(keeper.kept).toMatchObject({ version: 6, edits: [edit(2)] });
  });

  it("that somebody else put away are kept anew", async () => {
    saved.save([edit(1)]);
    await pass();
    keeper.kept = null;
    saved.save([edit(2)]);
    await pass();
    expect(keeper.log.at(-1)).toBe("create 1");
  });

  it("are left alone while a plan is made of them, and after that are kept nowhere", async () => {
    saved.save([edit(1)]);
    await pass();
    saved.save([edit(2)]);
    await saved.stop();
    await pass(60_000);
    expect(keeper.log).toEqual(["create 1"]);
    saved.resume(false);
    await pass();
    expect(keeper.log.at(-1)).toBe("update 1 of 1");
    await saved.stop();
    saved.resume(true);
    await pass();
    expect([saved.ref, last()]).toEqual([null, { state: "none" }]);
  });
});
