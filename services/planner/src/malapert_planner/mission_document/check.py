"""Check of a mission document without a platform: ``python -m malapert_planner.mission_document.check``.

Reads the document as JSON from standard input and writes its faults as a JSON list of path, code and message. What only
other services know, such as stations and the catalogue's rules, is not looked at.
"""

import json
import sys
from dataclasses import asdict

from malapert_planner.factory import ephemeris_span
from malapert_planner.mission_document import read_document


def main() -> None:
    """Check what is on standard input."""
    _, faults = read_document(sys.stdin.buffer.read(), ephemeris_span())
    json.dump([asdict(fault) for fault in faults], sys.stdout)


if __name__ == "__main__":
    main()
