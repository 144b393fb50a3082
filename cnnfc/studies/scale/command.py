"""A program that runs ``cnnfc changes`` on a results folder and says what it took.

``python -m cnnfc.studies.scale.command RESULTS`` prints JSON: ``wall_seconds`` from start to end of
the command, ``peak_bytes`` of memory, and ``answer``, which names what it said.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time

from cnnfc.studies.programs import call
from cnnfc.studies.scale.memory import largest_child


def run_changes(results: str) -> dict[str, object]:
    """Run the command in a process of its own, and give what is printed.

    Raises:
        CannotMeasure: The command failed.
    """
    command = [sys.executable, "-m", "cnnfc.cli", "changes", "--json", "--results", results]
    started = time.perf_counter()
    said = call("cnnfc changes", command)
    seconds = time.perf_counter() - started
    answer = hashlib.blake2b(said.encode(), digest_size=16).hexdigest()
    return {"wall_seconds": seconds, "peak_bytes": largest_child(), "answer": answer}


if __name__ == "__main__":
    print(json.dumps(run_changes(sys.argv[1])))  # noqa: T201 - its answer
