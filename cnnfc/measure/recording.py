"""Leaves the hardware record of a run, from inside the processes that asv starts.

asv runs ``setup_cache`` once, in a process and a folder of its own, before the first benchmark;
all benchmark processes then run in that folder.  The path of the record is left there, so that a
skip found later, and what was read of a GPU, can be added to it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cnnfc.errors import CnnfcError
from cnnfc.machine import block_readings, record
from cnnfc.measure.devices import why_absent
from cnnfc.measure.software import torch_software
from cnnfc.measure.timings import Timing
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

    A device that is not here was noted at the start, for all cases at once.
    """
    if not _is_absent(device):
        note = record.Note(reason=reason, case=case, device=device)
        _add(lambda path: record.add_notes(path, [note]))


def note_timing(quantity: str, case: str, device: str, timing: Timing) -> None:
    """Add what was read of the GPU during `timing`, and its warnings, to this run's record.

    `quantity` says which of the timings it was.  Where no GPU was read there is nothing to add.
    """
    if timing.readings:
        entry = block_readings.entry(
            quantity,
            case,
            device,
            timing.readings,
            blocks=timing.blocks,
            discarded=timing.discarded,
        )
        _add(lambda path: record.add_blocks(path, [entry]))
    words = quantity.replace("_", " ")
    notes = [record.Note(f"{words}: {said}", case=case, device=device) for said in timing.warnings]
    if notes:
        _add(lambda path: record.add_notes(path, notes))


def _add(add: Callable[[Path], None]) -> None:
    """Let `add` change this run's record, if there is one.

    A record that cannot be written must not fail a measurement: asv has the value, and standard
    error the reason.
    """
    if not _POINTER.exists():
        return
    try:
        add(Path(_POINTER.read_text(encoding="utf-8")))
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
