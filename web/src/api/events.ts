/** Calls back at each event of a plan; returns what ends that. Where the feed breaks off, the browser asks for it again. */
export function watchPlan(planId: string, onEvent: () => void): () => void {
  const feed = new EventSource("/api/v1/events");
  feed.addEventListener("event", ({ data }) => {
    const { entity_id } = JSON.parse(data) as { entity_id: string };
    if (entity_id === planId) onEvent();
  });
  return () => feed.close();
}
