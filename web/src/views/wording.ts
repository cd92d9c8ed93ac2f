import { clockOf, dayWithYear, numberOf } from "../timeline/time/format.ts";
import { MINUTE_MS } from "../timeline/time/scale.ts";

/** Returns a code such as BATTERY_FLOOR in words. */
export function wordsOf(code: string | undefined): string {
  const words = (code ?? "").toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Returns the part of an identifier that people read, with what follows told by an ellipsis. */
export const shortId = (id: string): string => (id.length > 14 ? `${id.slice(0, 13)}…` : id);

/** Returns the hash without its kind, shortened. */
export const shortHash = (hash: string): string => `${hash.split(":").at(-1)?.slice(0, 12) ?? ""}…`;

/** Returns a share in per cent. */
export const percentOf = (share: number): string => `${numberOf(100 * share)} %`;

/** Returns when something was done, to the minute: "30 Nov 2026 11:07"; empty where that is not known. */
export function stampOf(time: string | null | undefined): string {
  if (!time) return "";
  const ms = Math.floor(Date.parse(time) / MINUTE_MS) * MINUTE_MS;
  return `${dayWithYear(ms)} ${clockOf(ms)}`;
}
