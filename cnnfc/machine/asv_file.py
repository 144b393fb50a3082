"""Keeps this machine's entry in asv's own machine file, ``~/.asv-machine.json``.

asv keys its results by the entry's name and copies the entry's fields into every result file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cnnfc.errors import DataError
from cnnfc.machine.host import Host, integer, this_host
from cnnfc.machine.identity import Identity
from cnnfc.machine.locked_files import locked, sweep, write_atomically

#: The version of the file that asv 0.6 reads and writes (asv.machine.MachineCollection).
VERSION: Final = 1


@dataclass(frozen=True)
class Registration:
    """What `register` did.

    Attributes:
        path: asv's machine file.
        entry: This machine's entry as it is now in that file.
        added: Whether the file was changed.
        others: Names of the file's other machines.  asv takes an entry by itself only if it is
            the only one; else it has to be told ``--machine NAME``.
    """

    path: Path
    entry: dict[str, str]
    added: bool
    others: tuple[str, ...] = ()


def asv_facts(host: Host | None = None) -> dict[str, str]:
    """What asv's ``Machine.get_defaults()`` says of this machine, its host name left out.

    Keys ``os``, ``arch``, ``cpu``, ``num_cpu``, ``ram`` (bytes), all text as asv writes it, "" for
    what asv cannot find.  On Windows asv's answer for ``cpu`` depends on a package that may be
    installed, so the key is missing there.
    """
    host = host or this_host()
    facts = {
        "os": f"{host.system} {host.kernel}",
        "arch": host.architecture,
        "num_cpu": str(host.logical_cpus or ""),
        "ram": "",
    }
    if host.system != "Windows":
        facts["cpu"] = ""
    if host.system == "Linux":
        facts["cpu"] = _field(host, "/proc/cpuinfo", "model name")
        size = _field(host, "/proc/meminfo", "MemTotal")
        kilobytes = integer(size.removesuffix(" kB"))
        facts["ram"] = "" if kilobytes is None else str(kilobytes * 1024)
    elif host.system == "Darwin":
        facts["cpu"] = host.sysctl().get("machdep.cpu.brand_string", "")
        facts["ram"] = host.sysctl().get("hw.memsize", "")
    return facts


def register(
    identity: Identity, path: Path | None = None, *, host: Host | None = None
) -> Registration:
    """Add this machine to asv's machine file under its name; leave everything else as it is.

    An entry of that name stays as it is too (asv starts a new graph line for every changed
    field); only fields that asv needs and that are missing are added.

    Args:
        identity: Of this machine; its name becomes asv's ``machine``.
        path: asv's machine file; by default where asv looks, ``~/.asv-machine.json``.
        host: Where the other fields are read from.

    Raises:
        DataError: The file is damaged, from a newer asv, or cannot be written.  It is untouched.
    """
    # A link into a folder of dotfiles is followed, not replaced by a file.
    path = (path or Path("~/.asv-machine.json").expanduser()).resolve()
    facts = {"machine": identity.name, "cpu": "", **asv_facts(host)}
    with locked(path):
        machines = _read(path)
        present = machines.get(identity.name, {})
        if not isinstance(present, dict):
            raise _damaged(path, f"the entry {identity.name!r} is not an object")
        entry = {**facts, **present}
        added = entry != present or not path.exists()
        if added:
            content = {"version": VERSION, **machines, identity.name: entry}
            # Indented and sorted as asv does, so that its next write changes nothing.
            write_atomically(path, json.dumps(content, indent=4, sort_keys=True))
            sweep(path.parent, path.name)
    others = sorted(name for name in machines if name not in ("version", identity.name))
    return Registration(path, entry, added, tuple(others))


def _read(path: Path) -> dict[str, Any]:
    """The whole file; empty if there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(path, str(error)) from error
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"it is not JSON ({error})") from error
    if not isinstance(content, dict):
        raise _damaged(path, "it holds no machines")
    version = content.get("version")
    if not isinstance(version, int):
        raise _damaged(path, "it has no version")
    if version != VERSION:
        raise DataError(
            f"{path} has version {version}, and asv 0.6 reads version {VERSION}: "
            f"update asv or rename the file; nothing was changed"
        )
    return content


def _damaged(path: Path, reason: str) -> DataError:
    return DataError(
        f"{path} cannot be read as asv's machine file: {reason}; "
        f"repair or rename it and run `cnnfc machine --register` again; nothing was changed"
    )


def _field(host: Host, path: str, name: str) -> str:
    """The first ``name : value`` of a file under /proc, as asv looks for it."""
    for line in (host.text(path) or "").splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip() == name:
            return value.strip()
    return ""
