"""`python -m tools.bench.narrow BYTES CONFIG`: a `witness` with no larger receive buffer than this.

So it is on a host where nobody raised net.core.rmem_max, and no capability helps. What is asked for is
replaced, because a bench may not turn a knob of its host.
"""

from __future__ import annotations

import sys
from typing import Any

from tools.bench import witness
from vacnet.factory import udp


def main() -> int:
    """Run the factory of the settings named last on the command line."""
    endpoint: Any = udp
    endpoint.RECEIVE_BUFFER_BYTES = int(sys.argv[1])
    return witness.main()


if __name__ == "__main__":
    sys.exit(main())
