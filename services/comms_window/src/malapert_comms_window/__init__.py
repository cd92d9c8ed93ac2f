"""Windows of light and contact, links, and the contact book."""

__version__ = "0.2.0"
SOFTWARE = f"malapert-comms-window {__version__}"
