import type { Schemas } from "../api/client.ts";

export type RequestRow = Schemas["ActivityRequest"];
/** What a list of requests can be ordered by. */
export type RequestOrder = "title" | "agency_id" | "activity_type_id" | "state" | "value";

/** Which requests a list shows, and in which order. */
export interface RequestChoice {
  /** Part of a title, identifier, agency or type. */
  search: string;
  /** Of one agency alone; empty means of all. */
  agencyId: string;
  typeId: string;
  state: string;
  /** Null leaves them as the platform lists them. */
  by: RequestOrder | null;
  isDescending: boolean;
}

/** Returns the requests that are chosen, in the order that is chosen; equal ones stay in the order they came. */
export function chosenRows(rows: readonly RequestRow[], choice: RequestChoice): RequestRow[] {
  const search = choice.search.trim().toLowerCase();
  const chosen = rows.filter((row) => {
    const text = `${row.title} ${row.request_id} ${row.agency_id} ${row.activity_type_id}`.toLowerCase();
    return (
      text.includes(search) &&
      (!choice.agencyId || row.agency_id === choice.agencyId) &&
      (!choice.typeId || row.activity_type_id === choice.typeId) &&
      (!choice.state || row.state === choice.state)
    );
  });
  const { by } = choice;
  if (!by) return chosen;
  const turn = choice.isDescending ? -1 : 1;
  return chosen.sort((one, other) => turn * compared(one, other, by));
}

function compared(one: RequestRow, other: RequestRow, by: RequestOrder): number {
  if (by === "value") return (one.value ?? 0) - (other.value ?? 0);
  // "survey 10" comes after "survey 9".
  return keyOf(one, by).localeCompare(keyOf(other, by), undefined, { numeric: true });
}

const keyOf = (row: RequestRow, by: Exclude<RequestOrder, "value">): string =>
  by === "title" ? row.title || row.request_id : (row[by] ?? "");
