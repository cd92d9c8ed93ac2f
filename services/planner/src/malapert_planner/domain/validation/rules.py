"""The rules that a schedule must keep, and the record of what was checked and what was found broken."""

from __future__ import annotations

from enum import StrEnum

from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.validation.report import Violation


class Rule(StrEnum):
    """Rules that the validator checks.

    ==========================  =====================================================================  =====
    rule                        what must hold                                                         unit
    ==========================  =====================================================================  =====
    SPAN                        a span has whole seconds and ends after it starts                      s
    HORIZON                     it lies inside the horizon                                             s
    KNOWN_OBJECT                activity, place, drive, station and window are the problem's           1
    ONCE                        an activity is placed once                                             1
    DURATION                    a span is as long as its activity or drive takes                       s
    ACTIVITY_WINDOW             an activity lies inside one of its windows                             s
    PLACE_ALLOWED               an activity is at one of its places                                    1
    MANDATORY                   what is mandatory is planned                                           1
    CONDITION_ILLUMINATION      sunlight at the place (of a drive: at both ends) for the whole span    s
    CONDITION_DARKNESS          darkness, likewise                                                     s
    CONDITION_EARTH_VISIBILITY  the Earth in view, likewise                                            s
    CONDITION_CONTACT           chosen contacts of allowed stations cover the whole span               s
    CONDITION_ABSENCE           what must be absent (light, darkness, Earth, contacts) is so throughout  s
    POSITION                    the asset is where the activity happens                                s
    DRIVING                     no activity while the asset drives                                     s
    DRIVE_ORIGIN                a drive starts where the asset is                                      1
    DRIVE_OVERLAP               one drive at a time                                                    s
    DRIVE_CLOSED                the way is open                                                        1
    DRIVE_WAY                   at every point of its way a drive has what it needs while it passes    s
    EARTH_NIGHT                 nowhere but at a haven while the Earth is out of view there too long   s
    DARK_STAY                   never without the Sun where the asset is for longer than is allowed    s
    QUIET                       nothing makes what an activity needs quiet of, while it is under way   s
    RESOURCE_OVERLAP            a unary resource has one user at a time                                s
    RESOURCE_CAPACITY           users of a cumulative resource take no more at once than there is      1
    RESERVOIR_EMPTY             a reservoir holds what is taken out of it                              1
    RESERVOIR_FULL              and has room for what is put into it                                   1
    CONTACT_WINDOW              a contact lies in windows of its station where the asset is            s
    CONTACT_START               its place and window are those in force when it begins                 1
    CONTACT_LENGTH              it is as long as its windows ask                                       s
    CONTACT_RATE                its link closes: its rate is never below the least that is asked for   s
    CONTACT_RHYTHM              no longer without a contact, while one could be held, than is allowed  s
    CONTACT_OVERLAP             one contact at a time                                                  s
    CONTACT_HAND_OVER           between contacts with two stations the asset has time to hand over      s
    STATION_TURNAROUND          contacts on a station keep teardown and setup apart                    s
    STATION_CLOSED              with them it is not while its station is out or taken by others        s
    ANTENNA_QUOTA               contacts take no more antenna time than a quota has left               s
    MODE                        a repetition is planned in one of its modes                            1
    CHAIN_COMPLETE              all activities of a chain are planned, or none                         1
    CHAIN_ORDER                 each starts after the end of the one before                            s
    CHAIN_WAIT                  and not later than its longest wait                                    s
    CHAIN_PLACE                 at the same place                                                      1
    CHAIN_DRIVE                 without a drive between                                                s
    RELATION_AFTER              the lag to the other request is kept                                   s
    RELATION_EXCLUDES           the other request is not planned                                       1
    RELATION_REQUIRES           the other request is planned whole                                     1
    RELATION_TOGETHER           the other request is planned too, and starts near enough               s
    REPETITION_ORDER            repetition n+1 is planned only where n is                              1
    REPETITION_PERIOD           their starts lie the period apart, within its tolerance                s
    LIMIT                       no more is taken of what is limited than there is                      1
    START_CHARGE                the battery holds what an activity needs at its start                  Wh
    BATTERY_FLOOR               the battery is never below its floor                                   Wh
    BATTERY_END                 nor, at the end, below the charge asked for                            Wh
    STORAGE_CAPACITY            the storage is never above its capacity                                bit
    STORAGE_END                 nor, at the end, above the limit asked for                             bit
    PRODUCT_LATENCY             a product is on the ground within its latency limit                    s
    FROZEN                      what is frozen stays as it was, and nothing else starts before         1
    LOCKED                      what is locked stays where it was locked                               1
    DISABLED                    what is disabled is not planned                                        1
    ==========================  =====================================================================  =====
    """

    SPAN = "SPAN"
    HORIZON = "HORIZON"
    KNOWN_OBJECT = "KNOWN_OBJECT"
    ONCE = "ONCE"
    DURATION = "DURATION"
    ACTIVITY_WINDOW = "ACTIVITY_WINDOW"
    PLACE_ALLOWED = "PLACE_ALLOWED"
    MANDATORY = "MANDATORY"
    CONDITION_ILLUMINATION = "CONDITION_ILLUMINATION"
    CONDITION_DARKNESS = "CONDITION_DARKNESS"
    CONDITION_EARTH_VISIBILITY = "CONDITION_EARTH_VISIBILITY"
    CONDITION_CONTACT = "CONDITION_CONTACT"
    CONDITION_ABSENCE = "CONDITION_ABSENCE"
    POSITION = "POSITION"
    DRIVING = "DRIVING"
    DRIVE_ORIGIN = "DRIVE_ORIGIN"
    DRIVE_OVERLAP = "DRIVE_OVERLAP"
    DRIVE_CLOSED = "DRIVE_CLOSED"
    DRIVE_WAY = "DRIVE_WAY"
    EARTH_NIGHT = "EARTH_NIGHT"
    DARK_STAY = "DARK_STAY"
    QUIET = "QUIET"
    RESOURCE_OVERLAP = "RESOURCE_OVERLAP"
    RESOURCE_CAPACITY = "RESOURCE_CAPACITY"
    RESERVOIR_EMPTY = "RESERVOIR_EMPTY"
    RESERVOIR_FULL = "RESERVOIR_FULL"
    CONTACT_WINDOW = "CONTACT_WINDOW"
    CONTACT_START = "CONTACT_START"
    CONTACT_LENGTH = "CONTACT_LENGTH"
    CONTACT_RATE = "CONTACT_RATE"
    CONTACT_RHYTHM = "CONTACT_RHYTHM"
    CONTACT_OVERLAP = "CONTACT_OVERLAP"
    CONTACT_HAND_OVER = "CONTACT_HAND_OVER"
    STATION_TURNAROUND = "STATION_TURNAROUND"
    STATION_CLOSED = "STATION_CLOSED"
    ANTENNA_QUOTA = "ANTENNA_QUOTA"
    MODE = "MODE"
    CHAIN_COMPLETE = "CHAIN_COMPLETE"
    CHAIN_ORDER = "CHAIN_ORDER"
    CHAIN_WAIT = "CHAIN_WAIT"
    CHAIN_PLACE = "CHAIN_PLACE"
    CHAIN_DRIVE = "CHAIN_DRIVE"
    RELATION_AFTER = "RELATION_AFTER"
    RELATION_EXCLUDES = "RELATION_EXCLUDES"
    RELATION_REQUIRES = "RELATION_REQUIRES"
    RELATION_TOGETHER = "RELATION_TOGETHER"
    REPETITION_ORDER = "REPETITION_ORDER"
    REPETITION_PERIOD = "REPETITION_PERIOD"
    LIMIT = "LIMIT"
    START_CHARGE = "START_CHARGE"
    BATTERY_FLOOR = "BATTERY_FLOOR"
    BATTERY_END = "BATTERY_END"
    STORAGE_CAPACITY = "STORAGE_CAPACITY"
    STORAGE_END = "STORAGE_END"
    PRODUCT_LATENCY = "PRODUCT_LATENCY"
    FROZEN = "FROZEN"
    LOCKED = "LOCKED"
    DISABLED = "DISABLED"


