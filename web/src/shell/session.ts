import { api, carryToken, type Session, taken } from "../api/client.ts";

const OPENS = "#open=";
/** What follows the ticket where the link leads to a view. */
const LEADS_TO = "&to=";

/** Returns the session of this browser: by the link's ticket in the address, which is taken out of it, or by its cookie. */
export async function openSession(): Promise<Session> {
  const { hash, pathname } = location;
  const [ticket = "", view = ""] = hash.slice(OPENS.length).split(LEADS_TO, 2);
  const session = hash.startsWith(OPENS) ? await byTicket(ticket, `${pathname}#/${view}`) : await current();
  carryToken(session.csrf_token);
  return session;
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
