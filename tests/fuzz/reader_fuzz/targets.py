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
NAMES = tuple(name for names in GROUPS.values() for name in names)


def target_named(name: str) -> Target:
    """Return a reader under test."""
    group = next(group for group, names in GROUPS.items() if name in names)
    found: Target = import_module(f"reader_fuzz.{group}").TARGETS[name]
    return found
