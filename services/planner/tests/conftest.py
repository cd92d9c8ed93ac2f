import sys
from pathlib import Path

# Tests are imported without their folder on the path; the builders beside them are shared between test modules.
sys.path.append(str(Path(__file__).parent))
