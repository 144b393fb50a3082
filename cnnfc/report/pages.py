"""Puts the whole site together: from a history to pages that only need to be laid out.

Pure: no file is read or written, and the clock is an argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cnnfc import __version__
from cnnfc.analysis.changepoints.steps import find_steps
from cnnfc.history.results import History
from cnnfc.report import text
from cnnfc.report.layers.devices import DeviceLayers, all_devices
from cnnfc.report.layers.scaling import MachineScaling, all_scalings
from cnnfc.report.model import Link, Page, Site
from cnnfc.report.past import look_back
from cnnfc.report.views.benchmark import overview as benchmarks
from cnnfc.report.views.benchmark import page as benchmark
from cnnfc.report.views.changes import page as changes
from cnnfc.report.views.changes import table as changes_table
from cnnfc.report.views.common import Context
from cnnfc.report.views.index import page as index
from cnnfc.report.views.machine import page as machine
from cnnfc.report.views.parameters import page as parameters
from cnnfc.report.views.related import with_related
from cnnfc.report.views.roofline import page as roofline
from cnnfc.report.views.threads import page as threads
from cnnfc.timeline.arrange import arrange
from cnnfc.timeline.changes import Between, nothing_between
from cnnfc.timeline.courses import Detect
from cnnfc.timeline.series import Group, newest_first


def build_site(
    history: History,
    *,
    project: str,
    now: datetime,
    show_commit_url: str | None = None,
    between: Between = nothing_between,
    detect: Detect = find_steps,
) -> Site:
    """All pages about `history`.

    Args:
        history: what was measured; without any run, the pages say so.
        project: its name, for titles.
        now: the moment that ages are counted from, with its time zone.
        show_commit_url: what a commit's hash is appended to for a link; commits are not linked
            without it, or if it is no plain http(s) address.
        between: asks git for the commits between two; without it nobody knows how many there are.
        detect: finds the steps of a series.
    """
    context = Context(now, show_commit_url)
    groups = arrange(history)
    layers = tuple(all_devices(groups))
    scalings = tuple(all_scalings(groups))
    past = look_back(groups, between, detect)
    names = benchmarks.measured_names(groups)
    pages: list[Page] = [index.page(history, groups, layers, past, context, benchmarks=len(names))]
    pages.append(changes.page(groups, past, context))
    pages += benchmarks.pages(groups)
    pages += machine.pages(groups, layers, context)
    pages += parameters.pages(layers, groups, context)
    pages += roofline.pages(layers, groups, context)
    pages += threads.pages(scalings, groups, context)
    for name in names:
        pages += benchmark.pages(name, groups, past, context)
    return Site(
        project=project,
        as_of=text.minute(now),
        version=__version__,
        navigation=_navigation(groups, layers, scalings),
        pages=tuple(with_related(pages, layers, scalings, groups)),
    )


def _navigation(
    groups: Sequence[Group],
    layers: Sequence[DeviceLayers],
    scalings: Sequence[MachineScaling],
) -> tuple[Link, ...]:
    """Where every page leads; a page of one machine stands for those of all, the newest first."""
    entries = [Link("Overview", "index.html"), Link("Changes", changes_table.PATH)]
    if groups:
        entries.append(Link("Machines", "index.html#machines"))
    if layers:
        entries.append(Link("Parameters and latency", "index.html#parameters"))
    newest = newest_first(groups)
    roofs = [one for group in newest for one in layers if one.group is group]
    entries += [Link("Roofline", roofline.path(one)) for one in roofs[:1]]
    scaled = [one for group in newest for one in scalings if one.group is group]
    entries += [Link("Threads", threads.path(one)) for one in scaled[:1]]
    return (*entries, Link("Benchmarks", benchmarks.path()))
