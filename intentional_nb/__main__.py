"""``python -m intentional_nb`` is ``intentional-nb``."""

from __future__ import annotations

import sys

from intentional_nb.cli import main

if __name__ == "__main__":
    sys.exit(main())
