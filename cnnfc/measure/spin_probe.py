"""Times a small dense layer on two threads, with the OpenMP settings of its environment.

A program of its own (``python -m cnnfc.measure.spin_probe``), since OpenMP reads its settings once,
while torch is loaded: ``cnnfc doctor`` starts it with cnnfc's settings and without them.  It prints
one JSON object: ``median`` and ``slow`` (90th percentile) in seconds a call, and ``calls``.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable

#: The layer that showed the effect first: 32 x 1024 inputs to 512 units, about 0.2 ms on 2 threads.
BATCH, INPUTS, UNITS = 32, 1024, 512
THREADS = 2


def time_calls(
    call: Callable[[], object], seconds: float, clock: Callable[[], float] = time.perf_counter
) -> dict[str, float]:
    """Median and 90th percentile of the calls that fit into `seconds`; at least ten.

    Returns:
        ``median`` and ``slow`` in seconds, ``calls`` as a count.
    """
    times: list[float] = []
    start = clock()
    while True:
        before = clock()
        call()
        after = clock()
        times.append(after - before)
        if after - start >= seconds and len(times) >= 10:
            break
    times.sort()
    return {
        "median": statistics.median(times),
        "slow": times[len(times) * 9 // 10],
        "calls": float(len(times)),
    }


def main(seconds: float = 0.3) -> int:
    """Measure for about `seconds`, print the answer as JSON; gives the exit code 0."""
    import torch  # noqa: PLC0415 - `time_calls` needs none, and its tests run without it

    torch.set_num_threads(THREADS)
    generator = torch.Generator().manual_seed(0)
    layer = torch.nn.Linear(INPUTS, UNITS).eval()
    data = torch.randn(BATCH, INPUTS, generator=generator)
    with torch.inference_mode():
        time_calls(lambda: layer(data), 0.1)
        answer = time_calls(lambda: layer(data), seconds)
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
