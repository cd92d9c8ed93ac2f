"""Instruments and activity types, their versions, figures and resources."""
