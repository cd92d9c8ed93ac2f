"""The report of a plan, and of two side by side: pictures on one self-contained page."""
