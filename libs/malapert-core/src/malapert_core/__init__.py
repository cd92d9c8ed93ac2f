"""Code shared by all services: configuration, logging, telemetry, errors, gRPC, events, database, operations."""
