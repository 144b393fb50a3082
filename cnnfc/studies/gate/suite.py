"""Prepares what the gate is tried on: 14 benchmarks of the suite, on two copies of one tree.

Both sides run in the interpreter at hand, so nothing differs between them but what a step changes
on purpose.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from cnnfc.errors import CannotMeasure, CnnfcError
from cnnfc.gate.cases import GatedCase
from cnnfc.gate.measuring.listing import Listed, list_both
from cnnfc.gate.measuring.setting import Protocol, Setting
from cnnfc.gate.measuring.survey import survey
from cnnfc.gate.preparing.bytecode import compile_ahead
from cnnfc.gate.sides import Side, Sides
from cnnfc.studies.study import Request

#: Small and large, dense and convolution; the second is bound by memory (8 MB of weights for
#: 4 MFLOPs), the sixth can lose its layout, the last is a whole step of training, with calls short
#: enough for legs of the usual length.
CASES: Final = (
    ("dense.Forward.time_layer", "dense.1024-512"),
    ("dense.Forward.time_layer", "dense.2048-1000"),
    ("dense.Forward.time_layer", "dense.768-768.t197"),
    ("conv.Forward.time_layer", "conv2d.3-64.k3.hw32"),
    ("conv.Forward.time_layer", "conv2d.256-256.k3.nobias.hw14"),
    ("conv.Forward.time_layer", "conv2d.64-64.k3.nobias.hw56.nhwc"),
    ("dense.TrainStep.time_layer", "dense.1024-512.n32"),
)
DEVICES: Final = ("cpu-1", "cpu-2")


@dataclass(frozen=True)
class Change:
    """What makes the contender another one than the baseline.

    Attributes:
        title: The same for people.
        environment: Variables that are set for the contender alone.
        edits: For files of its package, texts that are replaced: (file, text, other text).
    """

    title: str = "nothing"
    environment: Mapping[str, str] = field(default_factory=dict)
    edits: Sequence[tuple[str, str, str]] = ()


@dataclass(frozen=True)
class Suite:
    """The benchmarks that the study gates.

    Attributes:
        root: Folder of the project.
        benchmarks: Folder of its suite.
        cases: Benchmarks and cases.
        devices: Each of them on each of these.
    """

    root: Path
    benchmarks: Path
    cases: tuple[tuple[str, str], ...] = CASES
    devices: tuple[str, ...] = DEVICES

    @classmethod
    def of(cls, request: Request) -> Suite:
        """The suite that `request` asks for; the default 14 if it names no case and no device."""
        wanted = set(request.cases)
        unknown = wanted - {case for _, case in CASES}
        if unknown:
            raise CnnfcError(
                f"the gate study gates {', '.join(case for _, case in CASES)}; "
                f"{min(unknown)} is not one of them: leave --case out or name one of these"
            )
        cases = tuple(pair for pair in CASES if not wanted or pair[1] in wanted)
        return cls(request.root, request.benchmarks, cases, request.devices or DEVICES)

    @property
    def wanted(self) -> list[tuple[str, tuple[str, ...]]]:
        """Names and parameters as asv writes them."""
        return [
            (benchmark, (repr(case), repr(device)))
            for device in self.devices
            for benchmark, case in self.cases
        ]

    def sides(self, folder: Path, change: Change | None = None) -> Sides:
        """Both sides below `folder`, which exists; the contender with `change`.

        Raises:
            CannotMeasure: the tree does not have what is to be changed.
        """
        change = change or Change()
        baseline = self._side(folder / "tree-0", "baseline", Change())
        contender = self._side(folder / "tree-1", "contender", change)
        # As the gate does: the contender's definitions are run against both packages.
        return Sides(replace(baseline, suite=contender.suite, own_suite=None), contender)

    def _side(self, folder: Path, role: str, change: Change) -> Side:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(self.root / "cnnfc", folder / "cnnfc", ignore=ignored)
        suite = folder / self.benchmarks.name
        shutil.copytree(self.benchmarks, suite, ignore=ignored)
        shutil.copy(self.root / "asv.conf.json", folder)
        for name, old, new in change.edits:
            path = folder / "cnnfc" / name
            text = path.read_text(encoding="utf-8")
            if text.count(old) != 1:
                raise CannotMeasure(f"cnnfc/{name} does not have {old!r} once: {change.title}")
            path.write_text(text.replace(old, new), encoding="utf-8")
        compile_ahead(folder)
        return Side(
            role=role,
            label=role,
            commit=None,
            tree=role,
            suite=suite,
            own_suite=suite,
            path=(folder,),
            python=Path(sys.executable),
            config=folder,
            environment=dict(change.environment),
        )

    def chosen(self, setting: Setting) -> tuple[Listed, ...]:
        """The benchmarks as they are listed by the suite itself.

        Raises:
            CannotMeasure: the suite does not have one of them.
        """
        listed = {(one.name, one.params): one for one in list_both(setting)}
        absent = [key for key in self.wanted if key not in listed]
        if absent:
            raise CannotMeasure(f"the suite does not have {absent[0][0]} of {absent[0][1]}")
        return tuple(listed[key] for key in self.wanted)

    def surveyed(self, folder: Path, protocol: Protocol) -> tuple[Setting, list[GatedCase]]:
        """Two sides of the same code, and the cases that this machine can run.

        Raises:
            CannotMeasure: it can run none.
        """
        setting = Setting(self.sides(folder), folder, protocol=protocol)
        found = survey(setting, self.chosen(setting))
        for case, losses in found.losses.items():
            raise CannotMeasure(f"{case} fails: {losses[0].reason}")
        if not found.cases:
            reasons = next(iter(found.skipped.values()), {"baseline": "there is no case"})
            raise CannotMeasure(next(iter(reasons.values())))
        return found.setting, found.cases


@contextlib.contextmanager
def under(load: str, seed: int) -> Iterator[None]:
    """``busy``: beside a program that disturbs the machine; ``quiet``: beside nothing of ours."""
    if load != "busy":
        yield
        return
    other = subprocess.Popen(
        [sys.executable, "-m", "cnnfc.studies.background", str(seed), str(os.getpid())],
        stdin=subprocess.DEVNULL,
        # Ctrl-C is for the study, which stops it.
        start_new_session=True,
    )
    try:
        yield
    finally:
        other.kill()
        other.wait()
