"""Puts the whole site together: from a history to pages that only need to be laid out.

Pure: no file is read or written, and the clock is an argument.
"""

from __future__ import annotations

from datetime import datetime

from cnnfc import __version__
from cnnfc.history.results import History
from cnnfc.report import text
from cnnfc.report.layers import all_devices
from cnnfc.report.model import Link, Page, Site
from cnnfc.report.views import benchmark, benchmarks, index, machine, parameters
from cnnfc.report.views.common import Context
from cnnfc.timeline.arrange import arrange


def build_site(
    history: History, *, project: str, now: datetime, show_commit_url: str | None = None
) -> Site:
    """All pages about `history`.

    Args:
        history: what was measured; without any run, the pages say so.
        project: its name, for titles.
        now: the moment that ages are counted from, with its time zone.
        show_commit_url: what a commit's hash is appended to for a link; commits are not linked
            without it, or if it is no plain http(s) address.
    """
    context = Context(now, show_commit_url)
    groups = arrange(history)
    layers = tuple(all_devices(groups))
    names = benchmarks.measured_names(groups)
    pages: list[Page] = [index.page(history, groups, layers, len(names), context)]
    pages += benchmarks.pages(groups)
    pages += machine.pages(groups, layers, context)
    pages += parameters.pages(layers, groups, context)
    for name in names:
        pages += benchmark.pages(name, groups, context)
    return Site(
        project=project,
        as_of=text.minute(now),
        version=__version__,
        navigation=_navigation(bool(groups), bool(layers)),
        pages=tuple(pages),
    )


def _navigation(machines: bool, layers: bool) -> tuple[Link, ...]:
    entries = [Link("Overview", "index.html")]
    if machines:
        entries.append(Link("Machines", "index.html#machines"))
    if layers:
        entries.append(Link("Parameters and latency", "index.html#parameters"))
    return (*entries, Link("Benchmarks", benchmarks.path()))
