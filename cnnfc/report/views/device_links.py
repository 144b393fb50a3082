"""Links pages of one kind with each other: other devices here, the same device elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cnnfc.report.layers.devices import DeviceLayers
from cnnfc.report.model import Link
from cnnfc.report.views import common
from cnnfc.timeline.series import Group

#: The address of the page about one of them.
_Path = Callable[[DeviceLayers], str]


def siblings(found: DeviceLayers, every: Sequence[DeviceLayers], path: _Path) -> tuple[Link, ...]:
    """All devices of the group of `found`, itself as the current one; none if it is alone."""
    links = tuple(
        Link(other.device.label, path(other), other is found)
        for other in every
        if other.group is found.group
    )
    return links if len(links) > 1 else ()


def elsewhere(
    found: DeviceLayers, every: Sequence[DeviceLayers], groups: Sequence[Group], path: _Path
) -> tuple[Link, ...]:
    """The same device in all other groups."""
    return tuple(
        Link(f"{common.group_label(other.group, groups)}, {other.device.label}", path(other))
        for other in every
        if other.group is not found.group and other.device == found.device
    )
