"""``cnnfc merge``: unites measurements of several machines or shards in one folder."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from cnnfc.commands.project import CONFIG_NAMES, Project, find_project
from cnnfc.errors import DataError, UsageError
from cnnfc.machine.locked_files import locked
from cnnfc.merge.folders import FileConflict, Merged, Target, merge_source
from cnnfc.merge.sources import PARTS, Source, is_results_folder, open_source

#: So many lines of a kind are printed; ``--json`` has all.
_MOST_LINES: Final = 20


@dataclass(frozen=True)
class MergeOptions:
    """What ``cnnfc merge`` was asked for; see its ``--help``."""

    sources: tuple[Path, ...]
    into: Path | None = None
    dry_run: bool = False
    as_json: bool = False


def merge(options: MergeOptions, out: TextIO, *, start: Path | None = None) -> int:
    """Merge the sources, in their order, into this project's folders or those of ``into``.

    Args:
        options: what to merge.
        out: where to say what was found and what came of it.
        start: where the project is looked for; the current folder if left out.

    Returns:
        The exit code, 0.

    Raises:
        UsageError: a source has nothing to merge, or a run is measuring in this project.
        DataError: some values contradict, or files are damaged: the rest is merged.  Or the target
            cannot be written to.
    """
    parts, name, lock = _destination(options.into, start)
    merged, sources = Merged(), []
    with contextlib.ExitStack() as stack:
        if not options.dry_run:
            stack.enter_context(lock)
        target = Target(parts, dry=options.dry_run)
        # All of them are opened before the first is merged: a slip in a name costs nothing.
        for path in options.sources:
            sources.append(stack.enter_context(open_source(path, _parts_at)))
            if not options.as_json:
                print(_found(sources[-1]), file=out)
        for source in sources:
            merge_source(source, target, merged)
    if options.as_json:
        print(json.dumps(_data(merged, sources, name, options), indent=2), file=out)
    else:
        for line in _lines(merged, name, dry=options.dry_run):
            print(line, file=out)
    _complain(merged, dry=options.dry_run)
    return 0


def _destination(
    into: Path | None, start: Path | None
) -> tuple[dict[str, Path], str, contextlib.AbstractContextManager[object]]:
    """The folders to merge into, what to call them, and the lock to hold meanwhile."""
    if into is None:
        return _of_project(find_project(start))
    if into.exists() and not into.is_dir():
        raise UsageError(f"--into {into} is a file: name a folder, which need not exist")
    if into.is_dir() and is_results_folder(into):
        raise UsageError(
            f"--into {into} is asv's results folder: name the folder above, which has results/, "
            f"hardware/ and studies/ in it"
        )
    above = into.resolve().parent
    if into.resolve().name == "reports" and _is_project(above):
        return _of_project(find_project(above))
    parts = {part: into / part for part in PARTS}
    # Somebody measures into this folder, or has: `cnnfc run` keeps its scratch there.
    if (into / "asv").is_dir():
        return parts, str(into), _run_lock(into / "asv" / "run.lock")
    return parts, str(into), locked(into / "merge")


def _of_project(
    project: Project,
) -> tuple[dict[str, Path], str, contextlib.AbstractContextManager[object]]:
    lock = _run_lock(project.scratch / "run.lock")
    return _parts(project), str(project.hardware.parent), lock


def _parts(project: Project) -> dict[str, Path]:
    """Where `project` keeps its measurements, by `PARTS`."""
    folders = (project.results, project.hardware, project.hardware.parent / "studies")
    return dict(zip(PARTS, folders, strict=True))


def _is_project(folder: Path) -> bool:
    return any((folder / name).is_file() for name in CONFIG_NAMES)


def _parts_at(folder: Path) -> dict[str, Path] | None:
    return _parts(find_project(folder)) if _is_project(folder) else None


@contextlib.contextmanager
def _run_lock(path: Path) -> Iterator[None]:
    """The lock of a run: asv reads a result file, adds to it and writes it, all in one piece."""
    try:
        from cnnfc.harness.lock import hold  # noqa: PLC0415  # Windows has no such locks
    except ImportError:
        raise UsageError(
            f"merging into {path.parent.parent} needs the lock of its runs, which this system does "
            f"not have: merge into a new folder with --into, and move it where asv runs"
        ) from None
    with hold(path):
        yield


def _found(source: Source) -> str:
    return f"{source.name}: {source.kind} with {', '.join(source.parts)}"


def _lines(merged: Merged, name: str, *, dry: bool) -> Iterator[str]:
    yield from _listed("new", merged.new)
    yield from _listed("united", merged.united)
    yield from _listed("passed over, no measurement", merged.passed_over)
    yield from _listed("differs without harm", [_difference(found) for found in merged.notes])
    yield from _listed("conflict", [_difference(found) for found in merged.conflicts])
    yield from _listed("not merged", [f"{p.path}: {p.reason}" for p in merged.problems])
    counts = f"{len(merged.new)} new, {len(merged.united)} united, {len(merged.equal)} equal"
    yield f"{'would be merged' if dry else 'merged'} into {name}: {counts}"


def _difference(found: FileConflict) -> str:
    kept, other = found.conflict.kept, found.conflict.other
    return f"{found.path}: {found.conflict.where}: kept {kept}, {found.source} has {other}"


def _listed(word: str, lines: Sequence[str]) -> Iterator[str]:
    yield from (f"  {word}: {line}" for line in lines[:_MOST_LINES])
    if len(lines) > _MOST_LINES:
        yield f"  {word}: {len(lines) - _MOST_LINES} more; --json lists all"


def _data(
    merged: Merged, sources: Sequence[Source], name: str, options: MergeOptions
) -> dict[str, Any]:
    return {
        "into": name,
        "dry_run": options.dry_run,
        "sources": [
            {"path": source.name, "kind": source.kind, "parts": list(source.parts)}
            for source in sources
        ],
        "new": merged.new,
        "united": merged.united,
        "equal": merged.equal,
        "passed_over": merged.passed_over,
        "notes": [_difference_data(found) for found in merged.notes],
        "conflicts": [_difference_data(found) for found in merged.conflicts],
        "problems": [{"file": p.path, "reason": p.reason} for p in merged.problems],
    }


def _difference_data(found: FileConflict) -> dict[str, str]:
    return {
        "file": found.path,
        "where": found.conflict.where,
        "kept": found.conflict.kept,
        "other": found.conflict.other,
        "source": found.source,
    }


def _complain(merged: Merged, *, dry: bool) -> None:
    """Raise the one sentence about what could not be merged, if there is anything."""
    parts = []
    if merged.conflicts:
        files = len({found.path for found in merged.conflicts})
        count = _count(len(merged.conflicts), "conflict")
        parts.append(f"{count} in {_count(files, 'file')}, where what was there is kept")
    if merged.problems:
        parts.append(f"{_count(len(merged.problems), 'file')} that could not be read or united")
    if parts:
        raise DataError(
            f"{' and '.join(parts)}; everything else {'would be' if dry else 'is'} merged: settle "
            f"what is named above and run the same command again"
        )


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"
