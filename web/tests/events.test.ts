import { afterEach, describe, expect, it, vi } from "vitest";
import { watchPlan } from "../src/api/events.ts";

/** The feed as a browser sees it: named events at one address. */
class Feed extends EventTarget {
  static opened: Feed[] = [];
  closed = false;

  constructor(readonly url: string) {
    super();
    Feed.opened.push(this);
  }

  tell(name: string, notice: object): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(notice) }));
  }

  close(): void {
    this.closed = true;
  }
}

afterEach(() => {
  vi.unstubAllGlobals();
  Feed.opened = [];
});

describe("the feed of a plan", () => {
  it("calls back at events of this plan alone, until it is ended", () => {
    vi.stubGlobal("EventSource", Feed);
    const onEvent = vi.fn();
    const end = watchPlan("plan-a", onEvent);
    const [feed] = Feed.opened;
    expect(feed?.url).toBe("/api/v1/events");
    feed?.tell("open", {});
    feed?.tell("event", { type: "malapert.planner.v1.plan.submitted", entity_id: "plan-b" });
    feed?.tell("event", { type: "malapert.planner.v1.plan.commented", entity_id: "thread-1" });
    expect(onEvent).not.toHaveBeenCalled();
    feed?.tell("event", { type: "malapert.planner.v1.plan.submitted", entity_id: "plan-a" });
    expect(onEvent).toHaveBeenCalledTimes(1);
    end();
    expect(feed?.closed).toBe(true);
  });
});
