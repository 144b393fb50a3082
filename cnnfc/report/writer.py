"""Writes the site: lays pages out with Jinja2 and puts them in place of the old ones at once."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Final

import jinja2
from markupsafe import Markup

from cnnfc.errors import DataError, UsageError
from cnnfc.history.results import History
from cnnfc.machine.locked_files import is_other_process, locked, remedy
from cnnfc.report.model import Page, Site, Spec
from cnnfc.report.pages import build_site
from cnnfc.report.svg import render
from cnnfc.report.text import clean
from cnnfc.report.views.gate import GatePage

#: Its presence says that a folder was written by us and may be replaced as a whole.
MARKER: Final = ".cnnfc-site"
_PATH: Final = re.compile(r"([a-z0-9-]+/)?[a-z0-9-]+\.html")


def write_site(
    history: History,
    out: Path,
    *,
    project: str,
    show_commit_url: str | None = None,
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
        now: the moment of writing; by default the clock's.

    Returns:
        The path of ``index.html``.

    Raises:
        UsageError: `out` holds something else, or cannot be written.
    """
    site = build_site(
        history, project=project, now=now or datetime.now(UTC), show_commit_url=show_commit_url
    )
    try:
        with _replacing(out) as folder:
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
    style = _asset("site.css") + _asset("gate/gate.css")
    script = _asset("site.js") + _asset("gate/gate.js")
    icon = base64.b64encode(_asset("favicon.svg").encode()).decode()
    return (
        _environment()
        .get_template("gate.html.j2")
        .render(
            page=page,
            # Our own files, known by their hashes to the policy.
            style=Markup(style),  # noqa: S704
            script=Markup(script),  # noqa: S704
            style_hash=_hash(style),
            script_hash=_hash(script),
            icon=f"data:image/svg+xml;base64,{icon}",
        )
    )


def _asset(name: str) -> str:
    path = resources.files("cnnfc.report").joinpath("assets", *name.split("/"))
    # As a browser reads it, whatever git made of the ends of lines.
    return path.read_text(encoding="utf-8").replace("\r\n", "\n")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _write(site: Site, folder: Path) -> None:
    environment = _environment()
    written: set[str] = set()
    for page in site.pages:
        if not _PATH.fullmatch(page.path) or page.path in written:
            raise ValueError(f"{page.path!r} cannot be the path of a page")
        written.add(page.path)
        target = folder / page.path
        target.parent.mkdir(exist_ok=True)
        target.write_text(_lay_out(environment, site, page), encoding="utf-8", newline="\n")
    assets = folder / "assets"
    assets.mkdir()
    for asset in resources.files("cnnfc.report").joinpath("assets").iterdir():
        if asset.is_file():
            (assets / asset.name).write_bytes(asset.read_bytes())
    (folder / MARKER).write_text("Written by `cnnfc report`, which replaces this folder.\n")


def _lay_out(environment: jinja2.Environment, site: Site, page: Page) -> str:
    template = environment.get_template(page.template)
    return template.render(site=site, page=page, body=page.body, root=page.root)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cnnfc.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["svg"] = _svg
    return environment


def _printable(value: object) -> object:
    """What a template prints: names from files may hold characters that a page must not."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _svg(spec: Spec, prefix: str, label: str) -> Markup:
    # Built from an allow-list of elements and attributes, with every text escaped.
    return Markup(render(spec, prefix, label))  # noqa: S704


@contextmanager
def _replacing(out: Path) -> Iterator[Path]:
    """A new folder that takes the place of `out` if the block ends without an error."""
    out = out.resolve()
    # The number says whose folders these are; it may have been another's, the letters were not.
    name = f".{out.name}.{os.getpid()}-{secrets.token_hex(4)}"
    # Hidden, and matched by the `*.tmp` that git is told to ignore.
    new, old = out.with_name(f"{name}.new.tmp"), out.with_name(f"{name}.old.tmp")
    # Two reports at once are laid out side by side; only their looks at `out` take turns.
    with locked(out):
        _tidy(out)
        if out.exists():
            _check_ours(out)
        new.mkdir()
    try:
        yield new
        with locked(out):
            _swap(new, out, old)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _tidy(out: Path) -> None:
    """Remove what killed reports left beside `out`; bring the site back that one took away.

    Folders of another process that is running stay; this process has none here yet.
    """
    # The first versions named folders after the process alone.
    pattern = re.compile(
        rf"\.{re.escape(out.name)}\.([0-9]{{1,9}})(?:-[0-9a-f]{{8}})?\.(new|old)\.tmp"
    )
    for path in out.parent.iterdir():
        found = pattern.fullmatch(path.name)
        if found is None or is_other_process(int(found[1])):
            continue
        if found[2] == "old" and not out.exists() and (path / MARKER).is_file():
            path.rename(out)
        else:
            shutil.rmtree(path, ignore_errors=True)


def _swap(new: Path, out: Path, old: Path) -> None:
    """Put `new` in the place of `out`, which goes to `old`; on an error, `out` stays."""
    if out.exists():
        _check_ours(out)
    try:
        if out.exists():
            out.rename(old)
        new.rename(out)
    except BaseException:  # an interrupt too
        if old.exists() and not out.exists():
            old.rename(out)
        raise


def _check_ours(out: Path) -> None:
    """Refuse to replace a folder that somebody keeps other things in."""
    if not out.is_dir():
        raise UsageError(f"{out} is a file: name a folder for the report with --out")
    if any(out.iterdir()) and not (out / MARKER).is_file():
        raise UsageError(
            f"{out} holds files that cnnfc did not write, and a report replaces its whole folder: "
            f"name an empty or a new folder with --out"
        )
