"""Adds ``--gate BASE`` and its options to pytest.

Every pytest of an environment that has cnnfc loads this module, whatever it tests: so it imports
nothing but pytest, and without ``--gate`` it does nothing.  The items are in `items`, what they
say in `outcomes`, and the hooks that run one gate for all of them in `session`.
"""

from __future__ import annotations

from typing import Any, Final

import pytest

#: What belongs to ``--gate``, as ``cnnfc gate`` spells it.
_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "head": {"metavar": "HEAD", "help": "judge this commit instead of the work tree as it stands"},
    "bench": {
        "action": "append",
        "default": [],
        "metavar": "REGEX",
        "help": "list only the benchmarks whose id matches; may be repeated (-k works too)",
    },
    "budget": {"metavar": "TIME", "help": 'stop measuring after this time, such as "10 min"'},
    "threshold": {"metavar": "SIZE", "help": "slowdown that fails a benchmark, such as 3%%"},
    "strict": {
        "action": "store_true",
        "help": "inconclusive and missing benchmarks, and a machine that moved, fail too",
    },
    "selftest": {
        "action": "store_true",
        "help": "slow some benchmarks down on purpose: exactly these must be found",
    },
    "seed": {"type": int, "metavar": "N", "help": "repeat the order of an earlier gate"},
    "baseline-with": {
        "action": "append",
        "default": [],
        "metavar": "REQUIREMENT",
        "help": 'another version of a dependency for the baseline, such as "torch==2.12"',
    },
    "contender-with": {
        "action": "append",
        "default": [],
        "metavar": "REQUIREMENT",
        "help": "the same for the contender",
    },
    "here": {
        "action": "store_true",
        "help": "run both sides with this interpreter, whatever they require",
    },
    "out": {"metavar": "DIR", "help": "folder of the outputs (default: reports/gate/BASE-HEAD)"},
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare ``--gate`` and ``--gate-...``: pytest owns the plain names, ``--strict`` say."""
    group = parser.getgroup("cnnfc", "performance gate (cnnfc)")
    group.addoption(
        "--gate",
        dest="cnnfc_gate",
        metavar="BASE",
        help="judge every benchmark of the asv suite against this commit: pytest benchmarks "
        "--gate main",
    )
    for name, settings in _OPTIONS.items():
        group.addoption(f"--gate-{name}", dest=_destination(name), **settings)


def pytest_configure(config: pytest.Config) -> None:
    """Register the hooks of a gate if one is asked for."""
    if config.getoption("cnnfc_gate") is None:
        given = [name for name in _OPTIONS if config.getoption(_destination(name))]
        if given:
            raise pytest.UsageError(
                f"--gate-{given[0]} needs the commit to compare with: add --gate BASE"
            )
        return
    if not hasattr(pytest, "Directory"):
        raise pytest.UsageError(f"--gate needs pytest 8.3 or later, this is {pytest.__version__}")
    from cnnfc.pytest_plugin.session import GateSession  # noqa: PLC0415 - nobody else pays for it

    config.pluginmanager.register(GateSession(config), "cnnfc-gate")


def _destination(name: str) -> str:
    return f"cnnfc_gate_{name.replace('-', '_')}"
