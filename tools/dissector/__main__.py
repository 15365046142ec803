"""`python -m tools.dissector` prints the dissector."""

from __future__ import annotations

import sys

from tools.dissector.lua import dissector_page

if __name__ == "__main__":
    sys.stdout.write(dissector_page())
