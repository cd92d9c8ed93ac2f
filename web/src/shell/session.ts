import { api, carryToken, Refusal, type Session, taken } from "../api/client.ts";

const OPENS = "#open=";
/** What follows the ticket where the link leads to a view. */
const LEADS_TO = "&to=";

/** Returns the session of this browser: by the link's ticket in the address, which is taken out of it, or by its cookie. */
export async function openSession(): Promise<Session> {
  const { hash, pathname, search } = location;
  const [ticket = "", view = ""] = hash.slice(OPENS.length).split(LEADS_TO, 2);
  const answer = new URLSearchParams(search);
  let session: Session;
  if (hash.startsWith(OPENS)) session = await byTicket(ticket, `${pathname}#/${view}`);
  else session = answer.has("state") ? await byLogIn(answer, pathname) : await current();
  carryToken(session.csrf_token);
  return session;
}

/** Finishes a log-in with what the provider sent this browser back with. */
async function byLogIn(answer: URLSearchParams, address: string): Promise<Session> {
  history.replaceState(null, "", address);
  const said = (name: string): string => answer.get(name) ?? "";
  if (!said("code")) {
    const reason = said("error_description") || said("error") || "no reason was given";
    const detail = `the provider did not log you in: ${reason.slice(0, 300)}`;
    throw new Refusal(401, { reason: "LOG_IN_REFUSED", detail });
  }
  const body = { code: said("code"), state: said("state"), issuer: said("iss") };
  return await taken(api.POST("/api/v1/log-ins:finish", { body }));
}

/** Returns the agencies whose people log in here. */
export async function logInAgencies(): Promise<string[]> {
  return (await taken(api.GET("/api/v1/log-ins"))).agency_ids;
}

/** Leaves the page for the provider of an agency, which sends the browser back. */
export async function logIn(agencyId: string): Promise<void> {
  const begun = await taken(api.POST("/api/v1/log-ins", { body: { agency_id: agencyId } }));
  location.assign(begun.authorization_url);
}

async function byTicket(ticket: string, address: string): Promise<Session> {
  // Gone from the address, and with it from the history, before anything can go wrong.
  history.replaceState(null, "", address);
  try {
    return await taken(api.POST("/api/v1/sessions", { body: { ticket } }));
  } catch (refused) {
    // A link that was used opens nothing anew; this browser may have the session that it opened.
    return current().catch(() => {
      throw refused;
    });
  }
}

const current = (): Promise<Session> => taken(api.GET("/api/v1/sessions/current"));

/** Returns the session that a link opened in another tab of this browser. */
export async function resumeSession(): Promise<Session> {
  const session = await current();
  carryToken(session.csrf_token);
  return session;
}

/** Ends the session of this browser. */
export async function endSession(): Promise<void> {
  await taken(api.DELETE("/api/v1/sessions/current"));
  carryToken("");
}
