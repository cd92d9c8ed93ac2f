"""Tables and stores of the gateway's own database; stores return domain objects."""
