/** Something that can be gone to by its name. */
export interface Findable {
  kind: "Mission" | "Plan" | "Request" | "Item" | "Antenna" | "View";
  title: string;
  /** What else it is known by: identifiers, agency, type. */
  also: string;
  to: string;
}

const MOST_FOUND = 12;

/** Returns text as it is compared: without case, accents and width of letters. */
export const plainOf = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/**
 * Returns what every word of a query is found in, best first: the title begins with the query, a word of the title
 * begins with it, the title holds it, only what else it is known by does. What is alike stays in its order.
 */
export function found(all: readonly Findable[], query: string): Findable[] {
  const sought = plainOf(query).trim();
  const words = sought.split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const ranked = all.flatMap((each) => {
    const [title, also] = [plainOf(each.title), plainOf(`${each.also} ${each.kind}`)];
    if (!words.every((word) => title.includes(word) || also.includes(word))) return [];
    const rank = title.startsWith(sought) ? 0 : ` ${title}`.includes(` ${sought}`) ? 1 : title.includes(sought) ? 2 : 3;
    return [{ each, rank }];
  });
  return ranked
    .sort((one, other) => one.rank - other.rank)
    .slice(0, MOST_FOUND)
    .map(({ each }) => each);
}
