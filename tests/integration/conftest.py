import sys
from pathlib import Path

# Tests are imported without their folder on the path; the planner's own builders of missions and plans serve here, too.
sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[2] / "services" / "planner" / "tests")]
