import type { Schemas } from "../api/client.ts";
import type { TimelineDocument } from "../timeline/model.ts";
import { MINUTE_MS } from "../timeline/time/scale.ts";

/**
 * Returns when a request could start, as a strip per place. An instant at which it could start is shown as long as
 * the request takes, since that is what a person looks for: where it fits.
 */
export function opportunityDocument(
  answer: Schemas["OpportunityAnswer"],
  durationS: number,
  span: { startMs: number; endMs: number },
  titles: ReadonlyMap<string, string>,
): TimelineDocument {
  const places = [...new Set(answer.opportunities.map((each) => each.place_id))].sort();
  const lanes = places.map((placeId) => {
    const own = answer.opportunities.filter((each) => each.place_id === placeId);
    const bands = own.map((each) => ({
      kind: "earth" as const,
      startMs: Date.parse(each.first_start_time),
      endMs: Date.parse(each.last_start_time) + Math.max(durationS * 1000, MINUTE_MS),
    }));
    return {
      kind: "strip" as const,
      id: `place/${placeId}`,
      title: titles.get(placeId) ?? (placeId || "Anywhere"),
      note: "",
      total: String(own.length),
      agency: null,
      bands,
      curve: null,
      says: ["fits", "does not fit"] as [string, string],
    };
  });
  return {
    ...span,
    dayZeroMs: span.startMs,
    snapMs: 0,
    agencies: [],
    groups: [{ id: "places", title: "Where and when it fits", note: "", unit: "", lanes }],
    path: [],
  };
}