_UNITS: dict[Rule, str] = {
    **dict.fromkeys(Rule, "s"),
    **dict.fromkeys((Rule.START_CHARGE, Rule.BATTERY_FLOOR, Rule.BATTERY_END), "Wh"),
    **dict.fromkeys((Rule.STORAGE_CAPACITY, Rule.STORAGE_END), "bit"),
    **dict.fromkeys(
        (
            Rule.KNOWN_OBJECT,
            Rule.ONCE,
            Rule.PLACE_ALLOWED,
            Rule.MANDATORY,
            Rule.DRIVE_ORIGIN,
            Rule.DRIVE_CLOSED,
            Rule.CONTACT_START,
            Rule.MODE,
            Rule.CHAIN_COMPLETE,
            Rule.CHAIN_PLACE,
            Rule.RELATION_EXCLUDES,
            Rule.RELATION_REQUIRES,
            Rule.REPETITION_ORDER,
            Rule.RESOURCE_CAPACITY,
            Rule.RESERVOIR_EMPTY,
            Rule.RESERVOIR_FULL,
            Rule.LIMIT,
            Rule.FROZEN,
            Rule.LOCKED,
            Rule.DISABLED,
        ),
        "1",
    ),
}


class Findings:
    """Counts every check of every rule and keeps the violations."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []
        self.checks: dict[str, int] = {rule.value: 0 for rule in Rule}

    def count(self, rule: Rule, times: int = 1) -> None:
        """Record that a rule was checked."""
        self.checks[rule.value] += times

    def report(self, rule: Rule, object_ids: tuple[str, ...], span: Span, amount: float, message: str) -> None:
        """Record that a rule is broken, in the rule's unit."""
        self.violations.append(Violation(rule.value, object_ids, span, float(amount), _UNITS[rule], message))

    def check(self, rule: Rule, amount: float, object_ids: tuple[str, ...], span: Span, message: str) -> None:
        """Record one check of a rule, broken where ``amount`` is above zero."""
        self.count(rule)
        if amount > 0:
            self.report(rule, object_ids, span, amount, message)
