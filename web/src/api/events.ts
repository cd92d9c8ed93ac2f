/** What the feed says of an event. */
export interface EventNotice {
  event_id: string;
  type: string;
  time: string;
  entity_id: string;
  agency_id: string;
  mission_id: string;
}

/** Calls back at each event that is open to the session; returns what ends that. Where the feed breaks off, the browser asks for it again. */
export function watchEvents(onEvent: (notice: EventNotice) => void, onOpen?: (isOpen: boolean) => void): () => void {
  const feed = new EventSource("/api/v1/events");
  feed.addEventListener("event", ({ data }) => onEvent(JSON.parse(data) as EventNotice));
  feed.addEventListener("open", () => onOpen?.(true));
  feed.addEventListener("error", () => onOpen?.(false));
  return () => feed.close();
}

/** Calls back at each event of a plan; returns what ends that. */
export const watchPlan = (planId: string, onEvent: () => void): (() => void) =>
  watchEvents(({ entity_id }) => {
    if (entity_id === planId) onEvent();
  });
