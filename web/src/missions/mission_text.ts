import { type Document, isCollection, isMap, isScalar, LineCounter, type Node, parseDocument } from "yaml";

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
    const document: unknown = parsed.toJS({ maxAliasCount: MOST_ALIASES });
    if (isMap(parsed.contents)) return { document: document as Record<string, unknown>, faults, lineOf };
    return { document: null, faults: [{ line: 1, path: "", message: "the text must hold a mapping" }], lineOf };
  } catch (error) {
    return { document: null, faults: [{ line: null, path: "", message: (error as Error).message }], lineOf };
  }
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
