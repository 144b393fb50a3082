"""Holds what the rules look at: the mappings of a hardware record and what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cnnfc.machine.doctor.answers import Measured
from cnnfc.units import format_value

_SYSTEMS: Final = {"linux": "This kernel", "darwin": "macOS", "win32": "Windows"}


@dataclass(frozen=True)
class Evidence:
    """All that a rule may know; anything may be missing, and foreign values are possible.

    Attributes:
        identity: As `HardwareRecord.identity`.
        state: As `HardwareRecord.state_before`.
        software: As `HardwareRecord.software`.
        measured: What the probes found; empty where none ran.
    """

    identity: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    software: Mapping[str, Any] = field(default_factory=dict)
    measured: Measured = field(default_factory=Measured)

    @property
    def cpu(self) -> Mapping[str, Any]:
        """The group ``cpu`` of the state."""
        return group(self.state, "cpu")

    @property
    def memory(self) -> Mapping[str, Any]:
        """The group ``memory`` of the state."""
        return group(self.state, "memory")

    @property
    def detail(self) -> Mapping[str, Any]:
        """The group ``detail`` of the identity."""
        return group(self.identity, "detail")

    @property
    def environment(self) -> Mapping[str, Any]:
        """The environment variables that matter."""
        return group(self.software, "environment")

    @property
    def platform(self) -> str:
        """``sys.platform`` where it was measured; "" if not known."""
        return str(group(self.software, "python").get("platform", ""))

    @property
    def virtual(self) -> bool:
        """Whether it is known to be a virtual machine."""
        return self.detail.get("virtual") is True

    def hidden(self) -> str:
        """Why something is not known here, a sentence."""
        if self.virtual:
            return "The hypervisor does not show it to this virtual machine."
        if self.detail.get("container"):
            return "This container does not show it."
        return f"{_SYSTEMS.get(self.platform, 'This system')} does not say it."

    def outside(self, command: str) -> str:
        """`command`, said to belong on the host where this is a container."""
        return f"on the container's host: {command}" if self.detail.get("container") else command


def group(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The group `key` of `data`; empty if it is not there."""
    found = data.get(key)
    return found if isinstance(found, Mapping) else {}


def number(data: Mapping[str, Any], key: str) -> float | None:
    """The number `key` of `data`; None for anything else."""
    found = data.get(key)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        return None
    return float(found)


def percent(share: float) -> str:
    """``1.5%``, ``12%``: two digits, at least tenths below ten percent."""
    return f"{share * 100:.1f}%" if share < 0.0995 else f"{share * 100:.0f}%"


def seconds(value: float) -> str:
    """``3.3 ms``: two digits."""
    return format_value(value, "seconds", 2)
