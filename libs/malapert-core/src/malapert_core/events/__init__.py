"""Events: their form, the registry of them, the broker's streams, outbox and inbox."""
