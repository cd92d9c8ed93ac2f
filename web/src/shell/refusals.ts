import type { Refusal } from "../api/client.ts";

/** Returns what a refusal means for the person before the page. */
export function wordsOfRefusal({ status, message }: Refusal): string {
  if (status === 0) return "The connection to the platform is lost. What is shown and what you typed stays here.";
  if (status === 401) return "This waits until the session goes on.";
  if (status === 403) return `Not open to you: ${message}.`;
  if (status === 412 || status === 409) return `Somebody was faster, or it is not possible now: ${message}.`;
  if (status === 429) return `Too much was asked at once: ${message}.`;
  if (status === 503) return `A part of the platform is away now: ${message}.`;
  if (status >= 500) return `The platform failed: ${message}.`;
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}
