/** One place at which two documents differ; a side that lacks it is undefined. */
export interface DocumentChange {
  path: string;
  before: unknown;
  after: unknown;
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Returns where two documents differ, at most so many. Entries of lists that have an `id` are matched by it, so that
 * a request put in between does not change all that follow.
 */
export function documentChanges(before: unknown, after: unknown, most = 200, path = ""): DocumentChange[] {
  if (same(before, after)) return [];
  const sides = [before, after].map(partsOf);
  const [old, now] = sides;
  if (!old || !now) return [{ path: path || "the whole document", before, after }];
  const found: DocumentChange[] = [];
  for (const key of new Set([...old.keys(), ...now.keys()])) {
    if (found.length >= most) break;
    const inner = key.startsWith("[") || !path ? `${path}${key}` : `${path}.${key}`;
    found.push(...documentChanges(old.get(key), now.get(key), most - found.length, inner));
  }
  // The same entries in another order.
  return found.length ? found : [{ path: path || "the whole document", before, after }];
}

function partsOf(value: unknown): Map<string, unknown> | null {
  if (isMapping(value)) return new Map(Object.entries(value));
  if (!Array.isArray(value)) return null;
  const parts = new Map<string, unknown>();
  for (const [at, each] of value.entries()) {
    const id = isMapping(each) && typeof each.id === "string" ? each.id : String(at);
    parts.set(parts.has(`[${id}]`) ? `[${at}]` : `[${id}]`, each);
  }
  return parts;
}

/** Returns whether two values are the same whatever the order of their keys. */
function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((each, at) => same(each, other[at]));
  if (!isMapping(one) || !isMapping(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => key in other && same(one[key], other[key]));
}

/** Writes a value as one line that is not too long. */
export function shortValue(value: unknown): string {
  if (value === undefined) return "none";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}
