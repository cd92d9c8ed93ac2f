"""What PlanDev takes for a model-free plan, by the documentation of plan transfer version 3; no part of the writer."""

import re
from datetime import datetime
from typing import Any

INTERVAL = re.compile(r"-?(\d+):([0-5]\d):([0-5]\d)(\.\d{1,6})?")
PLAN = {"version", "name", "start_time", "duration", "simulation_arguments", "activities"}
DIRECTIVE = {"id", "anchor_id", "anchored_to_start", "arguments", "metadata", "name", "start_offset", "type"}
SCALARS = {"real", "int", "boolean", "string", "duration", "path"}


def micros(interval: str) -> int:
    """Return a PostgreSQL interval of hours, minutes and seconds in microseconds."""
    found = INTERVAL.fullmatch(interval)
    assert found, interval
    hours, minutes, seconds, decimals = found.groups()
    total = (int(hours) * 3600 + int(minutes) * 60 + int(seconds)) * 1_000_000
    total += int((decimals or ".0")[1:].ljust(6, "0"))
    return -total if interval.startswith("-") else total


def check(transfer: dict[str, Any]) -> None:
    """Hold a model-free plan against the format, and its parts against each other."""
    keys(transfer, PLAN, {"id", "model_id", "tags", "model", "results"})
    assert transfer["version"] == "3"
    assert transfer["name"]
    assert datetime.fromisoformat(transfer["start_time"]).utcoffset() is not None
    model, results = transfer["model"], transfer["results"]
    types = {each["name"]: each for each in model["activity_types"]}
    assert len(types) == len(model["activity_types"])
    keys(model, {"activity_types", "resource_types"}, {"parameters", "metadata"})
    for each in types.values():
        keys(each, {"name"}, {"parameters", "required_parameters", "description", "subsystem"})
        for parameter in each["parameters"]:
            keys(parameter, {"name", "schema"})
            value_schema(parameter["schema"])
    identifiers = [check_directive(each, types) for each in transfer["activities"]]
    assert len(set(identifiers)) == len(identifiers)
    keys(results, {"spans", "profiles"})
    for span in results["spans"]:
        keys(span, {"span_id", "type", "start_offset", "arguments"}, {"duration", "directive_id", "parent_id"})
        assert span["type"] in types
        assert span["directive_id"] in identifiers
        assert isinstance(span["start_offset"], int)
        assert span["duration"] >= 0
    check_profiles(results["profiles"], model["resource_types"], micros(transfer["duration"]))


def keys(value: dict[str, Any], needed: set[str], allowed: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    assert needed <= set(value) <= needed | set(allowed), set(value) ^ needed


def check_directive(directive: dict[str, Any], types: dict[str, Any]) -> int:
    keys(directive, DIRECTIVE, {"tags"})
    micros(directive["start_offset"])
    declared = {each["name"] for each in types[directive["type"]]["parameters"]}
    assert set(directive["arguments"]) <= declared
    for tag in directive["tags"]:
        keys(tag, {"tag"})
        keys(tag["tag"], {"name", "color"})
        assert tag["tag"]["name"]
    return int(directive["id"])


def check_profiles(profiles: dict[str, Any], declared: list[dict[str, Any]], length: int) -> None:
    schemas = {each["name"]: each["schema"] for each in declared}
    assert set(schemas) == set(profiles)
    for name, profile in profiles.items():
        keys(profile, {"type", "schema", "segments"})
        assert list(profile) == ["type", "schema", "segments"], "PlanDev reads a profile once, in this order"
        value_schema(profile["schema"])
        assert profile["schema"] == schemas[name]
        assert sum(segment["duration"] for segment in profile["segments"]) == length
        for segment in profile["segments"]:
            keys(segment, {"duration"}, {"dynamics"})
            keys(segment.get("dynamics", {"initial": 0, "rate": 0}), {"initial", "rate"})


def value_schema(schema: dict[str, Any]) -> None:
    kind = schema["type"]
    if kind == "struct":
        for each in schema["items"].values():
            value_schema(each)
    elif kind == "series":
        value_schema(schema["items"])
    else:
        assert kind in SCALARS
