"""Prints who and how this machine is, and tells asv its name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from cnnfc.machine import asv_file
from cnnfc.machine.host import Host
from cnnfc.machine.identity import identify
from cnnfc.machine.record import HardwareRecord, collect
from cnnfc.machine.text import describe, summary


def show_machine(
    *,
    as_json: bool = False,
    register: bool = False,
    out: TextIO,
    software: Mapping[str, Any] | None = None,
    host: Host | None = None,
) -> int:
    """Print this machine to `out`: identity, state and software, as a hardware record holds them.

    Args:
        as_json: Print one JSON object instead of text: ``schema``, ``machine``, ``identity``,
            ``state``, ``software`` and ``asv`` as `HardwareRecord` describes them, and
            ``registered`` (``path``, ``added``, ``entry``, ``others``) with `register`.
        register: Also add the machine to asv's machine file, and say what was written where.
        out: Where to print.
        software: Groups of facts to show with the rest, above all the torch wing's.
        host: The machine to describe; by default the one that this runs on.

    Returns:
        The exit code, 0.

    Raises:
        DataError: asv's machine file is damaged or cannot be written.
    """
    identity = identify(host)
    record = collect(identity=identity, software=software, host=host)
    done = asv_file.register(identity, host=host) if register else None
    if as_json:
        text = json.dumps(_data(record, done), indent=2, ensure_ascii=False)
    else:
        text = "\n".join((*_lines(record), *(_registered(done) if done else ())))
    print(text, file=out)
    return 0


def _data(record: HardwareRecord, done: asv_file.Registration | None) -> dict[str, Any]:
    data = {
        "schema": record.schema,
        "machine": record.machine,
        "identity": record.identity,
        "state": record.state_before,
        "software": record.software,
        "asv": record.asv,
    }
    if done is not None:
        data["registered"] = {
            "path": str(done.path),
            "added": done.added,
            "entry": done.entry,
            "others": list(done.others),
        }
    return data


def _lines(record: HardwareRecord) -> Iterator[str]:
    yield f"Machine {record.machine}"
    yield "\nIdentity: what it is"
    yield from summary(record.identity)
    yield "\nState: how it is now"
    yield from describe(record.state_before)
    yield "\nSoftware: what measures"
    yield from describe(record.software)


def _registered(done: asv_file.Registration) -> Iterator[str]:
    name = done.entry["machine"]
    if done.added:
        yield f"\nWrote this machine to {done.path}:"
    else:
        yield f"\n{done.path} knows this machine already, nothing was written:"
    yield from describe(done.entry)
    if done.others:
        yield (
            f"asv's file also names {', '.join(done.others)}, so plain asv has to be told which: "
            f"asv run --machine {name}"
        )
    else:
        yield "asv run will use it without asking."
