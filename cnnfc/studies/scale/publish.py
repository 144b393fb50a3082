"""A program that runs ``asv publish`` and says how much memory it had.

``python -m cnnfc.studies.scale.publish CONFIGURATION OUT`` writes JSON with ``peak_bytes`` to the
file OUT: that of the one process which reads and lays out.  Those that asv starts to detect steps
are forks that share most of its memory, so they are left out, in asv's favour.
"""

from __future__ import annotations

import atexit
import json
import sys
from pathlib import Path

from cnnfc.studies.scale.memory import own_peak


def main(configuration: str, out: Path) -> None:
    """Run asv, which ends the program."""
    from asv.main import main as asv  # noqa: PLC0415 - loads all of asv

    atexit.register(lambda: out.write_text(json.dumps({"peak_bytes": own_peak()})))
    sys.argv = ["asv", "--config", configuration, "publish", "--no-pull"]
    asv()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
