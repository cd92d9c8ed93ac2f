import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
} from "yaml";

/** What is wrong with a mission's text, and where: the line is null where no line can be said. */
export interface TextFault {
  line: number | null;
  path: string;
  message: string;
}

/** A mission's text as it was read: its document, or what is wrong with it. */
export interface MissionText {
  document: Record<string, unknown> | null;
  faults: TextFault[];
  /** Returns the line of what a path such as `requests[3].title` names, or of the nearest part around it. */
  lineOf: (path: string) => number | null;
}

// As the command line reads it: a text whose aliases grow beyond this is no mission.
const MOST_ALIASES = 1000;
const MOST_FAULTS = 50;
const CORE_TAGS = ["map", "seq", "str", "int", "float", "bool", "null"].map((name) => `tag:yaml.org,2002:${name}`);
const PATH_PART = /([^.[\]]+)|\[(\d+)\]/g;

/** Reads a mission's text: YAML 1.2 by its core schema, of which JSON is a part. */
export function readMissionText(text: string): MissionText {
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, uniqueKeys: true, version: "1.2", merge: false });
  const lineAt = (offset: number | undefined): number | null =>
    offset === undefined ? null : lines.linePos(offset).line || 1;
  const lineOf = (path: string): number | null => lineAt(nearest(parsed, path)?.range?.[0]);
  const told = [...parsed.errors, ...parsed.warnings];
  const faults = told.map((each) => ({
    line: lineAt(each.pos[0]),
    path: "",
    message: each.message.split("\n", 1)[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? "",
  }));
  if (faults.length) return { document: null, faults, lineOf };
  try {
    const notJson = valueFaults(parsed, lineAt);
    if (notJson.length) return { document: null, faults: notJson, lineOf };
    const document: unknown = parsed.toJS({ maxAliasCount: MOST_ALIASES });
    if (isMap(parsed.contents)) return { document: document as Record<string, unknown>, faults, lineOf };
    return { document: null, faults: [{ line: 1, path: "", message: "the text must hold a mapping" }], lineOf };
  } catch (error) {
    return { document: null, faults: [{ line: null, path: "", message: (error as Error).message }], lineOf };
  }
}

/** Returns what a mission's document, which is JSON, cannot hold as it is written: none of it is sent as something else. */
function valueFaults(parsed: Document, lineAt: (offset: number | undefined) => number | null): TextFault[] {
  const faults: TextFault[] = [];
  const look = (node: Node, message: string | null): symbol | undefined => {
    if (message) faults.push({ line: lineAt(node.range?.[0]), path: "", message });
    return faults.length < MOST_FAULTS ? undefined : visit.BREAK;
  };
  visit(parsed, {
    Pair: (_, pair) => look(pair.key as Node, keyFault(pair, parsed)),
    Collection: (_, node) => look(node, tagFault(node)),
    Scalar: (_, node) => look(node, tagFault(node) ?? numberFault(node)),
    Alias: (_, node, around) => look(node, aliasFault(node, parsed, around)),
  });
  return faults;
}

function keyFault({ key }: Pair, parsed: Document): string | null {
  const meant = isAlias(key) ? key.resolve(parsed) : key;
  return isScalar(meant) && typeof meant.value === "string" ? null : "a key is text, quoted if need be";
}

const tagFault = ({ tag }: Node): string | null =>
  !tag || CORE_TAGS.includes(tag) ? null : `the tag ${tag.slice(0, 80)} is not known`;

function numberFault({ value, source }: Scalar): string | null {
  if (typeof value !== "number") return null;
  if (!Number.isFinite(value)) return `${source?.slice(0, 40)} is no finite number; quote it where text is meant`;
  const isChanged = Number.isInteger(value) && !Number.isSafeInteger(value) && !/[.eE]/.test(source ?? "");
  return isChanged
    ? `${source?.slice(0, 40)} is a whole number beyond 9007199254740991, which a page cannot keep`
    : null;
}

function aliasFault(node: Alias, parsed: Document, around: readonly unknown[]): string | null {
  const meant = node.resolve(parsed);
  return meant && around.includes(meant) ? `${node.source.slice(0, 40)} would lie inside itself` : null;
}

function nearest(document: Document, path: string): Node | null {
  let node: Node | null = document.contents;
  for (const [, key, index] of path.matchAll(PATH_PART)) {
    const inner: unknown = isCollection(node) ? node.get(index === undefined ? key : Number(index), true) : null;
    if (!isCollection(inner) && !isScalar(inner)) break;
    node = inner;
  }
  return node;
}
