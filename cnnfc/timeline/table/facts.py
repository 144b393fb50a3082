"""Picks from a run and its hardware record the facts that a number depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from cnnfc.machine.schema import HardwareRecord
from cnnfc.records import Run
from cnnfc.timeline.table.schema import integer, text


@dataclass(frozen=True, slots=True)
class Facts:
    """What a number depends on, as far as it is known; `table_columns` explains each.

    The fields are in the order of the columns, with the result file before the last one.
    """

    python: str | None = None
    torch: str | None = None
    cuda: str | None = None
    hip: str | None = None
    driver: str | None = None
    cpu: str | None = None
    cores: int | None = None
    threads: int | None = None
    memory_bytes: int | None = None
    gpus: str | None = None
    system: str | None = None
    kernel: str | None = None
    profile: str | None = None
    dirty: bool | None = None
    hardware_file: str | None = None


def facts_of(run: Run, record: HardwareRecord | None) -> Facts:
    """What `record` says, and where there is none, what the result file says itself.

    The result file knows Python, the CPU and, among the requirements, perhaps torch; its ``ram``
    has no agreed unit and is not taken.
    """
    cpu = text(run.machine_facts.get("cpu"))
    if record is None:
        torch = text(run.requirements.get("torch"))
        return Facts(python=text(run.python), torch=torch, cpu=cpu)
    identity, software = record.identity, record.software
    detail = _group(identity, "detail")
    own = _group(software, "torch")
    return Facts(
        python=text(_group(software, "python").get("version")) or text(run.python),
        torch=text(own.get("torch")) or text(_group(software, "packages").get("torch")),
        cuda=text(own.get("cuda")),
        hip=text(own.get("hip")),
        driver=text(_group(record.state_before, "gpu_driver").get("version")),
        cpu=text(identity.get("cpu_model")) or cpu,
        cores=integer(identity.get("cores")),
        threads=integer(identity.get("threads")),
        memory_bytes=integer(identity.get("memory_bytes")),
        gpus=_joined(identity.get("gpus")),
        system=text(detail.get("os")),
        kernel=text(detail.get("kernel")),
        profile=text(record.profile),
        dirty=record.dirty,
        hardware_file=text("/".join(("hardware", *PurePath(record.path).parts[-2:]))),
    )


def _group(data: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _joined(value: object) -> str | None:
    if not isinstance(value, list):
        return None
    return ", ".join(filter(None, map(text, value))) or None
