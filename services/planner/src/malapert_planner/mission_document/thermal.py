"""Heat of a rover: one node that cools in the dark, and heaters that hold it at its least temperature."""

import math

from malapert_planner.mission_document.figures import Sourced
from malapert_planner.mission_document.quantities import Conductance, Duration, Temperature


class Thermal(Sourced):
    """A first thermal model of one node, with thermostat heaters.

    In sunlight it is at ``lit_temperature``. From when the Sun sets at the place it cools towards ``dark_temperature``,
    the difference falling to 1/e in each ``time_constant``, until a thermostat holds it at ``least_temperature``: the
    heaters then draw ``conductance`` times what that is above the temperature in the dark, until there is light again.
    """

    lit_temperature: Temperature
    least_temperature: Temperature
    dark_temperature: Temperature
    conductance: Conductance
    time_constant: Duration

    @property
    def heater_w(self) -> float:
        """What the heaters draw while they are on, W."""
        return self.conductance.amount * (self.least_temperature.amount - self.dark_temperature.amount)

    @property
    def unheated_s(self) -> float:
        """How long after sunset the node is at its least temperature, s: Newton's law of cooling."""
        lit, least, dark = (
            each.amount for each in (self.lit_temperature, self.least_temperature, self.dark_temperature)
        )
        return self.time_constant.amount * math.log((lit - dark) / (least - dark))
