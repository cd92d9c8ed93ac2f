"""HTTP gateway of Malapert: identities, policy, OpenAPI, exports."""
