"""The pages on threads: where does adding threads stop helping?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cnnfc.report import text
from cnnfc.report.layers.scaling import MachineScaling
from cnnfc.report.links import page_path
from cnnfc.report.model import Figure, Link, Notice, Page, Stat, Table
from cnnfc.report.views import common
from cnnfc.report.views.common import Context
from cnnfc.report.views.threads.figures import figures
from cnnfc.report.views.threads.table import layer_table
from cnnfc.report.views.threads.words import answer
from cnnfc.timeline.series import Group


@dataclass(frozen=True)
class ThreadsBody:
    """What the template of a page on threads prints; without two thread counts, little."""

    machine: Link
    stats: tuple[Stat, ...]
    curves: Figure | None
    pair: tuple[Figure, ...]
    layers: Table | None
    elsewhere: tuple[Link, ...]


def path(found: MachineScaling) -> str:
    """The address of the page about `found`."""
    return page_path("threads", found.group.machine, found.group.environment)


def pages(
    every: Sequence[MachineScaling], groups: Sequence[Group], context: Context
) -> Iterator[Page]:
    """One page for each of `every`."""
    for found in every:
        label = common.group_label(found.group, groups)
        curves, pair = figures(found)
        yield Page(
            path=path(found),
            template="threads.html.j2",
            title=f"Threads of {label}",
            question="Where does adding threads stop helping?",
            section="Threads",
            answer=tuple(Notice(sentence) for sentence in answer(found, label)),
            how_to_read=_HOW_TO_READ,
            trail=(
                Link("Overview", "index.html"),
                Link(found.group.machine, common.machine_path(found.group.machine)),
            ),
            body=ThreadsBody(
                machine=Link(label, common.machine_path(found.group.machine)),
                stats=_stats(found, context),
                curves=curves,
                pair=pair,
                layers=layer_table(found) if found.layers else None,
                elsewhere=tuple(
                    Link(common.group_label(other.group, groups), path(other))
                    for other in every
                    if other is not found
                ),
            ),
        )


def _stats(found: MachineScaling, context: Context) -> tuple[Stat, ...]:
    median = found.median_gain
    first, last = found.ends
    commit = context.commit(found.run)
    return (
        Stat("Thread counts", ", ".join(map(str, found.counts)), "measured in one run"),
        Stat("Layers", f"{len(found.layers):,}", "on two thread counts or more"),
        Stat(
            "Median speed-up",
            text.factor(median.centre) if median else text.MISSING,
            f"from {text.plural(first, 'thread')} to {last}" if median else "",
        ),
        Stat("Commit", commit.text, text.day(found.run.commit_date)),
        Stat("Environment", text.shorten(found.run.environment, 28)),
    )


_HOW_TO_READ: Final = (
    (
        "Speed-up is the latency on the fewest threads over that on more of them; ideal is as many "
        "times as there are threads. Efficiency is speed-up over the factor of threads: what part "
        "of each thread is of use. All thread counts of a layer come from one benchmark in one "
        "run, of the newest commit that has them."
    ),
    (
        "The serial fraction is that of Amdahl's law: the part of the work that threads cannot "
        "share, if that were all that holds a layer up. It stands for everything that does: memory "
        "that is shared, threads that wake up and wait for each other, too little work. From two "
        "thread counts it follows exactly, and nothing tests the law; from more it is fitted, and "
        "the table says how far the law is off."
    ),
    (
        "A layer that is slower with more threads has no serial fraction from 0 to 1, nor has one "
        "that is faster than ideal: the table says so instead of a number."
    ),
    (
        "More threads stop helping at the count from which another doubling gains nothing that "
        "the intervals show. Intervals are those of the latencies, combined; they are about this "
        "run, and another one may be further off."
    ),
)
