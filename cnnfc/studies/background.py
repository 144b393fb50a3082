"""A program that disturbs the machine as other people's work does, until it is stopped.

``python -m cnnfc.studies.background SEED``: bursts of arithmetic or of copying memory, with pauses
between them, both of random length (20 ms on average, exponential) and both half of the time.
"""

from __future__ import annotations

import random
import sys
import time
from typing import Final

#: Average length of a burst and of a pause (s).
MEAN_SECONDS: Final = 0.02
#: What a burst of copying moves: more than most last-level caches hold.
_BYTES: Final = 64 * 2**20


def main(seed: int) -> None:
    """Disturb without end."""
    draw = random.Random(seed)  # noqa: S311 - lengths of bursts, not secrets
    memory = bytearray(_BYTES)
    while True:
        end = time.perf_counter() + draw.expovariate(1 / MEAN_SECONDS)
        copies = draw.random() < 0.5
        while time.perf_counter() < end:
            if copies:
                memory[: _BYTES // 2] = memory[_BYTES // 2 :]
            else:
                sum(range(10_000))
        time.sleep(draw.expovariate(1 / MEAN_SECONDS))


if __name__ == "__main__":
    main(int(sys.argv[1]))
