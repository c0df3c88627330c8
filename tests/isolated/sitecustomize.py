"""Python itself reads this at its start, where the folder is on the path: kernels stay on this machine."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
try:
    import network
finally:
    del sys.path[0]

network.refuse()
