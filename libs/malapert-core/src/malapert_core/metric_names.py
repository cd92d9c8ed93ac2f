"""Every metric of the platform, declared in one place."""

from prometheus_client import Counter, Gauge, Histogram

RPC_DURATION_S = Histogram(
    "malapert_rpc_duration_seconds",
    "Time that a served gRPC call took.",
    ["service", "method", "code"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
EVENTS_PUBLISHED = Counter("malapert_events_published_total", "Events that the broker took.", ["service", "subject"])
EVENTS_HANDLED = Counter(
    "malapert_events_handled_total",
    "Deliveries of events by outcome: handled, repeated, retried, dead_lettered.",
    ["consumer", "outcome"],
)
OPERATIONS_RUNNING = Gauge("malapert_operations_running", "Operations at work.", ["service"])
OPERATIONS_ENDED = Counter(
    "malapert_operations_ended_total", "Operations that ended, by state.", ["service", "kind", "state"]
)
JOBS_RUNNING = Gauge("malapert_jobs_running", "Jobs of a work queue that this process does now.", ["area"])
JOBS_ENDED = Counter(
    "malapert_jobs_ended_total",
    "Jobs that ended here: done, failed, withdrawn, or lost with their process and given back.",
    ["area", "kind", "end"],
)
RETENTION_DELETED = Counter(
    "malapert_retention_deleted_total", "Rows that were deleted because they were old.", ["service", "what"]
)
EVENT_LOOP_HOLD_S = Histogram(
    "malapert_event_loop_hold_s",
    "How long a beat of the event loop was kept waiting; no input may hold a loop for more than 0.05 s.",
    ["service"],
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
)
