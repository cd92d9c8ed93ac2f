"""Heavy work in worker processes, by a work queue."""
