"""Keeps one hardware record a run on disk.

A record is begun before anything is measured, gets notes from the processes that measure, and is
finished by whoever drove the run.  All of them may work at the same time: files are replaced
whole, under a lock (`locked_files`).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cnnfc.errors import DataError
from cnnfc.machine.asv_file import asv_facts
from cnnfc.machine.block_readings import united
from cnnfc.machine.doctor.answers import Measured
from cnnfc.machine.doctor.examine import examine
from cnnfc.machine.doctor.sharing import sharing_between
from cnnfc.machine.host import Host
from cnnfc.machine.identity import Identity, identify
from cnnfc.machine.locked_files import locked, write_atomically
from cnnfc.machine.privacy import Redactor
from cnnfc.machine.schema import SCHEMA, HardwareRecord, Note, parse
from cnnfc.machine.software import read_software
from cnnfc.machine.state import read_state
from cnnfc.records import Problem

__all__ = [
    "SCHEMA",
    "HardwareRecord",
    "Note",
    "add_blocks",
    "add_notes",
    "begin",
    "collect",
    "finish",
    "read",
    "read_all",
]


def _now() -> datetime:
    return datetime.now(UTC)


def collect(
    *,
    identity: Identity | None = None,
    commit: str | None = None,
    environment: str | None = None,
    profile: str | None = None,
    software: Mapping[str, Any] | None = None,
    notes: Iterable[Note] = (),
    dirty: bool | None = None,
    host: Host | None = None,
    now: Callable[[], datetime] = _now,
) -> HardwareRecord:
    """A record of this machine as it is now, not yet on disk, with what makes timings unsteady.

    `identity` spares asking for it again; the other arguments are `begin`'s.
    """
    started_at = now()
    identity = identity or identify(host)
    who, state = _plain(identity.as_dict()), _plain(read_state(host))
    tools = read_software(software)
    return HardwareRecord(
        machine=identity.name,
        started_at=started_at,
        profile=profile,
        identity=who,
        state_before=state,
        software=tools,
        asv=asv_facts(host),
        commit=commit,
        environment=environment,
        dirty=dirty,
        notes=_folded(notes),
        doctor=examine(who, state, tools).without_fine(),
    )


def begin(
    directory: Path,
    *,
    commit: str | None,
    environment: str | None,
    profile: str | None,
    software: Mapping[str, Any] | None,
    notes: Iterable[Note] = (),
    dirty: bool | None = None,
    path: Path | None = None,
    host: Host | None = None,
    now: Callable[[], datetime] = _now,
) -> Path:
    """Describe the machine and write a new record.

    Args:
        directory: Folder of all records (``reports/hardware``).
        commit: Full hash of what is measured; None if not known.
        environment: asv's name of the environment; None if not known.
        profile: Profile of the run.
        software: Groups of facts to add to `read_software`'s, above all the torch wing's.
        notes: What there is to say already.
        dirty: Whether the work tree differs from `commit`.
        path: The very file to write instead of one named by machine, time and commit.  If it
            exists already (another process of the run was faster), it stays, and `notes` are
            added to it.
        host: Where the facts are read from; by default this machine.
        now: The clock, in UTC.

    Returns:
        The file: ``<directory>/<machine>/<time>-<commit8>.json``, with ``-2``, ``-3``, ... before
        the ending if several begin in the same second; or `path`.

    Raises:
        DataError: The folder cannot be written to, or the file at `path` is no record.
    """
    if path is not None and path.exists():
        add_notes(path, notes)
        return path
    record = collect(
        commit=commit,
        environment=environment,
        profile=profile,
        software=software,
        notes=notes,
        dirty=dirty,
        host=host,
        now=now,
    )
    if path is not None:
        with locked(path):
            if not path.exists():
                _write(path, record.as_dict())
                return path
        add_notes(path, notes)  # another process wrote it while this one was reading the machine
        return path
    folder = directory / record.machine
    stamp = record.started_at.strftime("%Y%m%dT%H%M%SZ")
    short = re.sub(r"[^0-9A-Za-z]", "", commit or "")[:8]
    with locked(folder / "begin"):
        target = _free(folder, f"{stamp}-{short}" if short else stamp)
        _write(target, record.as_dict())
    return target


def add_notes(path: Path, notes: Iterable[Note]) -> None:
    """Add `notes` to the record at `path`; those that it has already are not repeated.

    Raises:
        DataError: There is no record at `path`, it is damaged, or it cannot be written.
    """
    added = tuple(notes)
    if added:
        _change(path, lambda record: replace(record, notes=_folded((*record.notes, *added))))


def add_blocks(path: Path, entries: Iterable[Mapping[str, Any]]) -> None:
    """Unite `entries` of `block_readings` with those of the record at `path`.

    Raises:
        DataError: There is no record at `path`, it is damaged, or it cannot be written.
    """
    added = tuple(entries)
    if added:
        _change(path, lambda record: replace(record, blocks=united(record.blocks, added)))


def finish(path: Path, *, host: Host | None = None, now: Callable[[], datetime] = _now) -> None:
    """Add the state after the run, and when it ended, to the record at `path`.

    What the doctor found then covers the time that was stolen or stopped during the run.
    Finishing a record again replaces all of it.

    Raises:
        DataError: There is no record at `path`, it is damaged, or it cannot be written.
    """
    ended, state = now(), _plain(read_state(host))
    _change(path, lambda record: _reexamined(replace(record, finished_at=ended, state_after=state)))


def _reexamined(record: HardwareRecord) -> HardwareRecord:
    """`record`, finished, with findings about the whole run; those of older versions have none."""
    if record.doctor is None or record.finished_at is None or record.state_after is None:
        return record
    seconds = (record.finished_at - record.started_at).total_seconds()
    if seconds <= 0:  # a clock that was set back in between tells no share of time
        return record
    cpus = record.identity.get("threads") or 1
    sharing = sharing_between(record.state_before, record.state_after, seconds, cpus)
    found = examine(
        record.identity, record.state_before, record.software, Measured(sharing=sharing)
    )
    return replace(record, doctor=found.without_fine())


def read(path: Path) -> HardwareRecord:
    """The record at `path`.

    Raises:
        DataError: It is not there, unreadable, damaged, foreign or from a newer cnnfc.
    """
    return parse(_load(path), str(path))


def read_all(directory: Path) -> tuple[tuple[HardwareRecord, ...], tuple[Problem, ...]]:
    """Every record below `directory`, the oldest first, and what could not be read.

    A missing `directory` has none of either.
    """
    records, problems = [], []
    for path in sorted(directory.glob("*/*.json")):
        try:
            records.append(read(path))
        except DataError as error:
            problems.append(Problem(str(path), str(error)))
    records.sort(key=lambda record: (record.started_at, record.path))
    return tuple(records), tuple(problems)


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    """`facts` as JSON can hold them, whatever a driver answered."""
    plain: dict[str, Any] = Redactor.of(os.environ).clean(facts)
    return plain


def _folded(notes: Iterable[Note]) -> tuple[Note, ...]:
    """The notes without names of users, each once, in their order.

    The process that skips knows case and device, and whoever drives it the benchmark too: the
    fuller note replaces the other.
    """
    redactor = Redactor.of(os.environ)
    unique = dict.fromkeys(replace(n, reason=redactor.text(n.reason)) for n in notes)
    covered = {replace(note, benchmark=None) for note in unique if note.benchmark}
    return tuple(note for note in unique if note not in covered)


def _free(folder: Path, stem: str) -> Path:
    """The first name that no record has; the caller holds the lock."""
    path, number = folder / f"{stem}.json", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.json"
    return path


def _change(path: Path, change: Callable[[HardwareRecord], HardwareRecord]) -> None:
    """Replace the record at `path`, keeping keys that this version does not know."""
    if not path.parent.is_dir():
        raise DataError(f"there is no hardware record at {path}: begin the run again")
    with locked(path):
        data = _load(path)
        changed = change(parse(data, str(path))).as_dict()
        _write(path, {**data, **changed})


def _load(path: Path) -> Any:  # noqa: ANN401 - whatever JSON holds; `parse` checks it
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"there is no hardware record at {path}: begin the run again") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is damaged or truncated: {error}") from None


def _write(path: Path, data: Mapping[str, Any]) -> None:
    write_atomically(path, json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
