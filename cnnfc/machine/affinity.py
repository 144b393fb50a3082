"""Says on which CPUs this process may run, also after OpenMP has bound its first thread.

With ``OMP_PROC_BIND`` or its like set, libgomp binds the thread that loads it to one place, at
once (gomp_init_affinity in its config/linux/affinity.c): asked afterwards, the system names that
place alone, although the threads that come later are spread over all CPUs that were there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from cnnfc.machine.host import Host, ask, attempt, cpu_list, this_host

#: Variables that make an OpenMP library bind threads (OpenMP 5.2, 21.1; libgomp's and LLVM's
#: manuals).  Places alone do: the default of the binding is then true.
_BINDING: Final = ("OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY")
#: Marks of values that choose CPUs in ways not read here: ``{0}:2``, ``threads(1)``, ``0-6:2``,
#: ``proclist=[0]``.  Such a value may leave out CPUs, so the system's answer is the safe one.
_CHOOSING: Final = frozenset("{([:")

#: At most one set: where this process could run before a thread of it was bound.
_remembered: list[frozenset[int]] = []


def remember(host: Host | None = None, environ: Mapping[str, str] | None = None) -> None:
    """Keep where this process may run, if an OpenMP library is about to bind a thread of it.

    To be called before such a library (that is, torch) is loaded; a later call changes nothing.
    Processes forked from here on remember the same.

    Args:
        host: The machine; by default the one that this runs on.
        environ: Its environment variables; by default this process's.
    """
    environ = os.environ if environ is None else environ
    if _remembered or not _binds(environ):
        return
    found = _asked(host or this_host())
    listed = environ.get("GOMP_CPU_AFFINITY")
    if found and listed:
        found &= cpu_list(",".join(listed.split()))
    if found:
        _remembered.append(found)


def affinity(host: Host) -> frozenset[int] | None:
    """The CPUs that this process may run on; None where the platform has no affinity (macOS).

    Of this machine, what `remember` has kept; else what the system says now.
    """
    if _remembered and host is this_host():
        return _remembered[0]
    return _asked(host)


def _binds(environ: Mapping[str, str]) -> bool:
    values = [value for name in _BINDING if (value := environ.get(name, "").strip())]
    if environ.get("OMP_PROC_BIND", "").strip().lower() == "false":
        return False
    return bool(values) and not any(_CHOOSING & set(value) for value in values)


def _asked(host: Host) -> frozenset[int] | None:
    found = ask(ask(host.psutil, "Process"), "cpu_affinity")
    return attempt(lambda: frozenset(int(cpu) for cpu in found)) or None
