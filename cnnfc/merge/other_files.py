"""Unites the files beside asv's results: suites, machines, hardware records, studies."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from cnnfc.errors import DataError
from cnnfc.history.asv_benchmarks import FORMATS
from cnnfc.history.parameters import shown
from cnnfc.machine.schema import parse
from cnnfc.merge.united import (
    NOTED_OF_MACHINES,
    Conflict,
    Object,
    United,
    conflict,
    larger_version,
    same,
    unite_axes,
    unite_fields,
)
from cnnfc.studies.store import SCHEMA as STUDY_SCHEMA
from cnnfc.studies.store import is_section
from cnnfc.studies.store import to_text as study_text

#: What decides, beside the version, what the values of a benchmark mean.  The rest (source text,
#: time limits, pauses) only says how the suite was run last; asv writes it anew on every run.
_MEANING: Final = ("type", "unit", "param_names")
#: What makes two records those of one run.
_RUN: Final = ("machine", "started_at", "commit")


def check_benchmarks(content: Object, path: Path) -> None:  # noqa: ARG001 - as all checks
    """`DataError` unless `content` is asv's ``benchmarks.json``; the message is the reason."""
    version = content.get("version")
    if version not in FORMATS or isinstance(version, bool):
        raise DataError(f"its version {shown(version)} is not a format of asv's benchmarks.json")
    odd = [k for k, v in content.items() if k != "version" and not _is_benchmark(v)]
    if odd:
        raise DataError(f"{shown(odd[0])} in it describes no benchmark")


def _is_benchmark(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(params := entry.get("params"), list)
        and all(isinstance(a, list) and all(isinstance(v, str) for v in a) for a in params)
    )


def unite_benchmarks(ours: Object, theirs: Object) -> United:
    """The benchmarks of both.

    asv writes the file anew on every run, so of two versions of a benchmark the larger one stands,
    and of contradicting parameter lists (see `unite_axes`) ours; what is not taken is
    noted.  Type, unit and names of parameters of one version must be the same; what else differs
    stays as in `ours`.
    """
    content = dict(ours)
    conflicts: list[Conflict] = []
    notes: list[Conflict] = []
    if not same(ours["version"], theirs["version"]):
        return United(ours, (conflict("version", ours["version"], theirs["version"]),))
    for name, entry in theirs.items():
        mine: Any = content.setdefault(name, entry)
        if mine is entry or name == "version" or not isinstance(entry, dict):
            continue
        version, its = mine.get("version"), entry.get("version")
        if not same(version, its):
            if larger_version(version, its):
                notes.append(conflict(f"{name}: version", version, its))
            else:
                content[name] = entry
            continue
        meaning = unite_fields(mine, {key: entry.get(key) for key in _MEANING}, prefix=f"{name}: ")
        axes = unite_axes(mine["params"], entry["params"])
        conflicts += meaning.conflicts
        if axes is None:
            notes.append(conflict(f"{name}: parameters", mine["params"], entry["params"]))
        elif not meaning.conflicts:
            content[name] = {**entry, **meaning.content, "params": axes}
    return United(content, tuple(conflicts), tuple(notes))


def check_machine(content: Object, path: Path) -> None:  # noqa: ARG001 - as all checks
    """`DataError` unless `content` is asv's ``machine.json``; the message is the reason."""
    if not isinstance(content.get("machine"), str):
        raise DataError("it names no machine, so it is not asv's machine.json")


def unite_machine(ours: Object, theirs: Object) -> United:
    """The facts of both about one machine."""
    return unite_fields(ours, theirs, noted=NOTED_OF_MACHINES)


def check_record(content: Object, path: Path) -> None:
    """`DataError` unless `content` is a hardware record; the message is the reason alone."""
    try:
        parse(content, "it")
    except DataError as error:
        raise DataError(f"{error}") from None
    if path.suffix != ".json":
        raise DataError("its name does not end in .json, so nobody would read it")


def unite_record(ours: Object, theirs: Object) -> United:
    """Records are equal or in conflict: each is of one run, and their names hold its start.

    Of one run's record the finished version stands, wherever the run was going on still.
    """
    if same(ours, theirs) or _is_finished_version(ours, of=theirs, when=_RUN):
        return United(ours)
    if _is_finished_version(theirs, of=ours, when=_RUN):
        return United(theirs)
    different = [key for key in {**ours, **theirs} if not same(ours.get(key), theirs.get(key))]
    key = different[0] if different else "a field that is null"
    return United(ours, (conflict(key, ours.get(key), theirs.get(key)),))


def check_study(content: Object, path: Path) -> None:
    """`DataError` unless `content` is the file of a study; the message is the reason alone."""
    schema, study, machines = (content.get(key) for key in ("schema", "study", "machines"))
    if not isinstance(study, str) or not isinstance(machines, dict):
        raise DataError("it is not the file of a study (no study or no machines)")
    if schema != STUDY_SCHEMA or isinstance(schema, bool):
        raise DataError(
            f"it has schema {shown(schema)}, this cnnfc reads {STUDY_SCHEMA}: update cnnfc"
        )
    if study != path.stem:
        raise DataError(f"it is of the study {shown(study)} and not of {path.stem}: rename it")
    odd = [name for name, section in machines.items() if not is_section(section)]
    if odd:
        raise DataError(
            f"its section of {odd[0]} is damaged: question, settings, software, sittings or "
            f"points are missing or not of their kind"
        )
    try:
        study_text(content)
    except ValueError:
        raise DataError(
            "it has a number that is not finite (NaN or Infinity), which no study writes: "
            "somebody has edited it, so correct it"
        ) from None


def unite_study(ours: Object, theirs: Object) -> United:
    """The sections of both, machine by machine.

    Different sections of one machine are in conflict, but one that is not finished gives way to
    the finished one of the same start.
    """
    fields = unite_fields(ours, theirs, without=("machines",))
    machines: dict[str, Any] = {**ours["machines"]}  # type: ignore[dict-item]  # checked
    conflicts: list[Conflict] = [*fields.conflicts]
    for name, section in theirs["machines"].items():  # type: ignore[attr-defined]  # checked
        mine = machines.setdefault(name, section)
        if same(mine, section) or _is_finished_version(mine, of=section, when=("started_at",)):
            continue
        if _is_finished_version(section, of=mine, when=("started_at",)):
            machines[name] = section
        else:
            conflicts.append(
                Conflict(f"section of {name}", _finish(mine), f"another, {_finish(section)}")
            )
    content = {**fields.content, "machines": dict(sorted(machines.items()))}
    return United(content, tuple(conflicts))


def _is_finished_version(one: Object, *, of: Object, when: Iterable[str]) -> bool:
    """Whether `one` is `of` after its end; they are the same where their fields `when` are."""
    return (
        one.get("finished_at") is not None
        and of.get("finished_at") is None
        and one.get("started_at") is not None
        and all(same(one.get(key), of.get(key)) for key in when)
    )


def _finish(section: Object) -> str:
    start, end = section.get("started_at"), section.get("finished_at")
    return f"started {start}, " + ("not finished" if end is None else f"finished {end}")
