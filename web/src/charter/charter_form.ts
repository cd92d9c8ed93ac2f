import type { Schemas } from "../api/client.ts";
import { parseTime } from "../timeline/time/parse.ts";

export type Part = Schemas["Part"];
type Charter = Schemas["Charter"];
type Membership = Schemas["Membership"];
type Wanted = Schemas["WantedMembership"];
type SignOffTerm = Schemas["SignOffTerm"];

/** Parts in the order in which people ask for them, with what each may do. */
export const PARTS: readonly (readonly [part: Part, title: string, does: string])[] = [
  ["OWNER", "Owner", "changes the charter and the mission, and all that a planner does"],
  ["PLANNER", "Planner", "makes, submits and releases plans"],
  ["CONTRIBUTOR", "Contributor", "hands in requests, instruments and activity types"],
  ["APPROVER", "Approver", "approves or rejects plans"],
  ["STATION_PROVIDER", "Station provider", "gives antennas"],
  ["OBSERVER", "Observer", "sees what the mission shows to its members"],
];

/** A member as it is typed. */
export interface MemberRow {
  agency: string;
  parts: Part[];
  /** When it ends, as typed; empty where it does not end. */
  until: string;
  seesEarlier: boolean;
}

/** Who must approve a plan, as it is chosen; `own` keeps a rule that this form does not write. */
export type SignOffChoice = "approvers" | "any" | "count" | "items" | "changed" | "own";

/** A charter as it is typed. */
export interface CharterForm {
  members: MemberRow[];
  isPublic: boolean;
  consent: "ALL_OWNERS" | "ANY_OWNER";
  signOff: SignOffChoice;
  count: string;
  signatures: boolean;
  deadlineH: string;
  silence: boolean;
}

const isLasting = (member: Membership, nowMs: number): boolean => !member.until || Date.parse(member.until) > nowMs;

/** Returns the members that a charter has now, without those that have left. */
export const membersNow = (charter: Charter, nowMs: number): Membership[] =>
  charter.members.filter((member) => isLasting(member, nowMs));

/** Returns whether an agency owns a mission now. */
export const owns = (charter: Charter, agency: string, nowMs: number): boolean =>
  membersNow(charter, nowMs).some((member) => member.agency_id === agency && member.parts.includes("OWNER"));

/** Returns a charter as a form. */
export function formOf(charter: Charter, nowMs: number): CharterForm {
  const { sign_off: rule } = charter;
  return {
    members: membersNow(charter, nowMs).map((member) => ({
      agency: member.agency_id,
      parts: [...member.parts],
      until: secondOf(member.until),
      seesEarlier: member.sees_earlier ?? false,
    })),
    isPublic: charter.is_public,
    consent: charter.consent === "ANY_OWNER" ? "ANY_OWNER" : "ALL_OWNERS",
    signOff: choiceOf(rule?.term ?? null),
    count: String(rule?.term?.count || 1),
    signatures: rule?.signatures_required ?? false,
    deadlineH: rule?.deadline_s ? String(rule.deadline_s / 3600) : "",
    silence: rule?.silence_is_consent ?? false,
  };
}

function choiceOf(term: SignOffTerm | null): SignOffChoice {
  if (!term) return "approvers";
  if (term.terms?.length || term.agency_ids?.length) return "own";
  const isAll = (term.kind ?? "ALL") === "ALL";
  if (term.group === "WITH_ITEMS") return isAll ? "items" : "own";
  if (term.group === "CHANGED") return isAll ? "changed" : "own";
  if (isAll) return "approvers";
  return term.kind === "ANY" ? "any" : "count";
}

function termOf(form: CharterForm, charter: Charter): SignOffTerm | null {
  const none = { agency_ids: [], count: 0, terms: [] };
  if (form.signOff === "own") return charter.sign_off?.term ?? null;
  if (form.signOff === "any") return { ...none, kind: "ANY", group: "APPROVERS" };
  if (form.signOff === "count") return { ...none, kind: "AT_LEAST", group: "APPROVERS", count: Number(form.count) };
  const group = { approvers: "APPROVERS", items: "WITH_ITEMS", changed: "CHANGED" } as const;
  return { ...none, kind: "ALL", group: group[form.signOff] };
}

/** Returns what a form proposes. */
export function bodyOf(form: CharterForm, charter: Charter, nowMs: number): Schemas["ChangeCharter"] {
  const members = form.members.map(({ agency, parts, until, seesEarlier }): Wanted => {
    const untilMs = until.trim() ? parseTime(until, nowMs, nowMs) : null;
    return {
      agency_id: agency.trim(),
      parts,
      until: untilMs === null ? null : new Date(untilMs).toISOString(),
      sees_earlier: seesEarlier,
    };
  });
  const sign_off = {
    term: termOf(form, charter),
    signatures_required: form.signatures,
    deadline_s: 3600 * Number(form.deadlineH || 0),
    silence_is_consent: form.silence,
  };
  return { members, is_public: form.isPublic, consent: form.consent, sign_off };
}

