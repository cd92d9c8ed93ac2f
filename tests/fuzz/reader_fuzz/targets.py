"""All readers under test, by name; what a group needs is loaded when one of it is asked for."""

from importlib import import_module

from reader_fuzz.running import Target

GROUPS = {
    "message_targets": ("oem-text", "oem-xml", "oem-samples", "tdm-text", "tdm-xml", "tdm-samples"),
    "orbit_targets": ("two-line-elements", "spk"),
    "document_targets": (
        "mission-yaml",
        "mission-json",
        "api-bodies",
        "plan-529",
        "schedule-902",
        "requests-csv",
        "units",
    ),
    "writer_targets": ("calendar-written", "ndm-written"),
    "terrain_targets": ("geotiff", "netcdf", "pds3-archive", "pds3-attached"),
}
# More of those that are quick: as many as a minute of processor time allows, and more than 10⁵ in all.
SLOW = {
    "mission-yaml": 2000,
    "mission-json": 2000,
    "geotiff": 1000,
    "netcdf": 1000,
    "pds3-archive": 1000,
    "pds3-attached": 1000,
}
QUICK = 10_000
NAMES = tuple(name for names in GROUPS.values() for name in names)


def target_named(name: str) -> Target:
    """Return a reader under test."""
    found: Target = import_module(f"reader_fuzz.{_group_of(name)}").TARGETS[name]
    return found


def usual_cases(name: str) -> int:
    """Return how many cases of a reader make the whole run."""
    return SLOW.get(name, QUICK)


def _group_of(name: str) -> str:
    return next(group for group, names in GROUPS.items() if name in names)
