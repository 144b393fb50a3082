"""Leaves the hardware record of a run, from inside the processes that asv starts.

asv runs ``setup_cache`` once, in a process and a folder of its own, before the first benchmark;
all benchmark processes then run in that folder.  The path of the record is left there, so that a
skip found later can be added to its notes.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from cnnfc.errors import CnnfcError
from cnnfc.machine import record
from cnnfc.measure.devices import why_absent
from cnnfc.measure.software import torch_software
from cnnfc.names import DEVICES, Device

_POINTER: Final = Path("cnnfc-record.path")


def begin() -> None:
    """Write the hardware record of this run, once.

    ``CNNFC_RECORD`` names its file (``cnnfc run`` sets it, and calls asv several times: the first
    call writes).  Without it the record goes to ``reports/hardware/<machine>/`` beside
    ``asv.conf.json``.  Outside asv there is no such folder and nothing is written.

    A record that cannot be written is said on standard error and costs no measurement: asv would
    take an error here for a failure of every benchmark.
    """
    try:
        _begin()
    except (OSError, CnnfcError) as error:
        print(f"cnnfc: no hardware record: {error}", file=sys.stderr)  # noqa: T201 - asv shows it


def _begin() -> None:
    wanted = os.environ.get("CNNFC_RECORD")
    config = os.environ.get("ASV_CONF_DIR")
    if wanted is None and config is None:
        return
    path = Path(wanted) if wanted else None
    if path is None or not path.exists():
        path = record.begin(
            Path(config or ".") / "reports" / "hardware",
            commit=os.environ.get("CNNFC_COMMIT") or os.environ.get("ASV_COMMIT"),
            environment=os.environ.get("CNNFC_ENV_NAME") or os.environ.get("ASV_ENV_NAME"),
            profile=os.environ.get("CNNFC_PROFILE", "standard"),
            software={"torch": torch_software()},
            notes=_absent_devices(),
            path=path,
        )
    _POINTER.write_text(str(path), encoding="utf-8")


def note_skip(reason: str, case: str, device: str) -> None:
    """Add a skip to the notes of this run's record.

    A device that is not here was noted at the start, for all cases at once.  A record that cannot
    be written must not fail a measurement: asv has the value, and standard error the reason.
    """
    if _is_absent(device) or not _POINTER.exists():
        return
    try:
        path = Path(_POINTER.read_text(encoding="utf-8"))
        record.add_notes(path, [record.Note(reason=reason, case=case, device=device)])
    except (OSError, CnnfcError):
        return


def _absent_devices() -> list[record.Note]:
    reasons = {name: why_absent(Device.parse(name)) for name in DEVICES}
    return [record.Note(reason=reason, device=name) for name, reason in reasons.items() if reason]


def _is_absent(device: str) -> bool:
    try:
        return why_absent(Device.parse(device)) is not None
    except CnnfcError:
        return False
