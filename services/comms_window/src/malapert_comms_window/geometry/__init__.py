"""Where the ephemeris turns places, skylines and stations into windows."""
