"""What every Malapert service shares: configuration, logging, telemetry, errors, gRPC, events, database, operations."""
