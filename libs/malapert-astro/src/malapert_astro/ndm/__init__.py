"""CCSDS Navigation Data Messages: orbit ephemerides (OEM, 502.0) and tracking data (TDM, 503.0), as text and XML."""
