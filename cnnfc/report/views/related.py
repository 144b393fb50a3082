"""Links the pages that ask other questions of the same machine and device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from cnnfc.report.layers.devices import DeviceLayers
from cnnfc.report.layers.scaling import MachineScaling
from cnnfc.report.model import Link, Page
from cnnfc.report.views import common
from cnnfc.report.views.parameters import page as parameters
from cnnfc.report.views.roofline import page as roofline
from cnnfc.report.views.threads import page as threads
from cnnfc.timeline.series import Group


def with_related(
    pages: Iterable[Page],
    layers: Sequence[DeviceLayers],
    scalings: Sequence[MachineScaling],
    groups: Sequence[Group],
) -> Iterator[Page]:
    """`pages`, those about layers, threads and machines with links to each other."""
    found: dict[str, list[Link]] = {}
    for one in layers:
        own = [Link("Threads", threads.path(scaling)) for scaling in _of(one, scalings)]
        found[parameters.path(one)] = [Link("Roofline", roofline.path(one)), *own]
        found[roofline.path(one)] = [Link("Parameters and latency", parameters.path(one)), *own]
    for scaling in scalings:
        found[threads.path(scaling)] = [
            Link(f"Roofline, {one.device.label}", roofline.path(one))
            for one in layers
            if one.group is scaling.group and one.device.is_cpu
        ]
    for group in groups:
        found.setdefault(common.machine_path(group.machine), []).extend(
            _of_machine(group, layers, scalings, groups)
        )
    for page in pages:
        yield replace(page, related=tuple(found.get(page.path, ())))


def _of(one: DeviceLayers, scalings: Sequence[MachineScaling]) -> Iterator[MachineScaling]:
    """The page on threads of the same group; an accelerator has no threads."""
    if one.device.is_cpu:
        yield from (scaling for scaling in scalings if scaling.group is one.group)


def _of_machine(
    group: Group,
    layers: Sequence[DeviceLayers],
    scalings: Sequence[MachineScaling],
    groups: Sequence[Group],
) -> Iterator[Link]:
    """Roofline and threads of one environment of a machine."""
    several = sum(other.machine == group.machine for other in groups) > 1
    tail = f" · {group.environment}" if several else ""
    for one in layers:
        if one.group is group:
            yield Link(f"Roofline, {one.device.label}{tail}", roofline.path(one))
    for scaling in scalings:
        if scaling.group is group:
            yield Link(f"Threads{tail}", threads.path(scaling))
