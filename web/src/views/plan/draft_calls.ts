import { allPages, api, ifVersion, taken } from "../../api/client.ts";
import type { DraftCalls, EditDraft } from "../../editing/saved_edits.ts";
import { OnceKeys } from "../../shell/draft.ts";

const titleOf = (edits: readonly unknown[]): string => `${edits.length} ${edits.length === 1 ? "edit" : "edits"}`;

/** Returns the calls that keep edits of a plan; a call that is sent again, because its answer was lost, is done once. */
export function draftCalls(planId: string): DraftCalls {
  const [creating, updating] = [new OnceKeys(), new OnceKeys()];
  const path = (draft_id: string) => ({ plan_id: planId, draft_id });
  return {
    create(edits) {
      const body = { title: titleOf(edits), edits: [...edits] };
      const params = { path: { plan_id: planId }, header: { "Idempotency-Key": creating.of(body) } };
      return taken(api.POST("/api/v1/plans/{plan_id}/edit-drafts", { params, body }));
    },
    update({ draftId, version }, edits) {
      const body = { title: titleOf(edits), edits: [...edits] };
      const header = { ...ifVersion(version), "Idempotency-Key": updating.of([draftId, version, body]) };
      const params = { path: path(draftId), header };
      return taken(api.PUT("/api/v1/plans/{plan_id}/edit-drafts/{draft_id}", { params, body }));
    },
    get: (draftId) =>
      taken(api.GET("/api/v1/plans/{plan_id}/edit-drafts/{draft_id}", { params: { path: path(draftId) } })),
    async remove(draftId) {
      await taken(api.DELETE("/api/v1/plans/{plan_id}/edit-drafts/{draft_id}", { params: { path: path(draftId) } }));
    },
  };
}

/** Returns the edits of a plan that the caller's agency has under way, newest first, without what they are. */
export const loadDrafts = (planId: string): Promise<EditDraft[]> =>
  allPages(
    (page_token) =>
      taken(
        api.GET("/api/v1/plans/{plan_id}/edit-drafts", {
          params: { path: { plan_id: planId }, query: { page_token, page_size: 100 } },
        }),
      ),
    (page) => page.drafts,
    5,
  );
