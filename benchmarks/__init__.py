"""One scenario a module; `python -m benchmarks NAME` runs it. See docs/reference/benchmarks.md.

What the tests drive real machines with (`tests/cluster/driving`) is used here too.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests" / "cluster"))
