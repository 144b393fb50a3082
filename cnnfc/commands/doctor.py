"""``cnnfc doctor``: says what on this machine makes timings unsteady."""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TextIO

from cnnfc.machine.doctor import probes
from cnnfc.machine.doctor.answers import Measured, Skipped
from cnnfc.machine.doctor.checks_threads import VARIABLES
from cnnfc.machine.doctor.examine import examine
from cnnfc.machine.doctor.findings import Examination, Severity
from cnnfc.machine.doctor.sharing import SharingProbe
from cnnfc.machine.doctor.text import describe, short_lines
from cnnfc.machine.host import Host
from cnnfc.machine.identity import Identity
from cnnfc.machine.record import HardwareRecord, collect
from cnnfc.machine.state import usable_cpus

#: By the worst finding; 1 and 2 mean a regression and bad usage everywhere in cnnfc.
EXIT_CODES: Final = {Severity.MODERATE: 3, Severity.SEVERE: 4}

#: How long the probe before a run takes (s): long enough for a hundred timer ticks.
SHORT_SECONDS: Final = 0.5

#: How long all probes take (s), most of it loading torch four times.
_ABOUT_SECONDS: Final = 10
#: For one start of the probe of spinning threads, which loads torch; seconds.
_PATIENCE: Final = 30.0

#: Measures on a host.
Probe = Callable[[Host | None], Measured]


def measure(host: Host | None = None) -> Measured:
    """Run all probes, about 3 s without torch and 10 s with it; changes nothing."""
    sharing = SharingProbe(host)
    jitter = probes.measure_jitter()
    loop = probes.measure_loop()
    cores = probes.measure_cores()
    return Measured(jitter, loop, sharing.stop(), cores, measure_spinning(usable_cpus(host)))


def measure_briefly(host: Host | None = None) -> Measured:
    """Half a second: stolen time, and what others do meanwhile."""
    sharing = SharingProbe(host)
    jitter = probes.measure_jitter(SHORT_SECONDS)
    return Measured(jitter=jitter, sharing=sharing.stop())


def show_doctor(
    *,
    as_json: bool = False,
    quick: bool = False,
    out: TextIO,
    progress: TextIO | None = None,
    host: Host | None = None,
    probe: Probe | None = None,
) -> int:
    """Print what makes timings unsteady here, worst first, and how to mend it.

    Args:
        as_json: Print one JSON object: ``schema``, ``machine``, ``examined_at``, ``probed``,
            ``worst``, ``exit_code``, and ``checked`` and ``findings`` as `Examination` has them.
        quick: Only read what the machine says, measure nothing.
        out: Where to print.
        progress: Where to say that it takes a while; standard error if left out.
        host: The machine to examine; by default the one that this runs on.
        probe: Measures; `measure` if left out.

    Returns:
        The exit code: 0 with nothing worse than minor, 3 moderate, 4 severe.
    """
    record = collect(host=host)
    if not quick:
        # Said before it starts; standard error, so that a pipe gets the findings alone.
        stream = progress or sys.stderr
        stream.write(f"cnnfc doctor: probing, about {_ABOUT_SECONDS} s\n")
        stream.flush()
    found = _examine(record, None if quick else (probe or measure)(host))
    code = EXIT_CODES.get(found.worst, 0)
    if as_json:
        text = json.dumps(_data(record, found, code, probed=not quick), indent=2, allow_nan=False)
    else:
        title = f"Machine {record.machine}" + (", nothing measured (--quick)" if quick else "")
        text = "\n".join((title, "", *describe(found)))
    print(text, file=out)
    return code


def say_short(
    say: Callable[[str], object],
    identity: Identity | None = None,
    *,
    host: Host | None = None,
    probe: Probe | None = None,
) -> None:
    """Say in one to three lines what has to be known before a run on this machine.

    Args:
        say: Takes one line.
        identity: Spares asking for it again.
        host: The machine; by default the one that this runs on.
        probe: Measures; `measure_briefly` if left out.
    """
    record = collect(identity=identity, host=host)
    for line in short_lines(_examine(record, (probe or measure_briefly)(host))):
        say(line)


def measure_spinning(
    usable: int,
    environ: Mapping[str, str] | None = None,
    run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run,
) -> dict[str, dict[str, float]] | Skipped:
    """A small layer on two threads with cnnfc's settings, and as it would be without them.

    Each in two processes of its own, since OpenMP reads its settings once.

    Args:
        usable: CPUs that can be used here.
        environ: The user's environment, by default this process's: where it says how threads wait,
            that is what cnnfc's settings are compared with, else the OpenMP library's defaults.
        run: As `subprocess.run`.

    Returns:
        For ``"ours"`` and ``"theirs"`` what `cnnfc.measure.spin_probe` prints, the mean of both.
    """
    if usable < 2:
        return Skipped("it needs two CPUs that can be used at once")
    if importlib.util.find_spec("torch") is None:
        return Skipped("torch is not installed beside cnnfc")
    from cnnfc.measure.quiet import SETTINGS  # noqa: PLC0415 - the torch wing; loads no torch

    environ = os.environ if environ is None else environ
    bare = {name: value for name, value in environ.items() if name not in VARIABLES}
    ours = bare | {name: SETTINGS[name] for name in VARIABLES if name in SETTINGS}
    variables = {"ours": ours, "theirs": dict(environ)}
    answers: dict[str, list[dict[str, float]]] = {name: [] for name in variables}
    # Each as often before the other as after it: a machine that gets slower meanwhile favours none.
    for name in ("ours", "theirs", "theirs", "ours"):
        answer = _spin(variables[name], run)
        if isinstance(answer, Skipped):
            return answer
        answers[name].append(answer)
    return {name: _joined(found) for name, found in answers.items()}


def _joined(answers: Sequence[dict[str, float]]) -> dict[str, float]:
    """The mean of what several processes found, and all of their calls."""
    return {
        "median": statistics.mean(answer["median"] for answer in answers),
        "slow": statistics.mean(answer["slow"] for answer in answers),
        "calls": sum(answer["calls"] for answer in answers),
    }


def _spin(
    variables: Mapping[str, str], run: Callable[..., subprocess.CompletedProcess[str]]
) -> dict[str, float] | Skipped:
    command = [sys.executable, "-m", "cnnfc.measure.spin_probe"]
    try:
        done = run(
            command,
            env=dict(variables),
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            return Skipped(f"torch could not be run ({last[:100]})")
        answer = json.loads(done.stdout)
        return {name: float(answer[name]) for name in ("median", "slow", "calls")}
    except subprocess.TimeoutExpired:
        return Skipped(f"torch did not answer within {_PATIENCE:.0f} s")
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Skipped(f"torch could not be run ({type(error).__name__})")


def _examine(record: HardwareRecord, measured: Measured | None) -> Examination:
    return examine(record.identity, record.state_before, record.software, measured)


def _data(record: HardwareRecord, found: Examination, code: int, *, probed: bool) -> dict[str, Any]:
    return {
        "schema": 1,
        "machine": record.machine,
        "examined_at": record.started_at.isoformat(),
        "probed": probed,
        "worst": str(found.worst),
        "exit_code": code,
        **found.as_dict(),
    }
