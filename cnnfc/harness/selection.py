"""Which points of a suite a run is about."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cnnfc.cases import Case
from cnnfc.catalogues import catalogue
from cnnfc.errors import UsageError
from cnnfc.harness.devices import Devices
from cnnfc.harness.profiles import measures, measures_on
from cnnfc.harness.suite import Point, Suite
from cnnfc.names import Device, parse_profile


@dataclass(frozen=True)
class Selection:
    """What was asked for; empty tuples ask for everything.

    ``bench`` are regular expressions over ``name(parameters)`` as asv's ``--bench`` takes them,
    ``cases`` canonical case names (those of the catalogues asked for included), ``devices`` names
    of devices.
    """

    profile: str = "standard"
    bench: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()


def parse_selection(
    *,
    profile: str = "standard",
    bench: tuple[str, ...] = (),
    catalogues: tuple[str, ...] = (),
    cases: tuple[str, ...] = (),
    devices: tuple[str, ...] = (),
) -> Selection:
    """A selection of names that are valid; whether the suite has them is seen in `select`.

    Raises:
        UsageError: naming the option for an unknown profile or catalogue, a case or device name
            that cannot be, or an expression that is not valid.
    """
    for pattern in bench:
        try:
            re.compile(pattern)
        except re.error as error:
            raise UsageError(f"--bench {pattern!r} is not a regular expression: {error}") from None
    listed = [str(case) for name in catalogues for case in catalogue(name).cases]
    named = [str(Case.parse(name)) for name in cases]
    return Selection(
        profile=parse_profile(profile),
        bench=bench,
        cases=tuple(dict.fromkeys(listed + named)),
        devices=tuple(str(Device.parse(name)) for name in devices),
    )


@dataclass(frozen=True)
class Selected:
    """The ``points`` asked for, and the ``canaries`` that are read along with them."""

    points: tuple[Point, ...]
    canaries: tuple[Point, ...] = ()

    @property
    def all(self) -> tuple[Point, ...]:
        return (*self.points, *self.canaries)


def select(suite: Suite, selection: Selection, devices: Devices) -> Selected:
    """The points of `suite` that `selection` asks for and that `devices` can measure.

    Canaries come along whatever cases were asked for, so that every run can tell code from
    machine; naming benchmarks with ``bench`` is exact.

    Raises:
        UsageError: nothing is left; it names the option that left nothing.
    """
    for name in selection.devices:
        if not devices.has_named(name):
            raise UsageError(f"--device {name} does not exist here; this machine has {devices}")

    def comes_along(point: Point) -> bool:
        asked = selection.bench or suite.case(point) in selection.cases
        return suite.benchmarks[point.benchmark].is_canary and not asked

    points = tuple(point for point in suite.points if not comes_along(point))
    canaries = tuple(point for point in suite.points if comes_along(point))
    if not points:
        points, canaries = canaries, ()
    if not points:
        raise UsageError("the suite has no benchmarks: add one to its folder")
    for keeps, complain in _chosen(suite, selection):
        points = _kept(points, keeps, complain)
    for keeps, complain in _possible(suite, selection, devices):
        points = _kept(points, keeps, complain)
        canaries = tuple(filter(keeps, canaries))
    return Selected(points, canaries)


Keeps = Callable[[Point], bool]
#: Says what left nothing of the points that it is given.
Complain = Callable[[tuple[Point, ...]], str]


def _kept(points: tuple[Point, ...], keeps: Keeps, complain: Complain) -> tuple[Point, ...]:
    kept = tuple(filter(keeps, points))
    if not kept:
        raise UsageError(complain(points))
    return kept


def _chosen(suite: Suite, selection: Selection) -> Iterator[tuple[Keeps, Complain]]:
    """The filters that somebody asked for."""
    if selection.bench:
        patterns = [re.compile(pattern) for pattern in selection.bench]
        yield (
            lambda point: any(pattern.search(str(point)) for pattern in patterns),
            lambda points: _no_benchmark(selection.bench, points),
        )
    if selection.cases:
        yield (
            lambda point: suite.case(point) in selection.cases,
            lambda points: _no_case(suite, selection, points),
        )


def _possible(
    suite: Suite, selection: Selection, devices: Devices
) -> Iterator[tuple[Keeps, Complain]]:
    """The filters that hold for canaries too."""
    yield (
        lambda p: measures(selection.profile, suite.benchmarks[p.benchmark], suite.case(p)),
        lambda points: _not_in_profile(suite, selection, points),
    )
    if selection.devices:
        yield (
            lambda point: suite.device(point) in (None, *selection.devices),
            lambda _: f"nothing of this is measured on {' or '.join(selection.devices)}",
        )
    yield (
        lambda point: _runs_on(suite.device(point), selection, devices),
        lambda _: f"nothing of this can be measured here: this machine has {devices}",
    )


def _runs_on(name: str | None, selection: Selection, devices: Devices) -> bool:
    if not devices.has_named(name):
        return False
    if name is None or selection.devices:
        return True
    try:
        return measures_on(selection.profile, Device.parse(name), devices.cpus)
    except UsageError:
        return True


def _no_benchmark(bench: tuple[str, ...], points: tuple[Point, ...]) -> str:
    names = sorted({point.benchmark for point in points})
    return (
        f"--bench {' '.join(map(repr, bench))} matches no benchmark: it is searched in names such "
        f"as {points[-1]}; the benchmarks are {', '.join(names)}"
    )


def _no_case(suite: Suite, selection: Selection, points: tuple[Point, ...]) -> str:
    known = {case for point in points if (case := suite.case(point)) is not None}
    first = selection.cases[0]
    close = difflib.get_close_matches(first, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    more = f" (nor are the other {len(selection.cases) - 1})" if selection.cases[1:] else ""
    return (
        f"case {first} is not measured by any benchmark asked for{more}: add it to a catalogue in "
        f"cnnfc/catalogues.toml, `cnnfc cases` lists what is there{hint}"
    )


def _not_in_profile(suite: Suite, selection: Selection, points: tuple[Point, ...]) -> str:
    larger = {"quick": "standard", "standard": "full"}.get(selection.profile)
    while larger is not None:
        if any(measures(larger, suite.benchmarks[p.benchmark], suite.case(p)) for p in points):
            return (
                f"the {selection.profile} profile measures nothing of this: add --profile {larger}"
            )
        larger = {"standard": "full"}.get(larger)
    return f"the {selection.profile} profile measures nothing of this"
