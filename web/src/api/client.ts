import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./schema.ts";

export type Schemas = components["schemas"];
export type Problem = Schemas["Problem"];
export type Session = Schemas["Session"];
export type Plan = Schemas["Plan"];
export type Mission = Schemas["Mission"];

const CSRF_HEADER = "X-CSRF-Token";
let csrfToken = "";

/** Sets what every change carries in the present session. */
export function carryToken(token: string): void {
  csrfToken = token;
}

/** A refusal of the platform, or that it cannot be reached. */
export class Refusal extends Error {
  readonly status: number;
  readonly reason: string;
  readonly faults: readonly { path: string; message: string }[];

  constructor(status: number, problem: Partial<Problem>) {
    super(problem.detail ?? "the platform does not answer");
    this.status = status;
    this.reason = problem.reason ?? "UNREACHABLE";
    this.faults = problem.errors ?? [];
  }

  /** True where a new link is needed, or was opened elsewhere in this browser, so that the token here is an old one. */
  get endsSession(): boolean {
    return this.status === 401 || this.reason === "CSRF_TOKEN_REQUIRED";
  }
}

const carrying: Middleware = {
  onRequest({ request }) {
    if (request.method !== "GET" && csrfToken) request.headers.set(CSRF_HEADER, csrfToken);
    return request;
  },
};

/** The API, typed by its own description. */
export const api = createClient<paths>({ baseUrl: "", credentials: "same-origin" });
api.use(carrying);

/** Returns what a call answered; a refusal, or no answer at all, is thrown. */
export async function taken<Data>(call: Promise<{ data?: Data; error?: unknown; response: Response }>): Promise<Data> {
  let answer: { data?: Data; error?: unknown; response: Response };
  try {
    answer = await call;
  } catch {
    throw new Refusal(0, {});
  }
  if (!answer.response.ok) throw new Refusal(answer.response.status, (answer.error ?? {}) as Partial<Problem>);
  return answer.data as Data;
}

/** True where a session may make a call, as its role and its key's scope have it. */
export const may = (session: Session, action: string): boolean => session.caller.allowed_actions.includes(action);

/** Returns the header by which an edit is refused where the thing has another version by now. */
export const ifVersion = (version: number): { "if-match": string } => ({ "if-match": `"${version}"` });

/** Returns the rows of all pages of a listing, up to a bound. */
export async function allPages<Row, Page extends { next_page_token: string }>(
  page: (token: string) => Promise<Page>,
  rows: (page: Page) => Row[],
  mostPages = 50,
): Promise<Row[]> {
  const found: Row[] = [];
  let token = "";
  for (let number = 0; number < mostPages; number++) {
    const answer = await page(token);
    found.push(...rows(answer));
    token = answer.next_page_token;
    if (!token) break;
  }
  return found;
}
