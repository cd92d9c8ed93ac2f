"""The edges of the payload service: gRPC and events; they only translate."""
