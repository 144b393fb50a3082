"""Says what a hardware record holds: its fields with their units, to and from plain data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from cnnfc.errors import DataError
from cnnfc.machine.doctor.findings import Examination, parse_examination

#: Grows with every change that makes older readers misread a file; new keys alone do not.
SCHEMA: Final = 1

_MACHINE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Note:
    """Something a run has to say that asv does not keep, such as why a case was skipped.

    Attributes:
        reason: A sentence for people.
        benchmark: Name of the benchmark it is about, None for the whole run.
        case: Name of the case.
        device: Name of the device.
    """

    reason: str
    benchmark: str | None = None
    case: str | None = None
    device: str | None = None


@dataclass(frozen=True)
class HardwareRecord:
    """One run's machine: who it is, how it was, and with which software it measured.

    The file is a JSON object with the fields below (``path`` apart).  Only the fields marked
    "always" are in every record: anything else is left out where the machine does not say it.
    No host name, user name, serial number or address is in a record.

    Attributes:
        machine: Always.  Name of the machine, ``[a-z0-9-]``.
        started_at: Always.  When the record was begun, before anything was measured; with a time
            zone (UTC as written).
        profile: ``quick``, ``standard`` or ``full``; None if the run had none.
        identity: Always.  What the machine is:

            - ``name``, ``cpu_model``, ``sockets``, ``cores`` (physical), ``threads`` (logical
              CPUs), ``smt`` (bool), ``memory_bytes`` (rounded to what was built in), ``gpus``
              (models)
            - ``detail``: ``architecture``, ``os``, ``kernel``, ``microcode``,
              ``instruction_sets``, ``virtual`` (bool), ``hypervisor``, ``container``
            - ``detail.caches``, a list: ``level``, ``type``, ``bytes`` (of one), ``instances``,
              ``cpus`` (logical CPUs sharing one)
            - ``detail.numa``, a list: ``cpus`` (``"0-3,8"``), ``memory_bytes``
            - ``detail.gpus``, a list: ``name``, ``memory_bytes``, ``compute_capability``,
              ``cuda_cores``, ``multiprocessors``, ``memory_bus_bits``, ``pcie_max_generation``,
              ``pcie_max_width`` (lanes)
        state_before: Always.  How the machine was when the run began:

            - ``read_at`` (ISO 8601, UTC), ``power_plugged`` (bool, laptops)
            - ``cpu``: ``usable`` (threads worth starting), ``affinity`` (``"0-3,8"``),
              ``affinity_cpus``, ``affinity_cores`` (physical), ``quota_cpus`` (CPU seconds a
              second), ``cgroup_version``, ``throttled_periods``, ``throttled_seconds`` (both
              since the control group was made), ``frequency_hz``, ``frequency_min_hz``,
              ``frequency_max_hz``, ``governor``, ``frequency_driver``, ``energy_preference``,
              ``turbo`` (bool), ``smt_active`` (bool), ``clock_source``, ``load_average`` (runnable
              tasks over 1, 5, 15 minutes), ``pressure_percent`` (of the last 10 s with a task
              waiting for a CPU), ``context_switches``, ``interrupts``, ``steal_seconds``,
              ``busy_seconds``, ``idle_seconds`` (all five since boot, of all CPUs)
            - ``memory``: ``total_bytes``, ``available_bytes``, ``free_bytes``, ``limit_bytes`` and
              ``headroom_bytes`` (of the control group), ``swap_used_bytes``, ``huge_pages``,
              ``pressure_percent`` (of the last 10 s with a task waiting for memory)
            - ``temperatures``: degrees Celsius of the hottest sensor, by chip
            - ``gpus``, a list: ``name``, ``sm_clock_hz``, ``sm_clock_max_hz``,
              ``memory_clock_hz``, ``memory_clock_max_hz``, ``power_watts``,
              ``power_limit_watts``, ``power_limit_default_watts``, ``temperature_celsius``,
              ``performance_state`` (``"P0"``), ``clock_reasons``, ``utilisation_percent``,
              ``memory_free_bytes``, ``memory_used_bytes``, ``other_processes``, ``ecc`` (bool),
              ``mig`` (bool), ``persistence`` (bool), ``pcie_generation``, ``pcie_width`` (lanes)
            - ``gpu_driver``: ``version``, ``cuda`` (the newest it supports); ``gpu_error`` (why
              NVML failed although it is there)
        software: Always.  ``python`` (``version``, ``implementation``, ``compiler``,
            ``platform``, ``gil``), ``packages`` (versions by name), ``environment`` (the variables
            of `software.PREFIXES` and `software.NAMES` that are set, redacted), and the groups
            that the torch wing adds.
        asv: Always.  This machine in asv's own words, for the join with result files whose machine
            has another name: ``cpu``, ``num_cpu``, ``ram`` (bytes), ``os``, ``arch``; all text.
        commit: Full hash of the commit measured; None if not known.
        environment: asv's name of the environment; None if not known.
        dirty: Whether the work tree had changes that no commit holds; None if not known.
        notes: What the run had to say, in the order in which it was said, each once.
        blocks: What was read of the GPU around the blocks of timings, in the order in which the
            points were first measured; empty where no GPU was read.  A list of:

            - ``quantity`` (``device_time``, ``throughput``, ``host_latency``), ``case``, ``device``
            - ``blocks`` (kept), ``discarded`` (taken again because the GPU was slowed down)
            - ``sm_clock_hz``, ``power_watts``, ``temperature_celsius``: lists, a reading before and
              one after each block that was kept, the latest 24
            - ``sm_clock_reference_hz``: what the clock should be
            - ``clock_reasons``: all that held the clock down at a reading
        doctor: What made timings unsteady, by what the machine said when the run began and, of time
            stolen or stopped, until it was finished; None in records older than that:

            - ``checked``: ids of every topic that was looked at
            - ``findings``, a list without those that were fine, worst first: ``id``, ``title``,
              ``severity``, ``evidence``, ``effect``, ``fix``, ``figures`` (see
              `cnnfc.machine.doctor.findings.Finding`)
        finished_at: When the run ended; None if it was interrupted, or if nothing ended it (plain
            ``asv run`` does not).
        state_after: As ``state_before``, when the run ended.
        path: File that it was read from; not in the file.
        schema: Always.  `SCHEMA` of the program that wrote it.
    """

    machine: str
    started_at: datetime
    profile: str | None
    identity: Mapping[str, Any]
    state_before: Mapping[str, Any]
    software: Mapping[str, Any]
    asv: Mapping[str, str]
    commit: str | None = None
    environment: str | None = None
    dirty: bool | None = None
    notes: tuple[Note, ...] = ()
    blocks: tuple[Mapping[str, Any], ...] = ()
    doctor: Examination | None = None
    finished_at: datetime | None = None
    state_after: Mapping[str, Any] | None = None
    path: str = field(default="", compare=False)
    schema: int = SCHEMA

    def as_dict(self) -> dict[str, Any]:
        """The record as the file holds it."""
        data = {name: getattr(self, name) for name in _ORDER}
        data["started_at"] = self.started_at.isoformat()
        data["finished_at"] = None if self.finished_at is None else self.finished_at.isoformat()
        data["doctor"] = None if self.doctor is None else self.doctor.as_dict()
        data["notes"] = [note_dict(note) for note in self.notes]
        data["blocks"] = [dict(one) for one in self.blocks] or None
        return {name: value for name, value in data.items() if value is not None}


#: Order of the fields in a file: what a reader looks for first comes first.
_ORDER: Final = (
    *("schema", "machine", "started_at", "finished_at", "commit", "dirty", "environment"),
    *("profile", "identity", "state_before", "state_after", "software", "asv", "doctor", "notes"),
    "blocks",
)


def note_dict(note: Note) -> dict[str, str]:
    """A note as the file holds it."""
    return {name: value for name, value in asdict(note).items() if value is not None}


def parse(data: object, path: str) -> HardwareRecord:
    """The record that `data`, read from JSON, stands for.

    Keys that this version does not know are left alone.

    Raises:
        DataError: `data` is no hardware record, one of a newer version, or has a field of a wrong
            type; the message names `path` and the field.
    """
    if not isinstance(data, dict) or "schema" not in data or "state_before" not in data:
        raise DataError(f"{path} is not a hardware record of cnnfc")
    schema = data["schema"]
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise DataError(f"{path} is not a hardware record of cnnfc: its schema is {schema!r}")
    if schema > SCHEMA:
        raise DataError(
            f"{path} has schema {schema}, this cnnfc reads up to {SCHEMA}: update cnnfc to read it"
        )
    fields = _Fields(data, path)
    machine = fields.needed("machine", str)
    if not _MACHINE.fullmatch(machine):
        # The name becomes a file name in reports, so nothing else may be in it.
        raise DataError(f"{path} is a damaged hardware record: machine {machine!r} is no name")
    started_at = fields.time("started_at")
    if started_at is None:
        raise DataError(f"{path} is a damaged hardware record: started_at is missing")
    return HardwareRecord(
        machine=machine,
        started_at=started_at,
        profile=fields.optional("profile", str),
        identity=fields.needed("identity", dict),
        state_before=fields.needed("state_before", dict),
        software=fields.needed("software", dict),
        asv={key: str(value) for key, value in fields.needed("asv", dict).items()},
        commit=fields.optional("commit", str),
        environment=fields.optional("environment", str),
        dirty=fields.optional("dirty", bool),
        notes=fields.notes(),
        blocks=fields.objects("blocks"),
        doctor=fields.doctor(),
        finished_at=fields.time("finished_at"),
        state_after=fields.optional("state_after", dict),
        path=path,
        schema=schema,
    )


@dataclass(frozen=True)
class _Fields:
    """The fields of one file; every complaint names the file and the field."""

    data: Mapping[str, Any]
    path: str

    def optional(self, name: str, kind: type) -> Any:  # noqa: ANN401 - checked against `kind`
        value = self.data.get(name)
        if value is not None and not isinstance(value, kind):
            raise self.damaged(f"{name} is not {_KINDS[kind]}")
        return value

    def needed(self, name: str, kind: type) -> Any:  # noqa: ANN401 - checked against `kind`
        value = self.optional(name, kind)
        if value is None:
            raise self.damaged(f"{name} is missing")
        return value

    def time(self, name: str) -> datetime | None:
        text = self.optional(name, str)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise self.damaged(f"{name} {text!r} is no time") from None
        if moment.tzinfo is None:
            raise self.damaged(f"{name} {text!r} has no time zone")
        return moment.astimezone(UTC)

    def notes(self) -> tuple[Note, ...]:
        found = []
        for entry in self.optional("notes", list) or ():
            if not isinstance(entry, dict):
                raise self.damaged("a note is not an object")
            fields = _Fields(entry, self.path)
            about = (fields.optional(name, str) for name in ("benchmark", "case", "device"))
            found.append(Note(fields.needed("reason", str), *about))
        return tuple(found)

    def objects(self, name: str) -> tuple[Mapping[str, Any], ...]:
        found = tuple(self.optional(name, list) or ())
        if not all(isinstance(one, dict) for one in found):
            raise self.damaged(f"one of {name} is not an object")
        return found

    def doctor(self) -> Examination | None:
        data = self.optional("doctor", dict)
        try:
            return None if data is None else parse_examination(data)
        except ValueError as error:
            raise self.damaged(str(error)) from None

    def damaged(self, what: str) -> DataError:
        return DataError(f"{self.path} is a damaged hardware record: {what}")


_KINDS: Final = {str: "a text", dict: "an object", bool: "true or false", list: "a list"}
