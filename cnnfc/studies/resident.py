"""A program that takes samples on demand, each in a fork of its own as asv's fork server does.

``python -m cnnfc.studies.resident BENCHMARKS`` reads lines of JSON, ``{"benchmark", "case",
"device", "protocol"}``, and answers each with a line: ``{"values", "number"}``, ``{"skipped"}`` or
``{"failed"}``.
The variables of its environment hold for all its samples, so every condition gets a program.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from cnnfc.errors import CannotMeasure
from cnnfc.studies import sampling

#: What the environment says how nice to be: negative numbers take the rights for it.
NICE = "CNNFC_STUDY_NICE"


def main(benchmarks: Path) -> None:
    """Answer requests until standard input ends."""
    # Libraries may print (ONEDNN_VERBOSE does); answers go where nothing else is written.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        os.nice(int(os.environ.get(NICE, "0")))
    except PermissionError:
        sys.exit("this user may not raise priorities (nice)")
    for line in sys.stdin:
        request = json.loads(line)
        # The suite is imported in the parent, once; its children then have torch.
        sampling.load(benchmarks, request["benchmark"])
        answers.write(_in_a_fork(benchmarks, request) + "\n")
        answers.flush()


def _in_a_fork(benchmarks: Path, request: dict[str, Any]) -> str:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with os.fdopen(writer, "w") as out:
            out.write(json.dumps(_take(benchmarks, request)))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return text or json.dumps({"failed": "the process ended without an answer"})


def _take(benchmarks: Path, request: dict[str, Any]) -> dict[str, Any]:
    try:
        names = (request[name] for name in ("benchmark", "case", "device"))
        sample = sampling.take(benchmarks, *names, protocol=request["protocol"])
    except CannotMeasure as error:
        return {"skipped": str(error)}
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
        return {"failed": f"{type(error).__name__}: {error}"}
    return {"values": sample.values, "number": sample.number}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
