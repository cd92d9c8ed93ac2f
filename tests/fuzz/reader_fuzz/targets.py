"""All readers under test, by name; what a group needs is loaded when one of it is asked for."""

from importlib import import_module

from reader_fuzz.running import Target

GROUPS = {
    "orbit_targets": ("oem-text", "oem-xml", "tdm", "two-line-elements", "spk"),
    "document_targets": (
        "mission-yaml",
        "mission-json",
        "api-bodies",
        "plan-529",
        "schedule-902",
        "requests-csv",
        "units",
    ),
    "terrain_targets": ("geotiff", "netcdf", "pds3-archive", "pds3-attached"),
}
# The slower a reader, the fewer: about as long for each group, more than 10⁵ in all.
CASES = {"orbit_targets": 10_000, "document_targets": 6_000, "terrain_targets": 3_000}
NAMES = tuple(name for names in GROUPS.values() for name in names)


def target_named(name: str) -> Target:
    """Return a reader under test."""
    found: Target = import_module(f"reader_fuzz.{_group_of(name)}").TARGETS[name]
    return found


def usual_cases(name: str) -> int:
    """Return how many cases of a reader make the whole run."""
    return CASES[_group_of(name)]


def _group_of(name: str) -> str:
    return next(group for group, names in GROUPS.items() if name in names)
