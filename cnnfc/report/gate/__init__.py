"""Writes everything that shows one gate into a folder: all of it is rendered from its report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cnnfc.history import gate_json
from cnnfc.machine.locked_files import write_atomically
from cnnfc.verdicts import GateReport


def write_all(report: GateReport, folder: Path, *, project: str = "") -> tuple[Path, ...]:
    """Write `report` to `folder` (made if need be) in every form; return the files.

    ``gate.json`` comes first, so that nothing is lost if another form cannot be written.  Each
    file is there whole or not at all.

    Args:
        report: What is shown.
        folder: Where the files go.
        project: Folder of the project, relative to its repository's root with ``/``.

    Raises:
        DataError: The folder cannot be written to.
    """
    written = [folder / "gate.json"]
    gate_json.write(report, written[0])
    for name, text in _forms(report, project):
        write_atomically(folder / name, text)
        written.append(folder / name)
    return tuple(written)


def _forms(report: GateReport, project: str) -> Iterator[tuple[str, str]]:
    # Whoever imports one form alone need not wait for the templates of another.
    from cnnfc.report.gate import junit, page, sarif, summary  # noqa: PLC0415

    yield "summary.md", summary.markdown(report)
    yield "junit.xml", junit.xml(report)
    yield "gate.sarif", sarif.log(report, project)
    yield "index.html", page.html(report)
