"""Windows of Malapert: Sun, Earth and contact windows, links, the contact book."""
