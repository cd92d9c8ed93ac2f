"""The command `malapert terrain`: public lunar terrain, fetched and registered."""
