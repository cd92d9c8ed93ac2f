"""Translation between a service's domain and its gRPC contract."""
