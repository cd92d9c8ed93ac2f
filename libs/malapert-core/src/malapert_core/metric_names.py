"""Every metric of the platform, declared in one place."""

from prometheus_client import Counter, Gauge, Histogram

RPC_DURATION_S = Histogram(
    "malapert_rpc_duration_seconds",
    "Time that a served gRPC call took.",
    ["service", "method", "code"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
HTTP_DURATION_S = Histogram(
    "malapert_http_duration_seconds",
    "Time until the head of an answer of the HTTP API.",
    ["operation", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
OPEN_STREAMS = Gauge("malapert_open_streams", "Streams of events and progress that are open at this gateway.")
BUILD = Gauge("malapert_build_info", "1, with the version that runs.", ["service", "version"])
PART_UP = Gauge("malapert_part_up", "Whether a part that the process stands on answers: 1 or 0.", ["service", "part"])
DISK_FREE_BYTES = Gauge("malapert_disk_free_bytes", "Room on the disk of the data directory.", ["service"])
DATABASE_CONNECTIONS = Gauge(
    "malapert_database_connections", "Connections to the database that are in use.", ["service"]
)
OUTBOX_PENDING = Gauge("malapert_outbox_pending_events", "Events that wait for the broker.", ["service"])
OUTBOX_OLDEST_S = Gauge("malapert_outbox_oldest_seconds", "Age of the oldest event that waits.", ["service"])
CONSUMER_LAG = Gauge("malapert_consumer_lag_events", "Events that a consumer has not handled yet.", ["consumer"])
OPERATIONS_QUEUED = Gauge("malapert_operations_queued", "Operations that wait to be begun.", ["service"])
OPERATIONS_OLDEST_S = Gauge(
    "malapert_operations_oldest_queued_seconds", "Age of the oldest operation that waits to be begun.", ["service"]
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
JOBS_HELD = Gauge("malapert_jobs_held", "Jobs of a work queue that wait or are at work anywhere.", ["area"])
JOB_DURATION_S = Histogram(
    "malapert_job_duration_seconds",
    "Time that a job took at its worker.",
    ["area", "kind"],
    buckets=(0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 900),
)
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
