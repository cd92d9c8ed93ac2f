"""The planner's gRPC services."""
