"""A referee of whole plans that shares nothing with the planner: the mission's document, minute by minute.

It is told the document that the mission was handed in with, the plan as it is published, skylines and stations. What
the document says it reads by itself; light, Earth and stations are SPICE's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx
import numpy as np
from margin_referee import StatedMargins
from mission_figures import MINUTE_S, Finding, Span, instant_of, minutes_of, quantity, value_of
from night_referee import NightSky, heater_w, night_findings
from request_referee import RequestReferee
from sky import Sky, ephemeris_s, moon_elevation_deg, seen_km, station_km
from way_referee import WayReferee

SLACK_DEG = 0.01
"""Edges of windows are found on skylines of their own, to single precision."""
SLACK_SHARE = 0.02
"""By what a share of the disc may differ by the skylines' precision: the disc is half a degree across."""
CHARGE_SLACK = 0.01
"""Part of the capacity by which a charge by the minute may differ: light is published every half an hour, and steps."""
BIT_SLACK = 1.0
RHYTHM_SLACK_S = 1800.0
"""Passes begin on the planner's grid, and windows are cut to whole steps of it."""


class PlanReferee:
    """Looks at everything in a plan of one asset on the ground."""

    def __init__(self, client: httpx.Client, document: dict[str, Any], plan: dict[str, Any]) -> None:
        self._document, self._plan, self._margins = document, plan, StatedMargins(document)
        self._asset = next(each for each in document["assets"] if "mobility" in each or "battery" in each)
        self._start = instant_of(plan["horizon"]["start_time"])
        self._end_s = self._offset_s(plan["horizon"]["end_time"])
        stations = client.get("/stations", params={"page_size": 200}).raise_for_status().json()["stations"]
        self._stations = {each["station_id"]: each for each in stations}
        heights_m = (quantity(self._asset["array"]["height"]), quantity(self._asset["antenna"]["height"]))
        self._sky = Sky(client, plan["site"]["terrain_stack_id"], heights_m)
        self._et_s = ephemeris_s(self._start)
        self._points = {each["waypoint_id"]: each["grid_point"] for each in plan["waypoints"]}
        self._requested = [each for each in plan["activities"] if each["kind"] == "REQUESTED"]
        self._drives = [each for each in plan["activities"] if each["kind"] == "DRIVE"]
        self._steps = {each["id"]: {step["id"]: step for step in each["steps"]} for each in document["activity_types"]}
        self._modes = {(each["id"], mode["id"]): mode for each in document["instruments"] for mode in each["modes"]}

    def findings(self) -> list[Finding]:
        """Return all that does not hold."""
        return [
            *self._place(),
            *self._margins.short(self._requested, self._length_s),
            *self._light(),
            *self._nights(),
            *self._contacts(),
            *self._states(),
            *self._shared(),
            *RequestReferee(
                document=self._document,
                items=self._requested,
                place_ids=set(self._points),
                offset_s=self._offset_s,
                is_step=lambda item: bool(self._step(item)),
            ).findings(),
            *self._levels(),
            *self._ways(),
        ]

    def _offset_s(self, time: str) -> float:
        return (instant_of(time) - self._start).total_seconds()

    def _span(self, item: dict[str, Any]) -> Span:
        return self._offset_s(item["interval"]["start_time"]), self._offset_s(item["interval"]["end_time"])

    def _length_s(self, item: dict[str, Any]) -> float:
        span = self._span(item)
        return span[1] - span[0]

    def _step(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return the step of the document that an item is; of a warm-up or a change of modes only the instrument."""
        name = item["activity_id"].rpartition("/")[2]
        return self._steps[item["activity_type_id"]].get(name, {})

    def _place(self) -> Iterator[Finding]:
        """Yield items that are not where the drives have brought the asset, and drives that do not join up."""
        where, reached_s, stays = self._asset["start_place"], 0.0, list[tuple[Span, str]]()
        for drive in sorted(self._drives, key=self._span):
            span = self._span(drive)
            if drive["place_id"] != where or span[0] < reached_s:
                yield Finding("place", drive["activity_id"], 1.0, f"drives from {drive['place_id']}, is at {where}")
            stays.append(((reached_s, span[0]), where))
            where, reached_s = drive["to_place_id"], span[1]
            taken_s = self._route(drive)["drive_time_s"] * self._margins.more("drive_duration")
            if span[1] - span[0] < taken_s - 1.0:
                yield Finding("duration", drive["activity_id"], taken_s - span[1] + span[0])
        stays.append(((reached_s, self._end_s), where))
        for item in self._requested:
            span = self._span(item)
            at = [place for stay, place in stays if stay[0] <= span[0] and span[1] <= stay[1]]
            if at != [item["place_id"]]:
                yield Finding("place", item["activity_id"], 1.0, f"is at {item['place_id']}, the asset at {at}")

    def _route(self, drive: dict[str, Any]) -> dict[str, Any]:
        ends = (drive["place_id"], drive["to_place_id"])
        return next(r for r in self._plan["routes"] if (r["from_waypoint_id"], r["to_waypoint_id"]) == ends)

    def _light(self) -> Iterator[Finding]:
        """Yield activities whose light or darkness does not hold at some minute."""
        for item in self._requested:
            kinds = {each["kind"] for each in self._step(item).get("conditions", ()) if not each.get("outside")}
            kinds |= {_SUN[mode["sun"]] for mode in self._modes_of(item) if mode.get("sun") in _SUN}
            if not kinds & {"illumination", "darkness"}:
                continue
            (start_s, end_s), edge_s = self._span(item), self._margins.light_edge_s
            span = max(start_s - edge_s, 0.0), min(end_s + edge_s, self._end_s)
            sun = seen_km("SUN", self._et_s + minutes_of(span))
            above_deg, radius_deg = self._sky.above("light", self._points[item["place_id"]], sun)
            asked = [each for each in self._step(item).get("conditions", ()) if each.get("least_sun")]
            if asked:
                fraction = self._sky.sun_share(self._points[item["place_id"]], sun)
                short = float(fraction.min()) - max(quantity(each["least_sun"]) for each in asked)
                if short < -SLACK_SHARE:
                    yield Finding("share of the solar disc", item["activity_id"], short)
            if "illumination" in kinds and (least := float((above_deg + radius_deg).min())) < -SLACK_DEG:
                yield Finding("illumination", item["activity_id"], least)
            if "darkness" in kinds and (most := float((above_deg + radius_deg).max())) > SLACK_DEG:
                yield Finding("darkness", item["activity_id"], most)

    def _nights(self) -> Iterator[Finding]:
        rule = self._document.get("night_rule")
        if rule is not None:
            sky = NightSky(self._sky, self._points, self._et_s, self._end_s)
            yield from night_findings(rule, sky, self._stays(), self._asset["id"])

    def _contacts(self) -> Iterator[Finding]:
        """Yield contacts whose station is not in view, does not see the Moon, or cannot carry what is sent."""
        spans = sorted((self._span(each), each["station_id"]) for each in self._plan["contacts"])
        apart_s = quantity(self._document["communications"].get("hand_over", "0 s"))
        for (before, held_id), (after, station_id) in pairwise(spans):
            free_s = after[0] - before[1] - (apart_s if held_id != station_id else 0.0)
            if free_s < 0.0:
                yield Finding("one contact at a time, handed over", station_id, -free_s)
        yield from self._rhythm()
        for contact in self._plan["contacts"]:
            station, span = self._stations[contact["station_id"]], self._span(contact)
            name, times_s = f"{contact['station_id']}@{span[0]:.0f}", self._et_s + minutes_of(span)
            seen = station_km(station, times_s)
            for place_id in self._places_during(span):
                above_deg, _ = self._sky.above("station", self._points[place_id], seen)
                if (least := float(above_deg.min())) < -SLACK_DEG:
                    yield Finding("station above the skyline", name, least, place_id)
            eye_km = self._sky.eye_km(self._points[self._places_during(span)[0]])
            seen_deg = moon_elevation_deg(station, times_s, eye_km)
            high_deg = float(seen_deg.min()) - station["min_elevation_deg"]["value"]
            if high_deg < -SLACK_DEG:
                yield Finding("Moon above the station's mask", name, high_deg)
            rates_bps = self._rates_bps(station, seen)
            least_bps = quantity(self._document["communications"].get("min_rate", "0 bit/s"))
            if float(rates_bps.min()) < least_bps:
                yield Finding("least rate", name, float(rates_bps.min()) - least_bps)
            # The rate of a stretch is the lower of those at its ends: never above that by the minute.
            most_bit = float(np.maximum(rates_bps[:-1], rates_bps[1:]).sum() * MINUTE_S)
            most_bit *= self._margins.less("data_rate")
            if contact["sent_bit"] > most_bit + BIT_SLACK:
                yield Finding("sent beyond the link", name, contact["sent_bit"] - most_bit)
        for item in (*self._requested, *self._drives):
            yield from self._in_contact(item)

    def _rhythm(self) -> Iterator[Finding]:
        """Yield where the asset is silent for longer than it may be, of the minutes in which some station is usable."""
        most = self._document["communications"].get("max_silence")
        if most is None:
            return
        times_s = np.arange(0.0, self._end_s, MINUTE_S)
        usable = np.zeros(len(times_s), bool)
        for station_id in self._document["stations"]:
            usable |= self._usable(self._stations[station_id], times_s)
        held = np.zeros(len(times_s), bool)
        for contact in self._plan["contacts"]:
            span = self._span(contact)
            held |= (times_s >= span[0]) & (times_s < span[1])
        silent = np.where(usable & ~held, MINUTE_S, 0.0)
        total = np.cumsum(silent)
        since = total - np.maximum.accumulate(np.where(held, total, 0.0))
        if (over_s := float(since.max()) - quantity(most)) > RHYTHM_SLACK_S:
            yield Finding("rhythm of contacts", self._asset["id"], over_s, f"at {times_s[since.argmax()]:.0f} s")

    def _usable(self, station: dict[str, Any], times_s: np.ndarray) -> np.ndarray:
        """Return the minutes in stretches, of a contact's least length, in which a station could be held."""
        seen = station_km(station, self._et_s + times_s)
        usable = moon_elevation_deg(station, self._et_s + times_s) >= station["min_elevation_deg"]["value"]
        usable &= self._rates_bps(station, seen) > quantity(self._document["communications"].get("min_rate", "0 bit/s"))
        above = np.full(len(times_s), np.inf)
        for place_id, span in self._stays():
            part = (times_s >= span[0]) & (times_s < span[1])
            above_deg, _ = self._sky.above("station", self._points[place_id], seen[part])
            above[part] = np.minimum(above[part], above_deg)
        usable &= above > 0.0
        least = int(quantity(self._document["communications"]["min_contact"]) // MINUTE_S)
        edges = np.flatnonzero(np.diff(np.concatenate(([0], usable.astype(np.int8), [0]))))
        for first, after in zip(edges[::2], edges[1::2], strict=True):
            usable[first:after] = after - first >= least
        return usable

    def _in_contact(self, item: dict[str, Any]) -> Iterator[Finding]:
        is_drive = item["kind"] == "DRIVE"
        conditions = self._document["drive_rule"]["conditions"] if is_drive else self._step(item).get("conditions", ())
        for condition in conditions:
            if condition["kind"] != "contact" or condition.get("outside"):
                continue
            wanted = condition.get("stations") or list(self._stations)
            held = [self._span(each) for each in self._plan["contacts"] if each["station_id"] in wanted]
            lacking = [at for at in minutes_of(self._span(item))[:-1] if not any(a <= at < b for a, b in held)]
            if lacking:
                yield Finding("contact", item["activity_id"], len(lacking) * MINUTE_S)

    def _places_during(self, span: Span) -> list[str]:
        """Return where the asset is during a span; of a drive both ends."""
        places, where = list[str](), self._asset["start_place"]
        for drive in sorted(self._drives, key=self._span):
            driven = self._span(drive)
            if driven[0] >= span[1]:
                break
            if driven[1] > span[0]:
                places += [drive["place_id"]] if driven[0] > span[0] else []
                places += [drive["place_id"], drive["to_place_id"]]
            where = drive["to_place_id"]
        return list(dict.fromkeys(places)) or [where]

    def _rates_bps(self, station: dict[str, Any], seen: np.ndarray) -> np.ndarray:
        """Return the highest rate that closes at each instant, by the link budget."""
        radio = self._asset["terminal"]
        band = next(each for each in station["bands"] if each["band"] == radio["band"])
        wave_m = 299_792_458.0 / quantity(radio["frequency"])
        loss_db = 20.0 * np.log10(4.0 * np.pi * np.linalg.norm(seen, axis=1) * 1000.0 / wave_m)
        carrier_db = quantity(radio["eirp"]) + value_of(band["g_over_t_db_k"]) - loss_db - quantity(radio["losses"])
        free_db = carrier_db + 228.599 - quantity(radio["required_eb_n0"]) - quantity(radio["margin"])
        steps = sorted(quantity(each) for each in radio["rate_steps"])
        rates = np.zeros(len(seen))
        for step in steps:
            # A thousandth of a decibel for the Moon's radius and rounding.
            rates = np.where(10.0 * np.log10(step) <= free_db + 0.02, step, rates)
        return rates

    def _modes_of(self, item: dict[str, Any]) -> list[dict[str, Any]]:
        return [self._modes[each["instrument"], each["mode"]] for each in self._step(item).get("instruments", ())]

    def _states(self) -> Iterator[Finding]:
        """Yield pairs of activities of which one makes what the other needs quiet of while both are under way."""
        states = [(item, self._span(item), *self._state(item)) for item in self._requested]
        for number, (item, span, makes, quiet) in enumerate(states):
            for other, during, others_makes, others_quiet in states[number + 1 :]:
                both_s = min(span[1], during[1]) - max(span[0], during[0])
                heard = (makes & others_quiet) | (others_makes & quiet)
                if both_s > 0 and heard:
                    yield Finding("quiet", item["activity_id"], both_s, f"{sorted(heard)}, {other['activity_id']}")

    def _state(self, item: dict[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
        step, modes = self._step(item), self._modes_of(item)
        makes = {*step.get("makes", ())}.union(*(mode.get("makes", ()) for mode in modes))
        quiet = {*step.get("needs_quiet", ())}.union(*(mode.get("needs_quiet", ()) for mode in modes))
        motions = {mode.get("motion") for mode in modes}
        makes |= {"motion"} if "moving" in motions else set()
        quiet |= {"motion"} if "stationary" in motions else set()
        return frozenset(makes), frozenset(quiet)

    def _shared(self) -> Iterator[Finding]:
        """Yield resources with two takers at once, excluded instruments at once, and what is used up beyond itself."""
        takers: dict[str, list[tuple[Span, str]]] = defaultdict(list)
        for item in (*self._requested, *self._drives):
            is_drive = item["kind"] == "DRIVE"
            part = self._document["drive_rule"] if is_drive else self._step(item)
            for name in [*part.get("resources", ()), *(each["instrument"] for each in part.get("instruments", ()))]:
                takers[name].append((self._span(item), item["activity_id"]))
        for instrument in self._document["instruments"]:
            for exclusion in instrument.get("exclusions", ()):
                pair = [*takers[instrument["id"]], *takers[exclusion["instrument"]]]
                takers[f"{instrument['id']} beside {exclusion['instrument']}"] = pair
        for name, uses in takers.items():
            for (before, _), (after, item_id) in pairwise(sorted(uses)):
                if after[0] < before[1]:
                    yield Finding(f"one user of {name}", item_id, before[1] - after[0])

    def _levels(self) -> Iterator[Finding]:
        """Yield where charge and stored data, summed up minute by minute, are not within their limits."""
        charge_wh, stored_bit = self.charge_wh(), self.stored_bit()
        battery, storage = self._asset["battery"], self._asset["storage"]
        capacity_wh, less = quantity(battery["capacity"]), self._margins.less("battery_capacity")
        slack_wh = CHARGE_SLACK * capacity_wh
        floor_wh, end_wh = (quantity(battery[name]) * capacity_wh for name in ("floor", "required_end"))
        end_wh = min(end_wh, less * capacity_wh)
        if (left_wh := float(charge_wh.min()) - floor_wh) < -slack_wh:
            yield Finding("battery floor", self._asset["id"], left_wh)
        if (left_wh := float(charge_wh[-1]) - end_wh) < -slack_wh:
            yield Finding("charge at the end", self._asset["id"], left_wh)
        for item in self._requested:
            asked = self._step(item).get("min_start_charge")
            if asked is not None:
                at = int(self._span(item)[0] // MINUTE_S)
                least_wh = min(quantity(asked), less) * capacity_wh
                if (left_wh := float(charge_wh[at]) - least_wh) < -slack_wh:
                    yield Finding("charge at the start", item["activity_id"], left_wh)
        capacity_bit = quantity(storage["capacity"])
        if (over_bit := float(stored_bit.max()) - capacity_bit * self._margins.storage) > BIT_SLACK:
            yield Finding("storage", self._asset["id"], over_bit)
        if (over_bit := float(stored_bit[-1]) - quantity(storage["max_at_end"]) * capacity_bit) > BIT_SLACK:
            yield Finding("data at the end", self._asset["id"], over_bit)
        if (least_bit := float(stored_bit.min())) < -MINUTE_S * 1.1e6:
            yield Finding("sent before it was made", self._asset["id"], least_bit)

    def charge_wh(self) -> np.ndarray:
        """Return the charge at each minute, by light on the skylines and the loads of the document."""
        times_s = np.arange(0.0, self._end_s + 1.0, MINUTE_S)
        sun, light = seen_km("SUN", self._et_s + times_s), np.zeros(len(times_s))
        for place_id, span in self._stays():
            part = (times_s >= span[0]) & (times_s < span[1])
            fraction = self._sky.sun_fraction(self._points[place_id], sun[part])
            light[part] = np.where(light[part] > 0, np.minimum(light[part], fraction), fraction)
        battery, loads = self._asset["battery"], self._asset["loads"]
        capacity_wh = quantity(battery["capacity"]) * self._margins.less("battery_capacity")
        efficiency, more = quantity(battery["charge_efficiency"]), self._margins.more("load_power")
        load_w = np.full(len(times_s), quantity(loads["asleep"]) * more)
        awake, drawn_w = np.zeros(len(times_s), bool), np.zeros(len(times_s))
        contact_w = quantity(self._document["communications"]["contact_power"])
        busy = [(self._span(each), each["power_w"]) for each in self._plan["activities"]]
        busy += [(self._span(each), contact_w) for each in self._plan["contacts"]]
        for span, power_w in busy:
            part = (times_s >= span[0]) & (times_s < span[1])
            awake |= part
            drawn_w += np.where(part, power_w, 0.0)
        load_w[awake] = quantity(loads["awake"]) * more
        if "thermal" in self._asset:
            sky = NightSky(self._sky, self._points, self._et_s, self._end_s + 1.0)
            load_w += heater_w(self._asset["thermal"], sky, self._stays()) * more
        array_w = quantity(self._asset["array"]["power"]) * self._margins.less("array_power")
        net_w = array_w * light - load_w - drawn_w
        charge_wh = np.empty(len(times_s))
        charge_wh[0] = quantity(battery["start"]) * capacity_wh
        for number, power_w in enumerate(net_w[:-1]):
            gained_wh = power_w * (efficiency if power_w > 0 else 1.0) / 60.0
            charge_wh[number + 1] = min(charge_wh[number] + gained_wh, capacity_wh)
        return charge_wh

    def _stays(self) -> Iterator[tuple[str, Span]]:
        """Yield where the asset is when; on a drive at both its ends."""
        where, reached_s = self._asset["start_place"], 0.0
        for drive in sorted(self._drives, key=self._span):
            span = self._span(drive)
            yield where, (reached_s, span[0])
            yield drive["place_id"], span
            yield drive["to_place_id"], span
            where, reached_s = drive["to_place_id"], span[1]
        yield where, (reached_s, self._end_s + MINUTE_S)

    def stored_bit(self) -> np.ndarray:
        """Return the stored data at each minute, of what is made and sent evenly over each item as it is published."""
        times_s = np.arange(0.0, self._end_s + 1.0, MINUTE_S)
        storage = self._asset["storage"]
        stored = np.full(len(times_s), quantity(storage["start"]) * quantity(storage["capacity"]))
        flows = [(self._span(each), each["data_bit"]) for each in self._plan["activities"]]
        for span, bits in flows:
            stored += bits * np.clip((times_s - span[0]) / (span[1] - span[0]), 0.0, 1.0)
        sent = np.zeros(len(times_s))
        for contact in self._plan["contacts"]:
            span = self._span(contact)
            sent += contact["sent_bit"] * (times_s >= span[1])
        return stored - sent

    def _ways(self) -> Iterator[Finding]:
        rule = self._document["drive_rule"]
        if not rule.get("along_the_way") or {each["kind"] for each in rule["conditions"]} != {
            "illumination",
            "contact",
        }:
            return
        pace = max(1.0 + quantity(rule.get("pace_tolerance", "0 %")), self._margins.more("drive_duration"))
        referee = WayReferee(self._sky, self._stations, self._plan, pace)
        breaches, _ = referee.breaches(tuple(rule.get("dark_places", ())))
        for breach in breaches:
            yield Finding(f"way: {breach.what}", breach.drive, breach.short_deg, f"point {breach.point}")


_SUN = {"lit": "illumination", "dark": "darkness"}
