"""Writes the site: its pages and their files, in a new folder that replaces the old at once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cnnfc.errors import DataError, UsageError
from cnnfc.history.results import History
from cnnfc.machine.locked_files import remedy
from cnnfc.report.model import Site
from cnnfc.report.pages import build_site
from cnnfc.report.views.gate.page import GatePage
from cnnfc.report.writing.assets import write_assets
from cnnfc.report.writing.laying import Layout
from cnnfc.report.writing.replacing import MARKER, replacing
from cnnfc.timeline.changes import Between, nothing_between

__all__ = ["MARKER", "lay_out_gate", "write_site"]


def write_site(
    history: History,
    out: Path,
    *,
    project: str,
    show_commit_url: str | None = None,
    between: Between = nothing_between,
    now: datetime | None = None,
) -> Path:
    """Write the report about `history` to the folder `out`.

    The site is written beside `out` and then takes its place, so that nobody ever sees half of it,
    an error leaves the old one, and pages of what is gone are gone.

    Args:
        history: what was measured.
        out: a folder that does not exist, is empty, or holds a site written before.
        project: the name of the project, for titles.
        show_commit_url: asv's setting; see `cnnfc.report.pages.build_site`.
        between: asks git for the commits between two.
        now: the moment of writing; by default the clock's.

    Returns:
        The path of ``index.html``.

    Raises:
        UsageError: `out` holds something else, or cannot be written.
    """
    site = build_site(
        history,
        project=project,
        now=now or datetime.now(UTC),
        show_commit_url=show_commit_url,
        between=between,
    )
    try:
        with replacing(out) as folder:
            _write(site, folder)
    except (OSError, DataError) as error:
        # A lock that cannot be taken says why by its cause.
        why = error if isinstance(error, OSError) else error.__cause__
        if not isinstance(why, OSError):
            raise
        raise UsageError(
            f"the report cannot be written to {out} ({why.strerror or why}): "
            + remedy(why, "choose another folder with --out")
        ) from None
    return out / "index.html"


def lay_out_gate(page: GatePage) -> str:
    """The one file about a gate: styles, script and icon inside, and a policy that admits these."""
    return Layout().gate(page)


def _write(site: Site, folder: Path) -> None:
    layout = Layout()
    written: set[str] = set()
    charts = False
    for page in site.pages:
        if page.path in written:
            raise ValueError(f"two pages have the path {page.path!r}")
        written.add(page.path)
        laid = layout.page(site, page)
        charts = charts or laid.charts
        for path, text in {page.path: laid.html, **laid.files}.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            # As it is: lines of a CSV file end as its standard says, all others as here.
            target.write_text(text, encoding="utf-8", newline="")
    write_assets(folder / "assets", charts=charts)
    (folder / MARKER).write_text("Written by `cnnfc report`, which replaces this folder.\n")
