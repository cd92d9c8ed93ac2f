"""Tables and stores; a store returns domain objects, never rows."""