/** Returns what is wrong with a form by the name of its field: `agency 0`, `parts 0`, `until 0`, `count`, `deadline`, `owner`. */
export function faultsOf(form: CharterForm, nowMs: number): Map<string, string> {
  const faults = new Map<string, string>();
  for (const [at, { agency, parts, until }] of form.members.entries()) {
    const twice = form.members.findIndex((each) => each.agency.trim() === agency.trim()) !== at;
    if (!agency.trim()) faults.set(`agency ${at}`, "no agency is chosen");
    else if (twice) faults.set(`agency ${at}`, `${agency} is there twice`);
    if (!parts.length) faults.set(`parts ${at}`, `${agency || "it"} has no part`);
    if (until.trim() && parseTime(until, nowMs, nowMs) === null)
      faults.set(`until ${at}`, "is no time, such as 2029-12-31 00:00");
  }
  if (!form.members.some(({ parts }) => parts.includes("OWNER"))) faults.set("owner", "nobody would own the mission");
  const approvers = form.members.filter(({ parts }) => parts.includes("APPROVER")).length;
  const count = Number(form.count);
  if (form.signOff === "count" && !(Number.isInteger(count) && count >= 1 && count <= approvers))
    faults.set("count", `is no whole number from 1 to ${approvers}, the number of approvers`);
  const deadline = Number(form.deadlineH || 0);
  if (!Number.isFinite(deadline) || deadline < 0) faults.set("deadline", "is no number of 0 or more");
  if (form.silence && !deadline) faults.set("deadline", "silence is consent only after a deadline");
  return faults;
}

const partsText = (parts: readonly Part[]): string =>
  PARTS.filter(([part]) => parts.includes(part))
    .map(([, title]) => title.toLowerCase())
    .join(", ");

/** Returns what a wanted charter changes, one line for each: members, public, consent, sign-off. */
export function differences(charter: Charter, wanted: Schemas["ChangeCharter"], nowMs: number): string[] {
  const old = new Map(membersNow(charter, nowMs).map((member) => [member.agency_id, member]));
  const now = new Map(wanted.members.map((member) => [member.agency_id, member]));
  const lines: string[] = [];
  for (const [agency, member] of now) {
    const before = old.get(agency);
    if (!before) lines.push(`${agency} joins: ${partsText(member.parts)}`);
    else if (partsText(before.parts) !== partsText(member.parts))
      lines.push(`${agency}: ${partsText(member.parts)}, before ${partsText(before.parts)}`);
    if (member.until && secondOf(member.until) !== secondOf(before?.until))
      lines.push(`${agency} stays until ${secondOf(member.until)}`);
    if (before?.until && !member.until) lines.push(`${agency} stays without an end`);
    if (before && (before.sees_earlier ?? false) !== (member.sees_earlier ?? false))
      lines.push(`${agency} ${member.sees_earlier ? "sees" : "no longer sees"} what was before it joined`);
  }
  for (const agency of old.keys()) if (!now.has(agency)) lines.push(`${agency} leaves`);
  if (charter.is_public !== wanted.is_public)
    lines.push(wanted.is_public ? "what is marked public is open to every agency" : "nothing is open to others");
  if (wanted.consent && (charter.consent ?? "ALL_OWNERS") !== wanted.consent)
    lines.push(wanted.consent === "ALL_OWNERS" ? "every owner must consent" : "one owner is enough");
  if (wanted.sign_off && signOffText(charter.sign_off) !== signOffText(wanted.sign_off))
    lines.push(`a plan needs ${signOffText(wanted.sign_off)}, before ${signOffText(charter.sign_off)}`);
  return lines;
}

/** Returns a time to the second as it can be typed: "2029-12-31 00:00:00"; empty where there is none. */
const secondOf = (time: string | null | undefined): string => (time ?? "").slice(0, 19).replace("T", " ");

const GROUPS: Record<string, string> = {
  APPROVERS: "the approvers",
  WITH_ITEMS: "the approvers with a request in it",
  CHANGED: "the approvers for whom something changed",
};

function termText(term: Schemas["SignOffPart"]): string {
  const named = [...(term.agency_ids ?? []), ...(GROUPS[term.group ?? ""] ? [GROUPS[term.group ?? ""]] : [])];
  const of = named.join(", ") || "nobody";
  if (term.kind === "ANY") return `any of ${of}`;
  return term.kind === "AT_LEAST" ? `at least ${term.count} of ${of}` : `all of ${of}`;
}

/** Returns a rule of sign-off in words. */
export function signOffText(rule: Schemas["SignOffRule"] | null | undefined): string {
  const term = rule?.term;
  const parts = term?.terms?.map(termText) ?? [];
  const own = term?.agency_ids?.length || GROUPS[term?.group ?? ""] || !parts.length;
  const joined = term?.kind === "ANY" ? " or " : ", and ";
  const who = term ? [...(own ? [termText(term)] : []), ...parts].join(joined) : "all of the approvers";
  const more = [
    rule?.signatures_required ? "signed by the agencies' own keys" : "",
    rule?.deadline_s ? `within ${rule.deadline_s / 3600} h` : "",
    rule?.silence_is_consent ? "silence then is consent" : "",
  ].filter(Boolean);
  return [who, ...more].join("; ");
}
