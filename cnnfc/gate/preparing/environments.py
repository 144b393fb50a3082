"""Makes a virtual environment for a set of requirements, once."""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
import venv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from cnnfc.gate.preparing.kept import keep
from cnnfc.gate.preparing.pip import PipFailed, run_pip
from cnnfc.gate.preparing.requirements import RUNNER


@dataclass(frozen=True)
class Makeshop:
    """Where environments are made and kept.

    Attributes:
        folder: Has one folder an environment.
        logs: Folder for what pip says.
        patience: Longest time that installing may take, in seconds.
        variables: Environment variables for installing.
    """

    folder: Path
    logs: Path
    patience: float
    variables: Mapping[str, str] = field(default_factory=dict)

    def has(self, requirements: Sequence[str]) -> bool:
        """Whether the environment for `requirements` was made before."""
        return (self.folder / _key(_wanted(requirements))).is_dir()

    def make(
        self,
        requirements: Sequence[str],
        *,
        like: Mapping[str, str] | None = None,
        say: Callable[[str], None],
    ) -> Path:
        """The interpreter of an environment that has `requirements` and asv's runner.

        Args:
            requirements: as `read_requirements` spells them; the same ones give the same
                environment.
            like: versions by name that are taken where the requirements allow them all.
            say: is told before something long begins.

        Raises:
            UsageError: they cannot be installed.
        """
        wanted = _wanted(requirements)
        key = _key(wanted)

        def make(made: Path) -> None:
            say(f"installing {', '.join(wanted)}")
            # pip installs from outside; one inside would double the time.
            builder = venv.EnvBuilder(symlinks=os.name != "nt", with_pip=False, clear=True)
            builder.create(made)
            self._install(wanted, interpreter(made), self.logs / f"environment-{key}.log", like)

        return interpreter(keep(self.folder / key, make))

    def _install(
        self, wanted: Sequence[str], python: Path, log: Path, like: Mapping[str, str] | None
    ) -> None:
        def attempt(*more: str) -> None:
            run_pip(
                ["install", *more, *wanted],
                log,
                f"an environment with {', '.join(wanted)} cannot be made",
                python=python,
                variables=self.variables,
                patience=self.patience,
            )

        log.unlink(missing_ok=True)
        if like:
            constraints = python.parent / "constraints.txt"
            lines = sorted(f"{name}=={version}\n" for name, version in like.items())
            constraints.write_text("".join(lines), encoding="utf-8")
            try:
                attempt("--constraint", str(constraints))
            except PipFailed:
                # Some requirement does not go with these versions: then pip chooses all of them.
                pass
            else:
                return
        attempt()


def interpreter(environment: Path) -> Path:
    """The interpreter in the folder of an environment."""
    windows = os.name == "nt"
    return environment / ("Scripts" if windows else "bin") / ("python.exe" if windows else "python")


def site_packages(environment: Path) -> Path:
    """Where packages lie in the folder of an environment."""
    base = {"base": str(environment), "platbase": str(environment)}
    return Path(sysconfig.get_path("purelib", "venv", vars=base))


def _wanted(requirements: Sequence[str]) -> tuple[str, ...]:
    return (*requirements, f"{RUNNER}=={metadata.version(RUNNER)}")


def _key(wanted: Sequence[str]) -> str:
    parts = (sys.implementation.cache_tag, sysconfig.get_platform(), sys.base_prefix, *wanted)
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]
