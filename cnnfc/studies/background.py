"""A program that disturbs the machine as other people's work does, as long as its parent lives.

``python -m cnnfc.studies.background SEED PARENT``: bursts of arithmetic or of copying, with pauses
between them, both of random length (20 ms on average, exponential) and both half of the time.
"""

from __future__ import annotations

import os
import random
import sys
import time
from typing import Final

#: Average length of a burst and of a pause (s).
MEAN_SECONDS: Final = 0.02
#: What a burst of copying moves: more than most last-level caches hold.
_BYTES: Final = 64 * 2**20


def main(seed: int, parent: int) -> None:
    """Disturb until the process `parent`, which started this one, has ended, however it did."""
    draw = random.Random(seed)  # noqa: S311 - lengths of bursts, not secrets
    memory = bytearray(_BYTES)
    while os.getppid() == parent:
        end = time.perf_counter() + draw.expovariate(1 / MEAN_SECONDS)
        copies = draw.random() < 0.5
        while time.perf_counter() < end:
            if copies:
                memory[: _BYTES // 2] = memory[_BYTES // 2 :]
            else:
                sum(range(10_000))
        time.sleep(draw.expovariate(1 / MEAN_SECONDS))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
