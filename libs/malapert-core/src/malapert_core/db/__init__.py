"""A service's database: engine, migrations, the tables that every service has, answers kept by key."""
